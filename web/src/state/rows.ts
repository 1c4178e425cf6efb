/** The rows of a list: pages that are loaded as one scrolls, and rows that come in live. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ask, isAbort } from "../api/client";
import type { Endpoint } from "../api/endpoints";
import { followEvents, type LiveState } from "../api/events";
import type { Page, Span, Thread, Trace } from "../api/types";
import type { Kind } from "../query/fields";
import { cutsLongValues } from "./preferences";
import { conditionsOf, isNewestFirst, listViewOf, viewKey, type ListView } from "./list_view";

export type RowOf = { traces: Trace; spans: Span; threads: Thread };
export type AnyRow = Trace | Span | Thread;

const PAGE_SIZE = 100;
/** Pages that loading again keeps. */
const KEPT_PAGES = 10;
const LISTS: Record<Kind, Endpoint> = { traces: "traces", spans: "spans", threads: "threads" };
/** Parts of rows that no column shows. */
const EXCLUDE: Partial<Record<Kind, string>> = {
  traces: JSON.stringify(["guardrails_validations", "experiment"]),
};

export interface State {
  key: string;
  rows: AnyRow[];
  total: number | null;
  pages: number;
  loading: boolean;
  error: unknown;
  sortable: readonly string[];
  /** Came in live, but have no place in the order shown. */
  waiting: number;
  /** What came in may have changed the total; only the server knows. */
  uncertain: boolean;
}

export interface Rows extends State {
  more: () => void;
  reload: () => void;
  /** Asks for a row that is shown again, after it was changed here. */
  refresh: (id: string) => void;
  remove: (ids: ReadonlySet<string>) => void;
  live: LiveState;
  fresh: ReadonlySet<string>;
}

export function emptyRows(key: string): State {
  return { key, rows: [], total: null, pages: 0, loading: true, error: undefined, sortable: [], waiting: 0, uncertain: false };
}

/** `onGone` is told of rows that were deleted elsewhere. */
export function useRows(kind: Kind, project: string, view: ListView, paused: boolean, onGone: (ids: ReadonlySet<string>) => void): Rows {
  const key = viewKey(kind, project, view);
  const empty = () => emptyRows(key);
  const [state, setState] = useState<State>(empty);
  const [turn, setTurn] = useState(0);
  const control = useRef<AbortController | null>(null);
  // A preset's bounds are fixed while pages are loaded, so that pages fit together.
  const started = useMemo(() => Date.now(), [key, turn]);

  const load = useCallback(
    async (page: number, count = 1) => {
      control.current?.abort();
      const own = new AbortController();
      control.current = own;
      setState((old) => (page === 1 && old.key !== key ? empty() : { ...old, loading: true, error: undefined }));
      try {
        const answer = await loadPage(kind, project, view, started, page, { signal: own.signal, size: count * PAGE_SIZE });
        setState((old) => withPage(old, key, page, count, answer));
      } catch (error) {
        if (!isAbort(error)) setState((old) => ({ ...old, key, loading: false, error }));
      }
    },
    [key, started],
  );

  useEffect(() => {
    void load(1, state.key === key ? Math.max(1, Math.min(state.pages, KEPT_PAGES)) : 1);
    return () => control.current?.abort();
  }, [load]);

  const more = useCallback(() => {
    if (!state.loading && !state.error && state.total !== null && state.pages * PAGE_SIZE < state.total)
      void load(state.pages + 1);
  }, [state, load]);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const live = useLive({ kind, project, view, key, started, setState, onGone }, paused, state.uncertain);
  const refresh = useCallback(
    (id: string) =>
      void loadRow(kind, project, id)
        .then((row) => row && setState((old) => ({ ...old, rows: old.rows.map((each) => (each.id === id ? row : each)) })))
        .catch(() => undefined),
    [kind, project],
  );
  const remove = useCallback((ids: ReadonlySet<string>) => {
    setState((old) => ({ ...old, rows: old.rows.filter((row) => !ids.has(row.id)) }));
  }, []);
  const shown = state.key === key ? state : empty();
  return { ...shown, more, reload, refresh, remove, ...live };
}

/** Spans come newest first too: the server's own order keeps those of a trace together instead. */
function sortingOf(kind: Kind, view: ListView): string {
  const sorting = view.sorting ?? (kind === "spans" ? { field: "id", direction: "DESC" } : null);
  return sorting ? JSON.stringify([sorting]) : "";
}

interface PageOptions {
  signal?: AbortSignal;
  size?: number;
  /** Nothing is cut or left out. */
  whole?: boolean;
}

export async function loadPage(
  kind: Kind,
  project: string,
  view: ListView,
  now: number,
  page: number,
  { signal, size = PAGE_SIZE, whole = false }: PageOptions = {},
): Promise<Page<AnyRow>> {
  return ask<Page<AnyRow>>(LISTS[kind], {
    query: {
      ...conditionsOf(project, view, now),
      page,
      size,
      truncate: !whole && (await cutsLongValues()),
      sorting: sortingOf(kind, view),
      exclude: whole ? "" : EXCLUDE[kind],
    },
    ...(signal ? { signal } : {}),
  });
}

/** One row as lists have it, whether it matches the view or not. */
async function loadRow(kind: Kind, project: string, id: string): Promise<AnyRow | undefined> {
  const only = { ...listViewOf(new URLSearchParams()), filters: JSON.stringify([{ field: "id", operator: "=", value: id }]) };
  return (await loadPage(kind, project, only, Date.now(), 1, { size: 1 })).content[0];
}

/** Rows that came in live shift what the server counts as a page, so known rows may come again. */
function withPage(old: State, key: string, page: number, count: number, answer: Page<AnyRow>): State {
  const before = page === 1 ? [] : old.rows;
  const known = new Set(before.map((row) => row.id));
  return {
    key,
    rows: [...before, ...answer.content.filter((row) => !known.has(row.id))],
    total: answer.total,
    pages: page + count - 1,
    loading: false,
    error: undefined,
    sortable: answer.sortable_by ?? [],
    waiting: page === 1 ? 0 : old.waiting,
    uncertain: false,
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
  if (top.length === 0) return { rows: next, added: 0 };
  const all = [...next, ...top].sort((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
  return { rows: all, added: top.length };
}

/** What came in since it was shown last. */
interface Arrivals {
  rows: readonly AnyRow[];
  /** Ids of rows, or of the traces of spans. */
  gone: ReadonlySet<string>;
}

export function isGone(row: AnyRow, gone: ReadonlySet<string>): boolean {
  return gone.has(row.id) || ("trace_id" in row && gone.has(row.trace_id));
}

/** A row that is not among those shown may be a new one, or an old one of a page further down. */
export function withArrivals(old: State, { rows: incoming, gone }: Arrivals, inPlace: boolean): State {
  const kept = old.rows.filter((row) => !isGone(row, gone));
  const removed = old.rows.length - kept.length;
  const known = new Set(kept.map((row) => row.id));
  const unknown = new Set(incoming.map((row) => row.id).filter((id) => !known.has(id)));
  const { rows, added } = mergeRows(kept, inPlace ? incoming : incoming.filter((row) => known.has(row.id)));
  return {
    ...old,
    rows,
    total: old.total === null ? null : old.total - removed + added,
    // Of a trace that is gone, there may be more spans than those that were shown.
    uncertain: old.uncertain || unknown.size > added || [...gone].some((id) => !old.rows.some((row) => row.id === id)),
  };
}

/** The server's count: rows that have no place in the order shown wait. */
export function withTotal(old: State, total: number, inPlace: boolean): State {
  if (inPlace || old.total === null || total < old.total) return { ...old, total, waiting: 0 };
  return { ...old, waiting: total - old.total };
}

const FLUSH_MS = 250;
const FLUSH_BLIND_MS = 1500;
const FRESH_MS = 2500;
const COUNT_MS = 1000;

interface Source {
  kind: Kind;
  project: string;
  view: ListView;
  key: string;
  started: number;
  setState: (update: (old: State) => State) => void;
  onGone: (ids: ReadonlySet<string>) => void;
}

function belongsOnTop({ kind, view }: Source): boolean {
  return isNewestFirst(view) && kind !== "threads";
}

function useLive(source: Source, paused: boolean, uncertain: boolean): { live: LiveState; fresh: ReadonlySet<string> } {
  const [live, setLive] = useState<LiveState>("off");
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const latest = useRef(source);
  latest.current = source;
  const rests = paused || source.view.to !== "";
  useEffect(() => {
    if (rests) return setLive("off");
    return followRows(latest, setLive, (ids) => {
      setFresh(ids);
      setTimeout(() => setFresh(new Set()), FRESH_MS);
    });
  }, [source.key, rests]);
  useEffect(() => {
    if (rests || !uncertain) return;
    const timer = setTimeout(() => void recount(latest.current).catch(() => undefined), COUNT_MS);
    return () => clearTimeout(timer);
  }, [source.key, rests, uncertain]);
  return { live, fresh };
}

/** Shows what comes in, a few times a second, until the returned function is called. */
function followRows(latest: { current: Source }, onState: (state: LiveState) => void, onFresh: (ids: ReadonlySet<string>) => void): () => void {
  const source = latest.current;
  const { kind, project, view, key, setState } = source;
  const isThreads = kind === "threads";
  // Texts that only the server searches cannot be judged here.
  const blind = isThreads || view.search !== "";
  const poll = () => void pollRows(source).catch(() => undefined);
  let rows = new Map<string, AnyRow>();
  let gone = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    const arrivals = { rows: blind ? [] : [...rows.values()], gone };
    timer = undefined;
    rows = new Map();
    gone = new Set();
    if (arrivals.gone.size > 0) latest.current.onGone(arrivals.gone);
    setState((old) => (old.key === key ? withArrivals(old, arrivals, belongsOnTop(source)) : old));
    if (blind) poll();
    else onFresh(new Set(arrivals.rows.map((row) => row.id)));
  };
  const onEvent = (event: string, data: string) => {
    if (event !== "trace" && event !== "span" && event !== "deleted") return;
    const row = JSON.parse(data) as AnyRow & { trace_id?: string };
    const id = row.id ?? row.trace_id;
    rows.delete(id);
    if (event !== "deleted") rows.set(id, row);
    else if (!isThreads) gone.add(id);
    timer ??= setTimeout(flush, blind ? FLUSH_BLIND_MS : FLUSH_MS);
  };
  const stop = followEvents({
    project,
    query: {
      kind: kind === "spans" ? "spans" : "traces",
      filters: isThreads ? "" : view.filters,
      oql: isThreads ? "" : view.oql,
    },
    onEvent,
    onPoll: poll,
    onState,
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

async function recount(source: Source): Promise<void> {
  const { kind, project, view, key, started, setState } = source;
  // What comes in while the server counts makes it uncertain again.
  setState((old) => ({ ...old, uncertain: false }));
  const { total } = await loadPage(kind, project, view, started, 1, { size: 1 });
  setState((old) => (old.key === key && old.pages > 0 ? withTotal(old, total, belongsOnTop(source)) : old));
}

async function pollRows(source: Source): Promise<void> {
  const { kind, project, view, key, setState } = source;
  const inPlace = belongsOnTop(source);
  const page = await loadPage(kind, project, view, Date.now(), 1);
  setState((old) => {
    // Another view is shown by now, or its first page is on its way.
    if (old.key !== key || old.pages === 0) return old;
    const now = { ...old, uncertain: false };
    if (old.rows.length <= PAGE_SIZE) return { ...now, rows: page.content, total: page.total, waiting: 0 };
    return withTotal(inPlace ? { ...now, rows: mergeRows(old.rows, page.content).rows } : now, page.total, inPlace);
  });
}
