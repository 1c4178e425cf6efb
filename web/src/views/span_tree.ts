/** Spans as a tree: built from parents, flattened to the rows that are open. */
import type { Span } from "../api/types";

export interface SpanNode {
  span: Span;
  depth: number;
  children: SpanNode[];
  start: number;
  end: number | null;
  /** All below it. */
  size: number;
  /** Errors in it or below. */
  errors: number;
}

export interface SpanTree {
  roots: SpanNode[];
  byId: Map<string, SpanNode>;
  start: number;
  end: number;
  /** The time line ends now. */
  isRunning: boolean;
}

/** Bounds of the trace as far as they are known; `now` while it runs. */
export interface TraceTimes {
  start?: string | undefined;
  end?: string | undefined;
  now?: number | undefined;
}

/** A span whose parent is unknown, or would close a circle, becomes a root. */
export function buildTree(spans: readonly Span[], trace: TraceTimes = {}): SpanTree {
  const byId = new Map<string, SpanNode>();
  for (const span of spans) {
    const start = Date.parse(span.start_time);
    const end = span.end_time ? Date.parse(span.end_time) : null;
    byId.set(span.id, { span, depth: 0, children: [], start, end, size: 0, errors: 0 });
  }
  const roots: SpanNode[] = [];
  for (const node of byId.values()) {
    const parent = node.span.parent_span_id ? byId.get(node.span.parent_span_id) : undefined;
    if (parent && parent !== node) parent.children.push(node);
    else roots.push(node);
  }
  breakCircles(byId, roots);
  const order = visit(roots);
  let start = trace.start ? Date.parse(trace.start) : Infinity;
  let end = trace.end ? Date.parse(trace.end) : (trace.now ?? -Infinity);
  for (const node of order) {
    if (node.start < start) start = node.start;
    const last = node.end ?? node.start;
    if (last > end) end = last;
  }
  const finite = (time: number) => (Number.isFinite(time) ? time : 0);
  return { roots, byId, start: finite(start), end: finite(end), isRunning: trace.now !== undefined };
}

/** Where a bar lies on the time line, in parts of its length. What has not ended reaches to its end. */
export function barOf(tree: SpanTree, start: number, end: number | null): { left: number; width: number } {
  const length = tree.end - tree.start;
  if (length <= 0) return { left: 0, width: 1 };
  return { left: (start - tree.start) / length, width: ((end ?? tree.end) - start) / length };
}

function byStart(a: SpanNode, b: SpanNode): number {
  return a.start - b.start || (a.span.id < b.span.id ? -1 : 1);
}

/** Sets depth, size and errors, and sorts children; without recursion, as chains may be long. */
function visit(roots: SpanNode[]): SpanNode[] {
  const order: SpanNode[] = [];
  const stack = [...roots];
  roots.sort(byStart);
  while (stack.length > 0) {
    const node = stack.pop()!;
    order.push(node);
    node.errors = node.span.error_info ? 1 : 0;
    if (node.children.length > 1) node.children.sort(byStart);
    for (const child of node.children) {
      child.depth = node.depth + 1;
      stack.push(child);
    }
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!;
    for (const child of node.children) {
      node.size += child.size + 1;
      node.errors += child.errors;
    }
  }
  return order;
}

/** Spans that are their own ancestors can be reached from no root: the first of each becomes one. */
function breakCircles(byId: Map<string, SpanNode>, roots: SpanNode[]): void {
  const seen = new Set<SpanNode>();
  const mark = (from: SpanNode) => {
    const stack = [from];
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (seen.has(node)) continue;
      seen.add(node);
      stack.push(...node.children.filter((child) => !seen.has(child)));
    }
  };
  roots.forEach(mark);
  if (seen.size === byId.size) return;
  for (const node of byId.values()) {
    if (seen.has(node)) continue;
    const parent = byId.get(node.span.parent_span_id ?? "");
    if (parent) parent.children = parent.children.filter((child) => child !== node);
    roots.push(node);
    mark(node);
  }
}

/** The rows to show: those whose ancestors are all open, or those that match with what leads there. */
export function visibleNodes(
  roots: readonly SpanNode[],
  closed: ReadonlySet<string>,
  matches?: (span: Span) => boolean,
): SpanNode[] {
  const wanted = matches ? wantedNodes(roots, matches) : null;
  const rows: SpanNode[] = [];
  const stack = [...roots].reverse();
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (wanted && !wanted.has(node)) continue;
    rows.push(node);
    if (!wanted && closed.has(node.span.id)) continue;
    for (let i = node.children.length - 1; i >= 0; i--) stack.push(node.children[i]!);
  }
  return rows;
}

function wantedNodes(roots: readonly SpanNode[], matches: (span: Span) => boolean): Set<SpanNode> {
  const wanted = new Set<SpanNode>();
  const stack = roots.map((node) => ({ node, path: [] as SpanNode[] }));
  while (stack.length > 0) {
    const { node, path } = stack.pop()!;
    const below = [...path, node];
    if (matches(node.span)) below.forEach((each) => wanted.add(each));
    for (const child of node.children) stack.push({ node: child, path: below });
  }
  return wanted;
}
