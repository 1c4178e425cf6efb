/** What is opened beside a list: a trace with its spans, or a thread. Named in the address. */
import type { RefObject, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "../components/basics";
import { Icon } from "../components/icon";
import { TraceView } from "../components/trace_view";
import type { Kind } from "../query/fields";
import { useKeys } from "../state/keys";
import { link, queryWith, setQuery, type Place } from "../state/route";
import type { AnyRow, Rows } from "../state/rows";
import { ThreadView } from "./thread";
import { useNeighbours } from "./trace_page";
import type { Span } from "../api/types";

/** The id of the row that is open. */
export function openedItem(kind: Kind, query: URLSearchParams): string | null {
  if (kind === "threads") return query.get("thread");
  return kind === "spans" ? (query.get("row") ?? query.get("span")) : query.get("trace");
}

export function openItem(kind: Kind, row: AnyRow, replace = false): void {
  if (kind === "threads") setQuery({ thread: row.id }, replace);
  else if (kind === "traces") setQuery({ trace: row.id, span: null }, replace);
  else setQuery({ trace: (row as Span).trace_id, span: row.id, row: row.id }, replace);
}

const CLOSED = { trace: null, span: null, thread: null, row: null };

function closeItem(): void {
  setQuery(CLOSED);
}

/** The query of the list alone. */
export function withoutPanel(query: URLSearchParams): string {
  return queryWith(query.toString(), CLOSED);
}

/** A list of spans may show a trace that none of its rows was opened for. */
export function isPanelOpen(kind: Kind, query: URLSearchParams): boolean {
  return openedItem(kind, query) !== null || (kind !== "threads" && query.has("trace"));
}

interface Props {
  kind: Kind;
  project: string;
  place: Place;
  rows: Rows;
}

export function ItemPanel(props: Props): VNode | null {
  const opened = openedItem(props.kind, props.place.query);
  if (!isPanelOpen(props.kind, props.place.query)) return null;
  return <Panel {...props} opened={opened ?? props.place.query.get("trace")!} />;
}

/** A step draws the content anew and so takes the focus away: it goes to the same button of what is
 * shown now, or to the panel; when the panel closes, to the row. */
function usePanelFocus(opened: string): RefObject<HTMLElement | null> {
  const panel = useRef<HTMLElement>(null);
  const row = useRef(opened);
  row.current = opened;
  const button = useRef<string | null>(null);
  useLayoutEffect(() => {
    const focused = document.activeElement;
    if (focused && focused !== document.body) return;
    const same = button.current && panel.current?.querySelector<HTMLElement>(`button[aria-label="${CSS.escape(button.current)}"]:enabled`);
    (same || panel.current)?.focus();
  }, [opened]);
  useLayoutEffect(() => {
    const remember = (event: FocusEvent) => (button.current = (event.target as HTMLElement).getAttribute("aria-label"));
    panel.current?.addEventListener("focusin", remember);
    return () => {
      const focused = document.activeElement;
      if (focused && focused !== document.body && !focused.closest(".panel, .grid")) return;
      const there = document.querySelector<HTMLElement>(`.grid-row[data-id="${CSS.escape(row.current)}"]`);
      (there ?? document.querySelector<HTMLElement>(".grid"))?.focus();
    };
  }, []);
  return panel;
}

function Panel({ kind, project, place, rows, opened }: Props & { opened: string }): VNode {
  const at = rows.rows.findIndex((row) => row.id === opened);
  // A link may open a trace that is not among the rows that are loaded.
  const isLost = at < 0 && kind === "traces" && rows.total !== null;
  const near = useNeighbours(project, isLost ? opened : null);
  const before = at > 0 || near.newer !== undefined;
  const after = (at >= 0 && at < rows.rows.length - 1) || near.older !== undefined;
  const step = (by: number) => {
    const row = at >= 0 ? rows.rows[at + by] : undefined;
    const other = by > 0 ? near.older : near.newer;
    if (row) openItem(kind, row, true);
    else if (isLost && other) setQuery({ trace: other, span: null }, true);
    if (at + by > rows.rows.length - 5) rows.more();
  };
  useKeys({ Escape: closeItem, n: () => step(1), b: () => step(-1) });
  const panel = usePanelFocus(opened);
  const trace = place.query.get("trace");
  const full = kind === "threads" ? link("projects", project, "threads", opened) : link("projects", project, "traces", trace ?? opened);
  const span = place.query.get("span");
  const noun = kind.slice(0, -1);
  const onChange = () => rows.refresh(opened);
  const actions = (
    <div class="row" style={{ gap: "2px", flexWrap: "nowrap" }}>
      <IconButton icon="up" label={`Previous ${noun} (b)`} disabled={!before} onClick={() => step(-1)} />
      <IconButton icon="down" label={`Next ${noun} (n)`} disabled={!after} onClick={() => step(1)} />
      <a class="icon-button row" style={{ justifyContent: "center", minHeight: "30px" }} href={full + (span ? `?span=${span}` : "")} aria-label="Open as a page" title="Open as a page">
        <Icon name="expand" />
      </a>
      <IconButton icon="close" label="Close (Esc)" onClick={closeItem} />
    </div>
  );
  return (
    <aside class="panel" ref={panel} tabIndex={-1} aria-label={kind === "threads" ? "Thread" : "Trace"}>
      {kind === "threads" ? (
        <ThreadView key={opened} project={project} thread={opened} actions={actions} onChange={onChange} />
      ) : (
        <TraceView
          key={trace ?? opened}
          project={project}
          trace={trace ?? opened}
          span={span}
          onSelect={(id) => setQuery({ span: id }, true)}
          actions={actions}
          onChange={onChange}
        />
      )}
    </aside>
  );
}

