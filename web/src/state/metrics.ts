/** Series for the charts of the statistics page. */
import { ask } from "../api/client";
import type { Environment, Metric, MetricSeries, Page } from "../api/types";
import type { Kind } from "../query/fields";
import { groupConditions, groupNames, isNative, UNKNOWN, type Breakdown, type ChartSpec, type GroupCondition } from "../query/metrics";

export interface Span {
  start: string;
  end: string;
  interval: "HOURLY" | "DAILY" | "WEEKLY";
}

const FILTERS: Record<Kind, string> = { traces: "trace_filters", spans: "span_filters", threads: "thread_filters" };
const GROUPS_MAX = 8;

export interface MetricRequest {
  project: string;
  kind: Kind;
  span: Span;
  filters: readonly GroupCondition[];
  signal: AbortSignal;
}

function askMetric(request: MetricRequest, metric: string, more: object = {}, filters: readonly GroupCondition[] = []): Promise<Metric> {
  const { project, kind, span, signal } = request;
  const body = {
    metric_type: metric,
    interval: span.interval,
    interval_start: span.start,
    interval_end: span.end,
    [FILTERS[kind]]: [...request.filters, ...filters],
    ...more,
  };
  return ask<Metric>("projectMetrics", { parts: { id: project }, body, signal });
}

const COUNTS: Record<Kind, string> = { traces: "TRACE_COUNT", spans: "SPAN_COUNT", threads: "THREAD_COUNT" };

/** Names of the groups: the largest ones of the range. */
export async function loadGroups(request: MetricRequest, breakdown: Breakdown): Promise<string[]> {
  if (breakdown.name === "environment") {
    const page = await ask<Page<Environment>>("environments", { signal: request.signal });
    return [...page.content.map((environment) => environment.name), UNKNOWN];
  }
  const counted = await askMetric(request, COUNTS[request.kind], { interval: "TOTAL", breakdown: { field: breakdown.name } });
  return groupNames(counted, breakdown, GROUPS_MAX);
}

export async function loadChart(
  request: MetricRequest,
  chart: ChartSpec,
  breakdown: Breakdown | null,
  groups: readonly string[],
): Promise<MetricSeries[]> {
  const metric = chart.metric[request.kind]!;
  if (!breakdown) return (await askMetric(request, metric)).results;
  if (isNative(metric, breakdown)) {
    const field = { field: breakdown.name, ...(chart.sub ? { sub_metric: chart.sub } : {}) };
    return (await askMetric(request, metric, { breakdown: field })).results;
  }
  const each = await Promise.all(groups.map((group) => loadGroup(request, chart, metric, breakdown, group)));
  return each.filter((series) => series !== null);
}

async function loadGroup(request: MetricRequest, chart: ChartSpec, metric: string, breakdown: Breakdown, group: string): Promise<MetricSeries | null> {
  const { results } = await askMetric(request, metric, {}, groupConditions(breakdown, group));
  const series = results.find((each) => each.name === chart.sub || each.name.endsWith(`.${chart.sub}`)) ?? results[0];
  const hasData = series?.data.some((point) => point.value !== null && point.value !== 0);
  return series && hasData ? { ...series, name: group } : null;
}
