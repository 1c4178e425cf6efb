/** The columns of the lists: what they show, how wide they are, what they sort by. */
import type { ComponentChild } from "preact";
import type { Span, Thread, Trace } from "../api/types";
import { Icon, type IconName } from "../components/icon";
import { formatAgo, formatCost, formatDuration, formatNumber, formatPreview, formatScores, formatTime, scoreLabel } from "../format";
import type { Kind } from "../query/fields";
import type { AnyRow } from "../state/rows";

export interface ColumnSpec {
  id: string;
  label: string;
  size: number;
  /** Shown before anyone chooses. */
  shown: boolean;
  numeric?: boolean;
  /** Name for `sorting`; absent when the server cannot sort by it. */
  sort?: string;
  cell: (row: AnyRow) => ComponentChild;
}

type Spec<T> = Omit<ColumnSpec, "cell"> & { cell: (row: T) => ComponentChild };

function specs<T extends AnyRow>(list: Spec<T>[]): ColumnSpec[] {
  return list as unknown as ColumnSpec[];
}

const text = (value: ComponentChild) => (value === "" || value === undefined ? null : <span>{value}</span>);
const mono = (value: string | undefined) => (value ? <span class="mono">{value}</span> : null);
const time = (value: string | undefined) => <span title={formatAgo(value)}>{formatTime(value)}</span>;

export function Tags({ tags }: { tags: readonly string[] | undefined }): ComponentChild {
  if (!tags?.length) return null;
  return (
    <span class="tags">
      {tags.map((tag) => (
        <span key={tag} class="chip">
          {tag}
        </span>
      ))}
    </span>
  );
}

function status(row: Trace | Span): ComponentChild {
  if (row.error_info)
    return (
      <span class="chip bad" title={row.error_info.message}>
        {row.error_info.exception_type || "error"}
      </span>
    );
  return row.end_time ? <span class="muted">ended</span> : <span class="chip live">running</span>;
}

/** What traces and spans have alike. */
const ENTITY: Spec<Trace | Span>[] = [
  { id: "status", label: "Status", size: 110, shown: true, sort: "error_info", cell: status },
  { id: "start_time", label: "Start", size: 206, shown: true, sort: "start_time", cell: (row) => time(row.start_time) },
  { id: "duration", label: "Duration", size: 100, shown: true, numeric: true, sort: "duration", cell: (row) => text(formatDuration(row.duration)) },
  { id: "input", label: "Input", size: 260, shown: true, sort: "input", cell: (row) => text(formatPreview(row.input)) },
  { id: "output", label: "Output", size: 260, shown: true, sort: "output", cell: (row) => text(formatPreview(row.output)) },
  { id: "total_tokens", label: "Tokens", size: 90, shown: true, numeric: true, sort: "usage.total_tokens", cell: (row) => text(formatNumber(row.usage?.total_tokens)) },
  { id: "cost", label: "Cost", size: 100, shown: true, numeric: true, sort: "total_estimated_cost", cell: (row) => text(formatCost(row.total_estimated_cost)) },
  { id: "tags", label: "Tags", size: 160, shown: true, sort: "tags", cell: (row) => <Tags tags={row.tags} /> },
  { id: "scores", label: "Scores", size: 160, shown: true, cell: (row) => text(formatScores(row.feedback_scores)) },
  { id: "comments", label: "Comments", size: 90, shown: false, numeric: true, cell: (row) => text(row.comments?.length ?? "") },
  { id: "end_time", label: "End", size: 206, shown: false, sort: "end_time", cell: (row) => time(row.end_time) },
  { id: "ttft", label: "First token", size: 100, shown: false, numeric: true, sort: "ttft", cell: (row) => text(formatDuration(row.ttft)) },
  { id: "prompt_tokens", label: "Prompt tokens", size: 110, shown: false, numeric: true, sort: "usage.prompt_tokens", cell: (row) => text(formatNumber(row.usage?.prompt_tokens)) },
  { id: "completion_tokens", label: "Completion tokens", size: 140, shown: false, numeric: true, sort: "usage.completion_tokens", cell: (row) => text(formatNumber(row.usage?.completion_tokens)) },
  { id: "metadata", label: "Metadata", size: 220, shown: false, sort: "metadata", cell: (row) => text(formatPreview(row.metadata)) },
  { id: "environment", label: "Environment", size: 120, shown: false, sort: "environment", cell: (row) => text(row.environment) },
  { id: "source", label: "Source", size: 100, shown: false, cell: (row) => text(row.source) },
  { id: "created_by", label: "Created by", size: 110, shown: false, sort: "created_by", cell: (row) => text(row.created_by) },
];

const CREATED: Spec<AnyRow>[] = [
  { id: "created_at", label: "Created", size: 206, shown: false, cell: (row) => time(row.created_at) },
  { id: "last_updated_at", label: "Updated", size: 206, shown: false, cell: (row) => time(row.last_updated_at) },
];

const ID: Spec<AnyRow> = { id: "id", label: "Id", size: 300, shown: false, sort: "id", cell: (row) => mono(row.id) };

export const TYPE_ICONS: Record<string, IconName> = { llm: "llm", tool: "tool", guardrail: "guardrail", general: "general" };

function spanType(row: Span): ComponentChild {
  const type = row.type ?? "general";
  return (
    <span class={`type-${type}`}>
      <Icon name={TYPE_ICONS[type] ?? "general"} /> {type}
    </span>
  );
}

export const COLUMNS: Record<Kind, readonly ColumnSpec[]> = {
  traces: [
    ...specs<Trace>([{ id: "name", label: "Name", size: 200, shown: true, sort: "name", cell: (row) => text(row.name ?? "–") }]),
    ...specs(ENTITY),
    ...specs<Trace>([
      { id: "span_count", label: "Spans", size: 80, shown: true, numeric: true, sort: "span_count", cell: (row) => text(formatNumber(row.span_count)) },
      { id: "llm_span_count", label: "LLM spans", size: 90, shown: false, numeric: true, sort: "llm_span_count", cell: (row) => text(formatNumber(row.llm_span_count)) },
      { id: "thread_id", label: "Thread", size: 160, shown: false, sort: "thread_id", cell: (row) => text(row.thread_id) },
      { id: "span_scores", label: "Scores of spans", size: 160, shown: false, cell: (row) => text(formatScores(row.span_feedback_scores)) },
      { id: "providers", label: "Providers", size: 120, shown: false, cell: (row) => text(row.providers?.join(", ")) },
    ]),
    ...specs(CREATED),
    ...specs([ID]),
  ],
  spans: [
    ...specs<Span>([
      { id: "name", label: "Name", size: 200, shown: true, sort: "name", cell: (row) => text(row.name ?? "–") },
      { id: "type", label: "Type", size: 100, shown: true, sort: "type", cell: spanType },
      { id: "model", label: "Model", size: 150, shown: true, sort: "model", cell: (row) => text(row.model) },
    ]),
    ...specs(ENTITY),
    ...specs<Span>([
      { id: "provider", label: "Provider", size: 110, shown: false, sort: "provider", cell: (row) => text(row.provider) },
      { id: "trace_id", label: "Trace id", size: 300, shown: false, sort: "trace_id", cell: (row) => mono(row.trace_id) },
      { id: "parent_span_id", label: "Parent id", size: 300, shown: false, sort: "parent_span_id", cell: (row) => mono(row.parent_span_id) },
    ]),
    ...specs(CREATED.map((column) => ({ ...column, sort: column.id }))),
    ...specs([ID]),
  ],
  threads: specs<Thread>([
    { id: "id", label: "Thread", size: 200, shown: true, sort: "id", cell: (row) => text(row.id) },
    { id: "status", label: "Status", size: 90, shown: true, sort: "status", cell: (row) => (row.status === "inactive" ? <span class="muted">inactive</span> : <span class="chip live">active</span>) },
    { id: "first_message", label: "First message", size: 280, shown: true, cell: (row) => text(formatPreview(row.first_message)) },
    { id: "last_message", label: "Last message", size: 280, shown: true, cell: (row) => text(formatPreview(row.last_message)) },
    { id: "number_of_messages", label: "Messages", size: 90, shown: true, numeric: true, sort: "number_of_messages", cell: (row) => text(formatNumber(row.number_of_messages)) },
    { id: "start_time", label: "Start", size: 206, shown: true, sort: "start_time", cell: (row) => time(row.start_time) },
    { id: "duration", label: "Duration", size: 100, shown: true, numeric: true, sort: "duration", cell: (row) => text(formatDuration(row.duration)) },
    { id: "total_tokens", label: "Tokens", size: 90, shown: true, numeric: true, sort: "usage.total_tokens", cell: (row) => text(formatNumber(row.usage?.total_tokens)) },
    { id: "cost", label: "Cost", size: 100, shown: true, numeric: true, sort: "total_estimated_cost", cell: (row) => text(formatCost(row.total_estimated_cost)) },
    { id: "tags", label: "Tags", size: 160, shown: true, sort: "tags", cell: (row) => <Tags tags={row.tags} /> },
    { id: "scores", label: "Scores", size: 160, shown: true, cell: (row) => text(formatScores(row.feedback_scores)) },
    { id: "comments", label: "Comments", size: 90, shown: false, numeric: true, cell: (row) => text(row.comments?.length ?? "") },
    { id: "end_time", label: "End", size: 206, shown: false, sort: "end_time", cell: (row) => time(row.end_time) },
    { id: "environment", label: "Environment", size: 120, shown: false, sort: "environment", cell: (row) => text(row.environment) },
    { id: "created_by", label: "Created by", size: 110, shown: false, sort: "created_by", cell: (row) => text(row.created_by) },
    { id: "created_at", label: "Created", size: 206, shown: false, sort: "created_at", cell: (row) => time(row.created_at) },
    { id: "last_updated_at", label: "Updated", size: 206, shown: false, sort: "last_updated_at", cell: (row) => time(row.last_updated_at) },
  ]),
};

const SCORE = "score.";

export function isScoreColumn(id: string): boolean {
  return id.startsWith(SCORE);
}

/** Ids stand in a list with commas between them, which names may have too. */
function scoreColumn(name: string): ColumnSpec {
  const cell = (row: AnyRow) => {
    const score = row.feedback_scores?.find((each) => each.name === name);
    return score ? text(scoreLabel(score)) : null;
  };
  return { id: SCORE + encodeURIComponent(name), label: name, size: 110, shown: false, numeric: true, sort: `feedback_scores.${name}`, cell };
}

function scoreName(id: string): string {
  try {
    return decodeURIComponent(id.slice(SCORE.length));
  } catch {
    return id.slice(SCORE.length);
  }
}

/** All columns of a list: with one for each score, also for those that are chosen before their names
 * are known. */
export function columnsOf(kind: Kind, scores: readonly string[], chosen: readonly string[]): ColumnSpec[] {
  const names = new Set([...scores, ...chosen.map(scoreName)]);
  return [...COLUMNS[kind], ...[...names].sort().map(scoreColumn)];
}

export function defaultColumns(kind: Kind): string[] {
  return COLUMNS[kind].filter((column) => column.shown).map((column) => column.id);
}
