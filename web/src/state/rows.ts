/** The rows of a list: pages that are loaded as one scrolls, and rows that come in live. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ask, isAbort } from "../api/client";
import type { Endpoint } from "../api/endpoints";
import { followEvents, type LiveState } from "../api/events";
import type { Page, Span, Thread, Trace } from "../api/types";
import type { Kind } from "../query/fields";
import { cutsLongValues } from "./preferences";
import { conditionsOf, isNewestFirst, viewKey, type ListView } from "./list_view";

export type RowOf = { traces: Trace; spans: Span; threads: Thread };
export type AnyRow = Trace | Span | Thread;

const PAGE_SIZE = 100;
const LISTS: Record<Kind, Endpoint> = { traces: "traces", spans: "spans", threads: "threads" };
/** Parts of rows that no column shows. */
const EXCLUDE: Partial<Record<Kind, string>> = {
  traces: JSON.stringify(["guardrails_validations", "experiment"]),
};

interface State {
  key: string;
  rows: AnyRow[];
  total: number | null;
  pages: number;
  loading: boolean;
  error: unknown;
  sortable: readonly string[];
}

export interface Rows extends State {
  more: () => void;
  reload: () => void;
  /** Changes a row that is shown; the server has been told already. */
  change: (id: string, values: Partial<AnyRow>) => void;
  remove: (ids: ReadonlySet<string>) => void;
  live: LiveState;
  /** Came in live, but have no place in the order shown. */
  waiting: number;
  fresh: ReadonlySet<string>;
}

export function useRows(kind: Kind, project: string, view: ListView, paused: boolean): Rows {
  const key = viewKey(kind, project, view);
  const empty = (): State => ({ key, rows: [], total: null, pages: 0, loading: true, error: undefined, sortable: [] });
  const [state, setState] = useState<State>(empty);
  const [turn, setTurn] = useState(0);
  const control = useRef<AbortController | null>(null);
  // A preset's bounds are fixed while pages are loaded, so that pages fit together.
  const started = useMemo(() => Date.now(), [key, turn]);

  const load = useCallback(
    async (page: number) => {
      control.current?.abort();
      const own = new AbortController();
      control.current = own;
      setState((old) => (page === 1 && old.key !== key ? empty() : { ...old, loading: true, error: undefined }));
      try {
        const answer = await loadPage(kind, project, view, started, page, own.signal);
        setState((old) => withPage(old, key, page, answer));
      } catch (error) {
        if (!isAbort(error)) setState((old) => ({ ...old, key, loading: false, error }));
      }
    },
    [key, started],
  );

  useEffect(() => {
    void load(1);
    return () => control.current?.abort();
  }, [load]);

  const more = useCallback(() => {
    if (!state.loading && !state.error && state.total !== null && state.pages * PAGE_SIZE < state.total)
      void load(state.pages + 1);
  }, [state, load]);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const live = useLive(kind, project, view, paused, key, setState);
  const change = useCallback((id: string, values: Partial<AnyRow>) => {
    setState((old) => ({
      ...old,
      rows: old.rows.map((row) => (row.id === id ? ({ ...row, ...values } as AnyRow) : row)),
    }));
  }, []);
  const remove = useCallback((ids: ReadonlySet<string>) => {
    setState((old) => ({ ...old, rows: old.rows.filter((row) => !ids.has(row.id)) }));
  }, []);
  const shown = state.key === key ? state : empty();
  return { ...shown, more, reload, change, remove, ...live };
}

/** Spans come newest first too: the server's own order keeps those of a trace together instead. */
function sortingOf(kind: Kind, view: ListView): string {
  const sorting = view.sorting ?? (kind === "spans" ? { field: "id", direction: "DESC" } : null);
  return sorting ? JSON.stringify([sorting]) : "";
}

export async function loadPage(
  kind: Kind,
  project: string,
  view: ListView,
  now: number,
  page: number,
  signal?: AbortSignal,
  whole: { size: number } | null = null,
): Promise<Page<AnyRow>> {
  return ask<Page<AnyRow>>(LISTS[kind], {
    query: {
      ...conditionsOf(project, view, now),
      page,
      size: whole?.size ?? PAGE_SIZE,
      truncate: whole === null && (await cutsLongValues()),
      sorting: sortingOf(kind, view),
      exclude: whole ? "" : EXCLUDE[kind],
    },
    ...(signal ? { signal } : {}),
  });
}

/** Rows that came in live shift what the server counts as a page, so known rows may come again. */
function withPage(old: State, key: string, page: number, answer: Page<AnyRow>): State {
  const before = page === 1 ? [] : old.rows;
  const known = new Set(before.map((row) => row.id));
  return {
    key,
    rows: [...before, ...answer.content.filter((row) => !known.has(row.id))],
    total: answer.total,
    pages: page,
    loading: false,
    error: undefined,
    sortable: answer.sortable_by ?? [],
  };
}

/** Puts rows that came in where they belong: over the row they replace, or newest first. */
export function mergeRows(rows: readonly AnyRow[], incoming: readonly AnyRow[]): { rows: AnyRow[]; added: number } {
  const byId = new Map(rows.map((row, index) => [row.id, index]));
  const next = [...rows];
  const added = new Map<string, AnyRow>();
  for (const row of incoming) {
    const at = byId.get(row.id);
    if (at === undefined) added.set(row.id, row);
    else next[at] = row;
  }
  // What is older than all that is loaded comes with its page.
  const last = rows.length > 0 ? rows[rows.length - 1]!.id : "";
  const top = [...added.values()].filter((row) => rows.length === 0 || row.id > last);
  if (top.length === 0) return { rows: next, added: added.size };
  const all = [...next, ...top].sort((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
  return { rows: all, added: added.size };
}

const FLUSH_MS = 250;
const FRESH_MS = 2500;

function useLive(
  kind: Kind,
  project: string,
  view: ListView,
  paused: boolean,
  key: string,
  setState: (update: (old: State) => State) => void,
): { live: LiveState; waiting: number; fresh: ReadonlySet<string> } {
  const [live, setLive] = useState<LiveState>("off");
  const [waiting, setWaiting] = useState(0);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const inPlace = isNewestFirst(view) && kind !== "threads";
  // Fixed bounds, and texts that only the server searches, cannot be judged here.
  const blind = view.to !== "" || view.search !== "";

  useEffect(() => {
    setWaiting(0);
    if (paused || view.to !== "") return setLive("off");
    const poll = () => void pollRows(kind, project, view, key, inPlace, setState, setWaiting).catch(() => undefined);
    let queue: AnyRow[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const incoming = queue;
      queue = [];
      if (kind === "threads" || blind) return poll();
      setState((old) => {
        const known = new Set(old.rows.map((row) => row.id));
        const unknown = new Set(incoming.map((row) => row.id).filter((id) => !known.has(id)));
        if (!inPlace) setWaiting((count) => count + unknown.size);
        const { rows } = mergeRows(old.rows, inPlace ? incoming : incoming.filter((row) => known.has(row.id)));
        return { ...old, rows, total: inPlace && old.total !== null ? old.total + unknown.size : old.total };
      });
      setFresh(new Set(incoming.map((row) => row.id)));
      setTimeout(() => setFresh(new Set()), FRESH_MS);
    };
    const stop = followEvents({
      project,
      query: {
        kind: kind === "spans" ? "spans" : "traces",
        filters: kind === "threads" ? "" : view.filters,
        oql: kind === "threads" ? "" : view.oql,
      },
      onEvent: (event, data) => {
        if (event !== "trace" && event !== "span") return;
        queue.push(JSON.parse(data) as AnyRow);
        timer ??= setTimeout(flush, kind === "threads" || blind ? 1500 : FLUSH_MS);
      },
      onPoll: poll,
      onState: setLive,
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [key, paused]);
  return { live, waiting, fresh };
}

async function pollRows(
  kind: Kind,
  project: string,
  view: ListView,
  key: string,
  inPlace: boolean,
  setState: (update: (old: State) => State) => void,
  setWaiting: (update: (old: number) => number) => void,
): Promise<void> {
  const page = await loadPage(kind, project, view, Date.now(), 1);
  setState((old) => {
    // Another view is shown by now, or its first page is on its way.
    if (old.key !== key || old.pages === 0) return old;
    if (old.rows.length <= PAGE_SIZE) return { ...old, rows: page.content, total: page.total };
    if (inPlace) return { ...old, rows: mergeRows(old.rows, page.content).rows, total: page.total };
    setWaiting(() => Math.max(0, page.total - (old.total ?? 0)));
    return old;
  });
}
