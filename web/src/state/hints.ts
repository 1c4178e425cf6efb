/** Names that are suggested while conditions are typed: scores, environments, tags, models. */
import { ask } from "../api/client";
import type { Endpoint } from "../api/endpoints";
import type { Environment, Page } from "../api/types";
import type { Kind } from "../query/fields";
import type { Hints } from "../query/oql";
import { useLoad } from "./load";
import type { AnyRow } from "./rows";

const SCORE_NAMES: Record<Kind, Endpoint> = {
  traces: "traceScoreNames",
  spans: "spanScoreNames",
  threads: "threadScoreNames",
};

async function loadNames(kind: Kind, project: string, signal: AbortSignal): Promise<{ scores: string[]; environments: string[] }> {
  // Suggestions are a help: without them one can still type.
  const [scores, environments] = await Promise.all([
    ask<{ scores: { name: string }[] }>(SCORE_NAMES[kind], { query: { project_id: project }, signal }).catch(() => ({ scores: [] })),
    ask<Page<Environment>>("environments", { signal }).catch(() => ({ content: [] as Environment[] })),
  ]);
  return {
    scores: scores.scores.map((score) => score.name),
    environments: environments.content.map((environment) => environment.name),
  };
}

export function useHints(kind: Kind, project: string, rows: readonly AnyRow[]): Hints {
  const { data } = useLoad(`hints ${kind} ${project}`, (signal) => loadNames(kind, project, signal));
  const seen = (values: (string | undefined)[]) => [...new Set(values)].filter((value) => !!value).slice(0, 50) as string[];
  const near = rows.slice(0, 500);
  return {
    scores: data?.scores ?? [],
    values: {
      name: seen(near.map((row) => ("name" in row ? row.name : undefined))),
      tags: seen(near.flatMap((row) => row.tags ?? [])),
      model: seen(near.map((row) => ("model" in row ? row.model : undefined))),
      provider: seen(near.map((row) => ("provider" in row ? row.provider : undefined))),
      thread_id: seen(near.map((row) => ("thread_id" in row ? row.thread_id : undefined))),
      environment: data?.environments ?? [],
    },
  };
}
