/** The charts of the statistics page: which metric each shows, and how groups are asked for. */
import type { Metric, MetricSeries } from "../api/types";
import type { Kind } from "./fields";

export interface ChartSpec {
  id: string;
  title: string;
  unit: "count" | "ms" | "percent" | "tokens" | "usd";
  metric: Record<Kind, string | null>;
  /** Which of the metric's numbers a breakdown shows. */
  sub?: string;
}

export const CHARTS: readonly ChartSpec[] = [
  { id: "count", title: "Count", unit: "count", metric: { traces: "TRACE_COUNT", spans: "SPAN_COUNT", threads: "THREAD_COUNT" } },
  { id: "errors", title: "Error rate", unit: "percent", metric: { traces: "TRACE_ERROR_RATE", spans: "SPAN_ERROR_RATE", threads: null } },
  { id: "latency", title: "Latency", unit: "ms", sub: "p50", metric: { traces: "DURATION", spans: "SPAN_DURATION", threads: "THREAD_DURATION" } },
  { id: "tokens", title: "Tokens", unit: "tokens", sub: "total_tokens", metric: { traces: "TOKEN_USAGE", spans: "SPAN_TOKEN_USAGE", threads: null } },
  { id: "cost", title: "Cost", unit: "usd", metric: { traces: "COST", spans: "SPAN_COST", threads: "THREAD_COST" } },
  { id: "scores", title: "Scores", unit: "count", metric: { traces: "FEEDBACK_SCORES", spans: "SPAN_FEEDBACK_SCORES", threads: "THREAD_FEEDBACK_SCORES" } },
];

export interface GroupCondition {
  field: string;
  operator: string;
  value: string;
}

export interface Breakdown {
  name: string;
  label: string;
  kinds: readonly Kind[];
  /** Field of a filter that chooses one group. */
  filter: string;
  operator: string;
  /** Conditions of the groups that the server names itself: of those that have no value. */
  without: Record<string, readonly GroupCondition[]>;
}

export const UNKNOWN = "Unknown";
const isEmpty = (field: string): GroupCondition => ({ field, operator: "is_empty", value: "" });
/** Texts cannot be asked for being empty; the empty one comes before all that can be read. */
const isBlank = (field: string): GroupCondition => ({ field, operator: "<", value: "!" });

/** `environment` is no group of the server's own: its groups are always asked for one by one. */
export const BREAKDOWNS: readonly Breakdown[] = [
  { name: "name", label: "Name", kinds: ["traces", "spans"], filter: "name", operator: "=", without: { "": [isBlank("name")] } },
  { name: "model", label: "Model", kinds: ["spans"], filter: "model", operator: "=", without: { [UNKNOWN]: [isBlank("model")] } },
  { name: "provider", label: "Provider", kinds: ["spans"], filter: "provider", operator: "=", without: { [UNKNOWN]: [isBlank("provider")] } },
  { name: "type", label: "Type", kinds: ["spans"], filter: "type", operator: "=", without: {} },
  { name: "environment", label: "Environment", kinds: ["traces", "spans"], filter: "environment", operator: "=", without: { [UNKNOWN]: [isEmpty("environment")] } },
  { name: "tags", label: "Tags", kinds: ["traces", "spans", "threads"], filter: "tags", operator: "=", without: { [UNKNOWN]: [isEmpty("tags")] } },
  {
    name: "error_type",
    label: "Error type",
    kinds: ["traces", "spans"],
    filter: "error_type",
    operator: "=",
    without: {
      "No Error": [isEmpty("error_info")],
      "Unknown Error": [{ field: "error_info", operator: "is_not_empty", value: "" }, isBlank("error_type")],
    },
  },
];

function hasNoValue(breakdown: Breakdown, group: string): boolean {
  return Object.hasOwn(breakdown.without, group);
}

/** The filters that choose one group. */
export function groupConditions(breakdown: Breakdown, group: string): readonly GroupCondition[] {
  if (hasNoValue(breakdown, group)) return breakdown.without[group]!;
  return [{ field: breakdown.filter, operator: breakdown.operator, value: group }];
}

/** Metrics that the server itself breaks down. */
const NATIVE = new Set([
  "TRACE_COUNT", "DURATION", "TOKEN_USAGE", "COST",
  "SPAN_COUNT", "SPAN_DURATION", "SPAN_TOKEN_USAGE",
  "THREAD_COUNT", "THREAD_DURATION",
]);

export function isNative(metric: string, breakdown: Breakdown): boolean {
  return NATIVE.has(metric) && breakdown.name !== "environment";
}

const SHOWN_KEYS = ["total_tokens", "prompt_tokens", "completion_tokens"];
const SERIES_MAX = 10;

/** The series worth showing, in an order that stays. Without a breakdown usage has dozens of keys. */
export function chosenSeries(chart: ChartSpec, results: readonly MetricSeries[], isGrouped: boolean): MetricSeries[] {
  let list = results.filter((series) => series.name !== "" || isGrouped);
  if (chart.id === "tokens" && !isGrouped) {
    const usual = list.filter((series) => SHOWN_KEYS.includes(series.name));
    list = usual.length > 0 ? usual : list;
  }
  if (!isGrouped) list = [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
  return list.slice(0, SERIES_MAX);
}

export function seriesLabel(name: string): string {
  return name.replace(/^(thread_|span_|trace_)?duration\./, "").replace(/_/g, " ") || "none";
}

export interface Aligned {
  times: number[];
  values: (number | null)[][];
}

/** Series over one list of times, in seconds, as charts want them; points of one time are added up. */
export function alignSeries(series: readonly MetricSeries[], hasZeros: boolean, buckets: readonly number[] = []): Aligned {
  const seen = series.flatMap((each) => each.data.map((point) => Date.parse(point.time) / 1000));
  const times = [...new Set([...buckets, ...seen])].sort((a, b) => a - b);
  const at = new Map(times.map((time, index) => [time, index]));
  const values = series.map((each) => {
    const row: (number | null)[] = new Array<number | null>(times.length).fill(hasZeros ? 0 : null);
    const seen = new Set<number>();
    for (const point of each.data) {
      const index = at.get(Date.parse(point.time) / 1000)!;
      if (point.value === null) continue;
      row[index] = seen.has(index) ? row[index]! + point.value : point.value;
      seen.add(index);
    }
    return row;
  });
  return { times, values };
}

const HOUR = 3600;
const STEPS = { HOURLY: HOUR, DAILY: 24 * HOUR, WEEKLY: 7 * 24 * HOUR };
/** The epoch was a Thursday; weeks begin on Mondays. */
const MONDAY = 4 * 24 * HOUR;

/** Starts of the buckets of a range, in seconds: the server leaves out those without a group's data. */
export function bucketTimes(start: string, end: string, interval: keyof typeof STEPS): number[] {
  const step = STEPS[interval];
  const offset = interval === "WEEKLY" ? MONDAY : 0;
  const first = Math.floor((Date.parse(start) / 1000 - offset) / step) * step + offset;
  const count = Math.max(0, Math.ceil((Date.parse(end) / 1000 - first) / step));
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** Which colour a series has: groups keep theirs in all charts. */
export function colorIndexes(series: readonly MetricSeries[], groups: readonly string[]): number[] {
  let next = groups.length;
  return series.map((each, index) => {
    if (groups.length === 0) return index;
    const at = groups.indexOf(each.name);
    return at >= 0 ? at : next++;
  });
}

/** The largest groups, and after them what has no value: it is counted in the other charts too. */
export function groupNames(metric: Metric, breakdown: Breakdown, max: number): string[] {
  const names = metric.results.map((series) => series.name).filter((name) => name !== "__others__");
  const isNamed = (name: string) => !hasNoValue(breakdown, name) && name !== UNKNOWN && name !== "";
  return [...names.filter(isNamed).slice(0, max), ...names.filter((name) => hasNoValue(breakdown, name))];
}

/** What is marked in a chart, in seconds, as whole buckets in milliseconds: a bucket is drawn at its
 * start, and what is seen there happened until its end. Null when no bucket is marked. */
export function markedRange(
  times: readonly number[],
  from: number,
  to: number,
  span: { start: string; end: string; interval: keyof typeof STEPS },
): { from: number; to: number } | null {
  const marked = times.filter((time) => time >= from && time <= to);
  if (marked.length === 0) return null;
  const end = (marked[marked.length - 1]! + STEPS[span.interval]) * 1000 - 1;
  return { from: Math.max(marked[0]! * 1000, Date.parse(span.start)), to: Math.min(end, Date.parse(span.end)) };
}
