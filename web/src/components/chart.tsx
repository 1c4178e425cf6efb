/** A line chart by uPlot; dragging over it chooses a range. */
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { MetricSeries } from "../api/types";
import { formatCost, formatDuration, formatDurationShort, formatNumber, formatShort, formatTime } from "../format";
import { alignSeries, bucketTimes, colorIndexes, markedRange, seriesLabel, type ChartSpec } from "../query/metrics";
import type { Span } from "../state/metrics";
import { markByTouch } from "./chart_touch";

const HEIGHT = 200;
/** How far around its place a point is drawn, so that a mark touches it. */
const DOT = 4;
/** Colours that are told apart on light and on dark grounds. */
const LIGHT = ["#0f766e", "#b45309", "#6d28d9", "#be123c", "#1d4ed8", "#4d7c0f", "#a21caf", "#0e7490", "#78350f", "#475569"];
const DARK = ["#4cc9b5", "#f0a35e", "#b99cf2", "#ff8a9a", "#8db1ee", "#a8d468", "#eb9cf0", "#6fd3e6", "#d6a878", "#a9b2c0"];

interface Props {
  spec: ChartSpec;
  series: readonly MetricSeries[];
  groups: readonly string[];
  span: Span;
  /** Milliseconds. */
  onZoom: (from: number, to: number) => void;
}

/** Where lines may stand on an axis of durations: at round numbers of the unit that is shown. */
const DURATION_STEPS = [
  ...[0.01, 0.1, 1, 10, 100].flatMap((size) => [size, 2 * size, 5 * size]),
  ...[1000, 60_000].flatMap((unit) => [1, 2, 5, 10, 20, 30].map((count) => count * unit)),
  ...[1, 2, 3, 6, 12, 24, 48, 120, 240].map((hours) => hours * 3_600_000),
];
const LABEL_GAP = 17;
const LETTER = 8;

/** As wide as its longest label. */
function axisWidth(_plot: uPlot, labels: string[] | null): number {
  return LABEL_GAP + LETTER * Math.max(3, ...(labels ?? []).map((label) => label.length));
}

const FORMATS: Record<ChartSpec["unit"], { axis: (value: number) => string; value: (value: number) => string }> = {
  count: { axis: formatShort, value: formatNumber },
  tokens: { axis: formatShort, value: formatNumber },
  percent: { axis: (value) => `${formatShort(value)}%`, value: (value) => `${formatNumber(value)}%` },
  ms: { axis: formatDurationShort, value: formatDuration },
  usd: { axis: (value) => `$${formatShort(value)}`, value: formatCost },
};

function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function useDark(): boolean {
  const [dark, setDark] = useState(isDark);
  useEffect(() => {
    const update = () => setDark(isDark());
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", update);
    addEventListener("ocelli:theme", update);
    return () => {
      media.removeEventListener("change", update);
      removeEventListener("ocelli:theme", update);
    };
  }, []);
  return dark;
}

export function Chart({ spec, series, groups, span, onZoom }: Props): VNode {
  const holder = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const colors = dark ? DARK : LIGHT;
  const [at, setAt] = useState<number | null>(null);
  const hasZeros = spec.unit !== "ms" && spec.id !== "scores";
  const data = useMemo(() => alignSeries(series, hasZeros, bucketTimes(span.start, span.end, span.interval)), [series, hasZeros, span]);
  const indexes = useMemo(() => colorIndexes(series, groups), [series, groups]);
  const colorOf = (index: number) => colors[indexes[index]! % colors.length]!;
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const line = dark ? "#313845" : "#d9dde4";
    const text = dark ? "#a9b2c0" : "#545d6b";
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const format = FORMATS[spec.unit];
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
        hooks: {
          setCursor: [(self) => setAt(self.cursor.idx ?? null)],
          setSelect: [
            (self) => {
              const { left, width } = self.select;
              if (width < 4) return;
              const range = markedRange(data.times, self.posToVal(left - DOT, "x"), self.posToVal(left + width + DOT, "x"), span);
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              if (range) zoom.current(range.from, range.to);
            },
          ],
        },
        scales: { y: { range: (_self, _min, max) => [0, max > 0 ? max * 1.08 : 1] } },
        axes: [
          axis,
          {
            ...axis,
            size: axisWidth,
            values: (_self, values) => values.map(format.axis),
            ...(spec.unit === "ms" ? { incrs: DURATION_STEPS } : {}),
          },
        ],
        series: [
          {},
          ...series.map((each, index) => ({
            label: each.name,
            stroke: colorOf(index),
            width: 2,
            points: { show: data.times.length < 60, size: 5 },
            spanGaps: true,
          })),
        ],
      },
      [data.times, ...data.values] as uPlot.AlignedData,
      element,
    );
    markByTouch(plot);
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [data, dark, spec]);
  const format = FORMATS[spec.unit];
  const time = at === null ? undefined : data.times[at];
  return (
    <>
      <div ref={holder} class="plot" role="img" aria-label={summary(spec, series)} />
      <div class="legend">
        {series.map((each, index) => {
          const value = at === null ? null : data.values[index]?.[at];
          return (
            <span key={each.name}>
              <i style={{ background: colorOf(index) }} />
              {seriesLabel(each.name)}
              {value !== null && value !== undefined && <b> {format.value(value)}</b>}
            </span>
          );
        })}
        {time !== undefined && <span class="muted">{formatTime(new Date(time * 1000).toISOString()).slice(0, 16)}</span>}
      </div>
    </>
  );
}

/** What the picture says, for those who cannot see it. */
function summary(spec: ChartSpec, series: readonly MetricSeries[]): string {
  const format = FORMATS[spec.unit];
  const parts = series.map((each) => {
    const values = each.data.map((point) => point.value).filter((value) => value !== null);
    if (values.length === 0) return `${seriesLabel(each.name)}: no data`;
    return `${seriesLabel(each.name)}: lowest ${format.value(Math.min(...values))}, highest ${format.value(Math.max(...values))}`;
  });
  return `${spec.title} over time. ${parts.join(". ")}`;
}
