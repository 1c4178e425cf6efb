/** Scores, comments and tags of traces, spans and threads, by the endpoints of each. */
import { tell } from "./client";
import type { Endpoint } from "./endpoints";
import type { Comment, Score, Span, Thread, Trace } from "./types";

export type Target =
  | { kind: "trace"; record: Trace }
  | { kind: "span"; record: Span }
  | { kind: "thread"; record: Thread; projectName: string };

export interface NewScore {
  name: string;
  value: number;
  category_name?: string;
  reason?: string;
}

interface Endpoints {
  comment: Endpoint;
  commentUpdate: Endpoint;
  commentsDelete: Endpoint;
  update: Endpoint;
}

const ENDPOINTS_OF: Record<Target["kind"], Endpoints> = {
  trace: { comment: "traceComment", commentUpdate: "traceCommentUpdate", commentsDelete: "traceCommentsDelete", update: "traceUpdate" },
  span: { comment: "spanComment", commentUpdate: "spanCommentUpdate", commentsDelete: "spanCommentsDelete", update: "spanUpdate" },
  thread: { comment: "threadComment", commentUpdate: "threadCommentUpdate", commentsDelete: "threadCommentsDelete", update: "threadUpdate" },
};

/** Comments and tags of a thread go by its record, which the server makes moments after its first trace. */
function recordId(target: Target): string {
  if (target.kind !== "thread") return target.record.id;
  if (!target.record.thread_model_id) throw new Error("The thread is being set up; try again in a moment");
  return target.record.thread_model_id;
}

export async function putScore(target: Target, score: NewScore): Promise<void> {
  const body = { ...score, source: "ui" };
  if (target.kind === "thread")
    await tell("threadScores", { body: { scores: [{ ...body, thread_id: target.record.id, project_name: target.projectName }] } });
  else await tell(target.kind === "trace" ? "traceScore" : "spanScore", { parts: { id: target.record.id }, body });
}

export async function deleteScore(target: Target, score: Score): Promise<void> {
  if (target.kind === "thread")
    await tell("threadScoresDelete", { body: { names: [score.name], thread_id: target.record.id, project_name: target.projectName } });
  else await tell(target.kind === "trace" ? "traceScoreDelete" : "spanScoreDelete", { parts: { id: target.record.id }, body: { name: score.name } });
}

export async function addComment(target: Target, text: string): Promise<void> {
  await tell(ENDPOINTS_OF[target.kind].comment, { parts: { id: recordId(target) }, body: { text } });
}

export async function changeComment(target: Target, comment: Comment, text: string): Promise<void> {
  await tell(ENDPOINTS_OF[target.kind].commentUpdate, { parts: { id: comment.id }, body: { text } });
}

export async function deleteComment(target: Target, comment: Comment): Promise<void> {
  await tell(ENDPOINTS_OF[target.kind].commentsDelete, { body: { ids: [comment.id] } });
}

export async function setTags(target: Target, tags: readonly string[]): Promise<void> {
  const body: Record<string, unknown> = { tags };
  if (target.kind !== "thread") body.project_id = target.record.project_id;
  if (target.kind === "span") {
    body.trace_id = target.record.trace_id;
    if (target.record.parent_span_id) body.parent_span_id = target.record.parent_span_id;
  }
  await tell(ENDPOINTS_OF[target.kind].update, { parts: { id: recordId(target) }, body });
}
