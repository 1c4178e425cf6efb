/** The tree of spans beside their time line; only the rows in sight exist. */
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Trace } from "../api/types";
import { formatCost, formatDuration, formatNumber } from "../format";
import { TYPE_ICONS } from "../pages/columns";
import { useKeys } from "../state/keys";
import { isUnfinished, type Structure } from "../state/trace";
import { useRowHeight, useVirtual } from "../state/virtual";
import { barOf, visibleNodes, type SpanNode, type SpanTree } from "../views/span_tree";
import { Problem, Skeleton } from "./basics";
import { Icon } from "./icon";

interface Props {
  trace: Trace | undefined;
  structure: Structure;
  /** Null is the trace itself. */
  selected: string | null;
  onSelect: (id: string | null) => void;
}

const INDENT = 12;
const INDENT_MAX = 14;

export function SpanRows({ trace, structure, selected, onSelect }: Props): VNode {
  const { tree } = structure;
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [search, setSearch] = useState("");
  const [onlyErrors, setOnlyErrors] = useState(false);
  const rows = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    if (!wanted && !onlyErrors) return visibleNodes(tree.roots, closed);
    return visibleNodes(tree.roots, closed, (span) => {
      if (onlyErrors && !span.error_info) return false;
      return !wanted || `${span.name ?? ""} ${span.type ?? ""} ${span.model ?? ""}`.toLowerCase().includes(wanted);
    });
  }, [tree, closed, search, onlyErrors]);
  const toggle = (id: string) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  };
  const parents = () => [...tree.byId.values()].filter((node) => node.children.length > 0).map((node) => node.span.id);
  const hasErrors = tree.roots.some((node) => node.errors > 0);
  return (
    <div class="tree-side">
      <div class="tree-tools">
        <input type="search" data-search aria-label="Search spans" placeholder="Search spans" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        {hasErrors && (
          <button type="button" aria-pressed={onlyErrors} onClick={() => setOnlyErrors(!onlyErrors)}>
            <Icon name="alert" /> Errors
          </button>
        )}
        <button type="button" onClick={() => setClosed(closed.size ? new Set() : new Set(parents()))}>
          {closed.size ? "Open all" : "Close all"}
        </button>
      </div>
      <Scale length={tree.end - tree.start} />
      {structure.error !== undefined && <Problem error={structure.error} retry={structure.reload} />}
      <Rows trace={trace} structure={structure} rows={rows} closed={closed} selected={selected} onSelect={onSelect} onToggle={toggle} />
      {structure.total !== null && structure.loaded < structure.total && (
        <div class="grid-foot" role="status">
          {formatNumber(structure.loaded)} of {formatNumber(structure.total)} spans
        </div>
      )}
    </div>
  );
}

function Scale({ length }: { length: number }): VNode {
  return (
    <div class="scale" aria-hidden="true">
      <span>Spans</span>
      <div>
        <span>0</span>
        <span>{formatDuration(length / 2)}</span>
        <span>{formatDuration(length)}</span>
      </div>
    </div>
  );
}

interface RowsProps extends Props {
  rows: readonly SpanNode[];
  closed: ReadonlySet<string>;
  onToggle: (id: string) => void;
}

function Rows({ trace, structure, rows, closed, selected, onSelect, onToggle }: RowsProps): VNode {
  const { tree } = structure;
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight(28, 34);
  const count = rows.length + 1;
  const virtual = useVirtual({ count, rowHeight, scroller });
  const [focus, setFocus] = useState(0);
  const items = virtual.getVirtualItems();
  const at = selected === null ? 0 : 1 + rows.findIndex((node) => node.span.id === selected);

  const move = (step: number) => {
    const next = Math.max(0, Math.min(count - 1, at + step));
    onSelect(next === 0 ? null : rows[next - 1]!.span.id);
    virtual.scrollToIndex(next);
    setFocus((old) => old + 1);
  };
  useLayoutEffect(() => {
    if (focus > 0) scroller.current?.querySelector<HTMLElement>(`[data-index="${at}"]`)?.focus({ preventScroll: true });
  }, [focus, items[0]?.index]);
  // A link may name a span that is far down.
  const isThere = at > 0;
  useEffect(() => {
    if (isThere && focus === 0) virtual.scrollToIndex(at, { align: "auto" });
  }, [isThere]);

  const node = at > 0 ? rows[at - 1] : undefined;
  const fold = (open: boolean) => {
    if (!node) return;
    const isClosed = closed.has(node.span.id);
    if (node.children.length > 0 && isClosed === open) onToggle(node.span.id);
    else if (open) move(1);
    else if (node.span.parent_span_id && tree.byId.has(node.span.parent_span_id)) move(rows.indexOf(tree.byId.get(node.span.parent_span_id)!) + 1 - at);
    else move(-at);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    ArrowRight: () => fold(true),
    ArrowLeft: () => fold(false),
    Home: () => move(-at),
    End: () => move(count),
    PageDown: () => move(15),
    PageUp: () => move(-15),
  });
  const waiting = structure.total === null && structure.error === undefined;
  return (
    <div class="tree" ref={scroller} role="tree" aria-label="Spans" tabIndex={-1}>
      <div role="presentation" style={{ height: `${virtual.getTotalSize()}px`, position: "relative" }}>
        {items.map((item) => {
          const each = item.index === 0 ? null : rows[item.index - 1];
          if (each === undefined) return null;
          const id = each?.span.id ?? null;
          const shared = { index: item.index, top: item.start, height: item.size, selected: id === selected, tabIndex: item.index === Math.max(0, at) ? 0 : -1 };
          return each === null ? (
            <TraceRow key="trace" {...shared} trace={trace} tree={tree} onSelect={() => onSelect(null)} />
          ) : (
            <SpanRow
              key={each.span.id}
              {...shared}
              node={each}
              tree={tree}
              closed={closed.has(each.span.id)}
              onSelect={() => onSelect(each.span.id)}
              onToggle={() => onToggle(each.span.id)}
            />
          );
        })}
      </div>
      {waiting && <Skeleton rows={8} />}
    </div>
  );
}

interface RowProps {
  index: number;
  top: number;
  height: number;
  selected: boolean;
  tabIndex: number;
  onSelect: () => void;
}

function TraceRow({ trace, tree, index, top, height, selected, tabIndex, onSelect }: RowProps & { trace: Trace | undefined; tree: SpanTree }): VNode {
  const hasSpans = tree.roots.length > 0;
  const start = trace ? Date.parse(trace.start_time) : tree.start;
  const end = trace?.end_time ? Date.parse(trace.end_time) : null;
  return (
    <div
      class="tree-row"
      role="treeitem"
      aria-level={1}
      aria-expanded={hasSpans ? true : undefined}
      aria-selected={selected}
      data-index={index}
      tabIndex={tabIndex}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
      onClick={onSelect}
    >
      <div class="tree-name" style={{ paddingLeft: "8px" }}>
        <span class="type-trace">
          <Icon name="thread" />
        </span>
        <span class="t">
          <b>{trace?.name ?? "Trace"}</b>
        </span>
        {trace?.error_info && <span class="bad-text" title="Error"><Icon name="alert" /></span>}
      </div>
      <Bar type="trace" {...barOf(tree, start, end)} label={trace ? durationText(tree, start, end, trace.duration) : ""} running={isUnfinished(trace)} />
    </div>
  );
}

/** Of what runs, the time so far; how long a span without an end took in an ended trace nobody knows. */
function durationText(tree: SpanTree, start: number, end: number | null, duration: number | undefined): string {
  if (end !== null) return formatDuration(duration);
  return tree.isRunning ? `running ${formatDuration(tree.end - start)}` : "running";
}

interface SpanRowProps extends RowProps {
  node: SpanNode;
  tree: SpanTree;
  closed: boolean;
  onToggle: () => void;
}

function SpanRow({ node, tree, closed, index, top, height, selected, tabIndex, onSelect, onToggle }: SpanRowProps): VNode {
  const { span } = node;
  const type = span.type ?? "general";
  const hasChildren = node.children.length > 0;
  const cost = span.total_estimated_cost ? ` · ${formatCost(span.total_estimated_cost)}` : "";
  return (
    <div
      class="tree-row"
      role="treeitem"
      aria-level={node.depth + 2}
      aria-expanded={hasChildren ? !closed : undefined}
      aria-selected={selected}
      data-index={index}
      data-id={span.id}
      tabIndex={tabIndex}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
      onClick={onSelect}
    >
      <div class="tree-name" style={{ paddingLeft: `${8 + Math.min(node.depth, INDENT_MAX) * INDENT}px` }}>
        <span
          class={`twisty${closed ? " closed" : ""}`}
          onClick={(event) => {
            if (!hasChildren) return;
            event.stopPropagation();
            onToggle();
          }}
        >
          {hasChildren && <Icon name="chevron" />}
        </span>
        <span class={`type-${type}`} title={type}>
          <Icon name={TYPE_ICONS[type] ?? "general"} />
        </span>
        <span class="t">{span.name ?? "–"}</span>
        {span.error_info ? (
          <span class="bad-text" title="Error">
            <Icon name="alert" />
          </span>
        ) : null}
        {closed && <span class="muted">+{formatNumber(node.size)}</span>}
      </div>
      <Bar type={type} {...barOf(tree, node.start, node.end)} label={durationText(tree, node.start, node.end, span.duration) + cost} running={node.end === null} />
    </div>
  );
}

/** The label stands where there is room: behind the bar, before it, or on it; that of what runs is longer. */
function Bar({ type, left, width, label, running }: { type: string; left: number; width: number; label: string; running: boolean }): VNode {
  const percent = (part: number) => `${Math.max(0, Math.min(100, part * 100)).toFixed(2)}%`;
  const end = left + width;
  const room = running ? 0.6 : 0.3;
  const place = end < 0.7 ? { left: percent(end) } : left > room ? { right: percent(1 - left) } : { left: percent(left) };
  const isOver = end >= 0.7 && left <= room;
  return (
    <div class={`bar-cell type-${type}`}>
      <span class={`bar${running ? " running" : ""}`} style={{ left: `min(${percent(left)}, 100% - 3px)`, width: percent(Math.min(width, 1 - left)), ...(isOver ? { opacity: 0.28 } : {}) }} />
      <span class="bar-label" style={place}>
        {label}
      </span>
    </div>
  );
}
