import { expect, it } from "vitest";
import { alignSeries, BREAKDOWNS, bucketTimes, chosenSeries, CHARTS, colorIndexes, groupConditions, groupNames, markedRange } from "../src/query/metrics";
import { fromMinutes, toMinutes } from "../src/query/iso_duration";
import { intervalFor, timeBounds } from "../src/query/time_range";

it("aligns series that have different times", () => {
  const a = { name: "a", data: [{ time: "2024-01-01T00:00:00Z", value: 1 }] };
  const b = { name: "b", data: [{ time: "2024-01-01T01:00:00Z", value: 2 }, { time: "2024-01-01T01:00:00Z", value: 3 }, { time: "2024-01-01T00:00:00Z", value: null }] };
  const start = Date.parse("2024-01-01T00:00:00Z") / 1000;
  expect(alignSeries([a, b], true)).toEqual({ times: [start, start + 3600], values: [[1, 0], [0, 5]] });
  expect(alignSeries([a, b], false).values).toEqual([[1, null], [null, 5]]);
});

it("shows the usual usage keys only", () => {
  const tokens = CHARTS.find((chart) => chart.id === "tokens")!;
  const series = ["original_usage.x", "total_tokens", "prompt_tokens"].map((name) => ({ name, data: [] }));
  expect(chosenSeries(tokens, series, false).map((each) => each.name)).toEqual(["prompt_tokens", "total_tokens"]);
});

it("has bounds and buckets for ranges", () => {
  expect(timeBounds("1h", "", "", 3_600_000)).toEqual({ from: "1970-01-01T00:00:00.000Z", to: undefined });
  expect(timeBounds("1h", "2024-01-01T00:00:00Z", "", 0).from).toBe("2024-01-01T00:00:00.000Z");
  expect(timeBounds("", "", "", 0)).toEqual({ from: undefined, to: undefined });
  expect([3_600_000, 30 * 86_400_000, 400 * 86_400_000].map(intervalFor)).toEqual(["HOURLY", "DAILY", "WEEKLY"]);
});

it("reads and writes durations", () => {
  expect(["PT30M", "PT1H30M", "P1DT1M", "PT90S", "x", undefined].map(toMinutes)).toEqual(["30", "90", "1441", "1.5", "", ""]);
  expect([fromMinutes("15"), fromMinutes("1.5"), fromMinutes("")]).toEqual(["PT900S", "PT90S", null]);
});

it("knows the buckets that the server makes", () => {
  const names = (times: number[]) => times.map((time) => new Date(time * 1000).toISOString().slice(0, 13));
  expect(names(bucketTimes("2024-01-03T10:20:00Z", "2024-01-03T12:00:00Z", "HOURLY"))).toEqual(["2024-01-03T10", "2024-01-03T11"]);
  expect(names(bucketTimes("2024-01-03T10:20:00Z", "2024-01-04T00:00:01Z", "DAILY"))).toEqual(["2024-01-03T00", "2024-01-04T00"]);
  expect(names(bucketTimes("2024-01-03T10:20:00Z", "2024-01-09T00:00:00Z", "WEEKLY"))).toEqual(["2024-01-01T00", "2024-01-08T00"]);
});

it("keeps the colours of groups", () => {
  const series = ["b", "Unknown", "a"].map((name) => ({ name, data: [] }));
  expect(colorIndexes(series, ["a", "b"])).toEqual([1, 2, 0]);
  expect(colorIndexes(series, [])).toEqual([0, 1, 2]);
});

it("takes what is marked as whole buckets, inside the range", () => {
  const span = { start: "2024-01-03T10:20:00Z", end: "2024-01-03T13:30:00Z", interval: "HOURLY" as const };
  const times = bucketTimes(span.start, span.end, span.interval);
  const [first, last] = [times[0]!, times[times.length - 1]!];
  const marked = (from: number, to: number) => {
    const range = markedRange(times, from, to, span);
    return range && [range.from, range.to].map((time) => new Date(time).toISOString().slice(11));
  };
  expect(marked(first + 1800, first + 2 * 3600 + 60)).toEqual(["11:00:00.000Z", "12:59:59.999Z"]);
  expect(marked(first - 60, first + 60)).toEqual(["10:20:00.000Z", "10:59:59.999Z"]);
  expect(marked(last - 60, last + 60)).toEqual(["13:00:00.000Z", "13:30:00.000Z"]);
  expect(marked(first + 60, first + 120)).toBeNull();
});

it("asks for groups without a value as well", () => {
  const breakdown = (name: string) => BREAKDOWNS.find((each) => each.name === name)!;
  const counted = (names: string[]) => ({ metric_type: "", interval: "TOTAL", results: names.map((name) => ({ name, data: [] })) });
  expect(groupNames(counted(["Unknown", "a", "b", "c", "__others__"]), breakdown("model"), 2)).toEqual(["a", "b", "Unknown"]);
  expect(groupNames(counted(["a", ""]), breakdown("name"), 8)).toEqual(["a", ""]);
  expect(groupNames(counted(["llm", "Unknown"]), breakdown("type"), 8)).toEqual(["llm"]);
  expect(groupConditions(breakdown("model"), "a")).toEqual([{ field: "model", operator: "=", value: "a" }]);
  expect(groupConditions(breakdown("tags"), "Unknown")).toEqual([{ field: "tags", operator: "is_empty", value: "" }]);
  expect(groupConditions(breakdown("error_type"), "Unknown Error").length).toBe(2);
});
