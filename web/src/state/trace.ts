/** A trace and the structure of its spans. Bodies are left out; they are asked for one by one. */
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { ask, isAbort } from "../api/client";
import type { Page, Span, Trace } from "../api/types";
import { buildTree, type SpanTree } from "../views/span_tree";
import { useLoad, useRefresh, type Loaded } from "./load";

/** The first spans are asked for alone, so that they are there at once. */
const FIRST_SIZE = 500;
/** Small enough that reading one page never holds up the browser. */
const PAGE_SIZE = 4000;
const PARALLEL = 2;
const REFRESH_MS = 3000;
const REFRESH_LARGE_MS = 20_000;

const EXCLUDE = JSON.stringify([
  "input", "output", "metadata", "tags", "usage", "created_at", "created_by", "last_updated_by",
  "feedback_scores", "comments", "total_estimated_cost_version", "ttft", "source", "environment",
]);

export interface Structure {
  tree: SpanTree;
  loaded: number;
  total: number | null;
  error: unknown;
  reload: () => void;
}

interface State {
  spans: Span[];
  total: number | null;
  error: unknown;
}

const NOTHING: State = { spans: [], total: null, error: undefined };

async function loadSpans(
  project: string,
  trace: string,
  signal: AbortSignal,
  onPages: (spans: Span[], total: number) => void,
): Promise<void> {
  const page = (number: number, size: number) =>
    ask<Page<Span>>("spans", {
      query: {
        project_id: project,
        trace_id: trace,
        page: number,
        size,
        exclude: EXCLUDE,
        sorting: JSON.stringify([{ field: "start_time", direction: "ASC" }]),
      },
      signal,
    });
  const first = await page(1, FIRST_SIZE);
  onPages(first.content, first.total);
  if (first.content.length >= first.total) return;
  let spans: Span[] = [];
  const last = Math.ceil(first.total / PAGE_SIZE);
  for (let number = 1; number <= last; number += PARALLEL) {
    const count = Math.min(PARALLEL, last - number + 1);
    const pages = await Promise.all(Array.from({ length: count }, (_, index) => page(number + index, PAGE_SIZE)));
    spans = spans.concat(...pages.map((each) => each.content));
    onPages(spans, first.total);
  }
}

export function useStructure(project: string, trace: Trace | undefined, id: string): Structure {
  const [state, setState] = useState<State & { id: string }>({ ...NOTHING, id });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    let isFirst = true;
    loadSpans(project, id, control.signal, (spans, total) => {
      // A tree that is asked for again stays until it is whole.
      if (isFirst || turn === 0 || spans.length >= total)
        setState((old) => (old.id === id && old.spans.length > spans.length && spans.length < total ? old : { id, spans, total, error: undefined }));
      isFirst = false;
    }).catch((error: unknown) => {
      if (!isAbort(error)) setState((old) => ({ ...old, id, error }));
    });
    return () => control.abort();
  }, [project, id, turn]);

  const shown = state.id === id ? state : NOTHING;
  const isRunning = isUnfinished(trace);
  const isLarge = (shown.total ?? 0) > PAGE_SIZE;
  useEffect(() => {
    if (!isRunning) return;
    const timer = setTimeout(() => setTurn((old) => old + 1), isLarge ? REFRESH_LARGE_MS : REFRESH_MS);
    return () => clearTimeout(timer);
  }, [isRunning, isLarge, shown.spans, turn]);

  const [start, end] = [trace?.start_time, trace?.end_time];
  const tree = useMemo(
    () => buildTree(shown.spans, { start, end, now: isRunning ? Date.now() : undefined }),
    [shown.spans, start, end, isRunning],
  );
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  return { tree, loaded: shown.spans.length, total: shown.total, error: shown.error, reload };
}

/** The trace itself; a running one is asked for again. */
export function useTrace(id: string): Loaded<Trace> {
  const loaded = useLoad(`trace ${id}`, (signal) => ask<Trace>("trace", { parts: { id }, signal }));
  useRefresh(loaded, isUnfinished(loaded.data), REFRESH_MS);
  return loaded;
}

export function useSpan(id: string | null): Loaded<Span> {
  const loaded = useLoad(id && `span ${id}`, (signal) => ask<Span>("span", { parts: { id: id! }, signal }));
  useRefresh(loaded, isUnfinished(loaded.data), REFRESH_MS);
  return loaded;
}

export function isUnfinished(record: Trace | Span | undefined): boolean {
  return record !== undefined && !record.end_time;
}
