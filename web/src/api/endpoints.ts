/** Every endpoint that the client calls, once. `{name}` is a part of the path. */
export const ENDPOINTS = {
  projects: "GET /projects",
  projectCreate: "POST /projects",
  project: "GET /projects/{id}",
  projectUpdate: "PATCH /projects/{id}",
  projectDelete: "DELETE /projects/{id}",
  projectStats: "GET /projects/stats",
  projectMetrics: "POST /projects/{id}/metrics",
  projectEvents: "GET /projects/{id}/events",
  projectUsageNames: "GET /projects/{id}/token-usage/names",

  traces: "GET /traces",
  trace: "GET /traces/{id}",
  traceUpdate: "PATCH /traces/{id}",
  tracesUpdate: "PATCH /traces/batch",
  tracesDelete: "POST /traces/delete",
  tracesStats: "GET /traces/stats",
  traceScore: "PUT /traces/{id}/feedback-scores",
  traceScoreDelete: "POST /traces/{id}/feedback-scores/delete",
  traceScoreNames: "GET /traces/feedback-scores/names",
  traceComment: "POST /traces/{id}/comments",
  traceCommentUpdate: "PATCH /traces/comments/{id}",
  traceCommentsDelete: "POST /traces/comments/delete",

  spans: "GET /spans",
  span: "GET /spans/{id}",
  spanUpdate: "PATCH /spans/{id}",
  spansUpdate: "PATCH /spans/batch",
  spanDelete: "DELETE /spans/{id}",
  spansStats: "GET /spans/stats",
  spanScore: "PUT /spans/{id}/feedback-scores",
  spanScoreDelete: "POST /spans/{id}/feedback-scores/delete",
  spanScoreNames: "GET /spans/feedback-scores/names",
  spanComment: "POST /spans/{id}/comments",
  spanCommentUpdate: "PATCH /spans/comments/{id}",
  spanCommentsDelete: "POST /spans/comments/delete",

  threads: "GET /traces/threads",
  threadRetrieve: "POST /traces/threads/retrieve",
  threadOpen: "PUT /traces/threads/open",
  threadClose: "PUT /traces/threads/close",
  threadUpdate: "PATCH /traces/threads/{id}",
  threadsUpdate: "PATCH /traces/threads/batch",
  threadsDelete: "POST /traces/threads/delete",
  threadsStats: "GET /traces/threads/stats",
  threadScores: "PUT /traces/threads/feedback-scores",
  threadScoresDelete: "POST /traces/threads/feedback-scores/delete",
  threadScoreNames: "GET /traces/threads/feedback-scores/names",
  threadComment: "POST /traces/threads/{id}/comments",
  threadCommentUpdate: "PATCH /traces/threads/comments/{id}",
  threadCommentsDelete: "POST /traces/threads/comments/delete",

  definitions: "GET /feedback-definitions",
  definitionCreate: "POST /feedback-definitions",
  definitionUpdate: "PUT /feedback-definitions/{id}",
  definitionDelete: "DELETE /feedback-definitions/{id}",

  environments: "GET /environments",
  environmentCreate: "POST /environments",
  environmentUpdate: "PATCH /environments/{id}",
  environmentsDelete: "POST /environments/delete",

  configuration: "GET /workspaces/configurations",
  configurationUpdate: "PUT /workspaces/configurations",
} as const;

export type Endpoint = keyof typeof ENDPOINTS;

export const API_BASE = "/api/v1/private";

/** Method and path of an endpoint; the parts of the path are escaped. */
export function endpointAddress(
  endpoint: Endpoint,
  parts: Record<string, string> = {},
): { method: string; path: string } {
  const [method = "GET", template = ""] = ENDPOINTS[endpoint].split(" ");
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`${endpoint} needs ${name}`);
    return encodeURIComponent(part);
  });
  return { method, path: API_BASE + path };
}
