/** Counts, errors, latency, tokens and cost over time. */
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { ask } from "../api/client";
import type { Endpoint } from "../api/endpoints";
import type { Stat } from "../api/types";
import { Empty, Problem, Skeleton } from "../components/basics";
import { Chart } from "../components/chart";
import { RangeMenu } from "../components/list_menus";
import { formatCost, formatDuration, formatNumber } from "../format";
import type { Kind } from "../query/fields";
import { decodeFilters, encodeCondition } from "../query/filters";
import { BREAKDOWNS, CHARTS, chosenSeries, type Breakdown, type ChartSpec } from "../query/metrics";
import { intervalFor, rangeLength, timeBounds } from "../query/time_range";
import { useLoad } from "../state/load";
import { loadChart, loadGroups, type MetricRequest, type Span } from "../state/metrics";
import { link, setQuery, type Place } from "../state/route";

const KINDS: Record<Kind, string> = { traces: "Traces", spans: "Spans", threads: "Threads" };
const STATS: Record<Kind, Endpoint> = { traces: "tracesStats", spans: "spansStats", threads: "threadsStats" };
const DEFAULT_RANGE = "7d";
const NO_GROUPS: readonly string[] = [];

interface View {
  kind: Kind;
  by: Breakdown | null;
  range: string;
  from: string;
  to: string;
  filters: string;
}

function viewOf(query: URLSearchParams): View {
  const kind = (query.get("kind") ?? "traces") as Kind;
  const known = kind in KINDS ? kind : "traces";
  const by = BREAKDOWNS.find((each) => each.name === query.get("by") && each.kinds.includes(known)) ?? null;
  const from = query.get("from") ?? "";
  const to = query.get("to") ?? "";
  const range = query.get("range") ?? (from || to ? "" : DEFAULT_RANGE);
  return { kind: known, by, range: rangeLength(range) || from || to ? range : DEFAULT_RANGE, from, to, filters: query.get("filters") ?? "" };
}

/** The range is fixed while it is shown, so that all charts have the same one. */
function useSpan(view: View): Span {
  return useMemo(() => {
    const now = Date.now();
    const bounds = timeBounds(view.range, view.from, view.to, now);
    const end = bounds.to ?? new Date(now).toISOString();
    const start = bounds.from ?? new Date(Date.parse(end) - rangeLength(DEFAULT_RANGE)).toISOString();
    return { start, end, interval: intervalFor(Date.parse(end) - Date.parse(start)) };
  }, [view.range, view.from, view.to]);
}

export function StatisticsPage({ project, place }: { project: string; place: Place }): VNode {
  const view = viewOf(place.query);
  const span = useSpan(view);
  const conditions = decodeFilters(view.filters).map((condition) => encodeCondition(view.kind, condition));
  const key = JSON.stringify([project, view.kind, view.by?.name, span, view.filters]);
  const request = (signal: AbortSignal): MetricRequest => ({ project, kind: view.kind, span, filters: conditions, signal });
  const groups = useLoad(view.by && `groups ${key}`, (signal) => loadGroups(request(signal), view.by!));
  const isZoomed = view.from !== "" || view.to !== "";
  const zoom = (from: number, to: number) =>
    setQuery({ range: null, from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  return (
    <div class="grow" style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label="Statistics">
      <div class="page">
        <div class="page-head">
          <div class="segments" role="group" aria-label="What is counted">
            {(Object.keys(KINDS) as Kind[]).map((kind) => (
              <button key={kind} type="button" aria-pressed={kind === view.kind} onClick={() => setQuery({ kind })}>
                {KINDS[kind]}
              </button>
            ))}
          </div>
          <RangeMenu {...view} withoutAll onChange={(change) => setQuery(change)} />
          <label class="row">
            <span class="muted">by</span>
            <select value={view.by?.name ?? ""} onChange={(event) => setQuery({ by: event.currentTarget.value })}>
              <option value="">nothing</option>
              {BREAKDOWNS.filter((each) => each.kinds.includes(view.kind)).map((each) => (
                <option key={each.name} value={each.name}>
                  {each.label}
                </option>
              ))}
            </select>
          </label>
          {isZoomed && (
            <>
              <button type="button" onClick={() => setQuery({ from: null, to: null, range: DEFAULT_RANGE })}>
                Zoom out
              </button>
              <a href={`${link("projects", project, view.kind)}?${new URLSearchParams({ from: view.from, to: view.to })}`}>Show the {view.kind} of this range</a>
            </>
          )}
          <span class="muted">Drag over a chart to zoom</span>
        </div>
        <Totals project={project} view={view} span={span} />
        {groups.error !== undefined && <Problem error={groups.error} retry={groups.reload} />}
        <div class="charts">
          {CHARTS.filter((chart) => chart.metric[view.kind] !== null).map((chart) => (
            <ChartCard
              key={chart.id}
              chart={chart}
              loadKey={view.by && !groups.data ? null : `${chart.id} ${key} ${groups.data?.join("\n") ?? ""}`}
              load={(signal) => loadChart(request(signal), chart, view.by, groups.data ?? [])}
              grouped={view.by !== null}
              groups={groups.data ?? NO_GROUPS}
              span={span}
              onZoom={zoom}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

interface CardProps {
  chart: ChartSpec;
  loadKey: string | null;
  load: (signal: AbortSignal) => ReturnType<typeof loadChart>;
  grouped: boolean;
  groups: readonly string[];
  span: Span;
  onZoom: (from: number, to: number) => void;
}

function ChartCard({ chart, loadKey, load, grouped, groups, span, onZoom }: CardProps): VNode {
  const loaded = useLoad(loadKey, load);
  const series = useMemo(() => chosenSeries(chart, loaded.data ?? [], grouped), [loaded.data, grouped]);
  const hasData = series.some((each) => each.data.some((point) => point.value !== null && point.value !== 0));
  const detail = grouped && chart.sub ? ` (${chart.sub.replace(/_/g, " ")})` : "";
  return (
    <section class="card chart" aria-label={chart.title}>
      <header>
        <h2>
          {chart.title}
          <span class="muted">{detail}</span>
        </h2>
      </header>
      {loaded.error !== undefined && <Problem error={loaded.error} retry={loaded.reload} />}
      {!loaded.data && loaded.error === undefined && <Skeleton rows={5} />}
      {loaded.data && !hasData && <Empty title="No data in this range" />}
      {loaded.data && hasData && <Chart spec={chart} series={series} groups={groups} span={span} onZoom={onZoom} />}
    </section>
  );
}

function Totals({ project, view, span }: { project: string; view: View; span: Span }): VNode | null {
  const key = JSON.stringify(["totals", project, view.kind, span, view.filters]);
  const { data, error } = useLoad(key, (signal) =>
    ask<{ stats: Stat[] }>(STATS[view.kind], {
      query: { project_id: project, from_time: span.start, to_time: span.end, filters: view.filters },
      signal,
    }),
  );
  if (error !== undefined) return <Problem error={error} />;
  if (!data) return <Skeleton rows={2} />;
  const find = (name: string) => data.stats.find((stat) => stat.name === name)?.value;
  const number = (name: string) => (typeof find(name) === "number" ? (find(name) as number) : 0);
  const duration = find("duration");
  const percentile = (name: "p50" | "p90" | "p99") => (typeof duration === "object" ? formatDuration(duration[name]) : "–");
  const cards: [string, string][] = [
    [KINDS[view.kind], formatNumber(number(`${view.kind.slice(0, -1)}_count`))],
    ["Errors", formatNumber(number("error_count"))],
    ["p50", percentile("p50")],
    ["p90", percentile("p90")],
    ["p99", percentile("p99")],
    ["Tokens", formatNumber(number("usage_sum.total_tokens"))],
    ["Cost", formatCost(number("total_estimated_cost_sum"))],
  ];
  return (
    <div class="cards">
      {cards.map(([label, value]) => (
        <div class="card" key={label}>
          <b>{value}</b>
          <span>{label}</span>
        </div>
      ))}
    </div>
  );
}
