/** What the pages of lists are made of, as far as it needs no browser. */
import { describe, expect, it } from "vitest";
import type { Span, Trace } from "../src/api/types";
import { shiftInto } from "../src/components/basics";
import { columnsOf } from "../src/pages/columns";
import { listViewOf } from "../src/state/list_view";
import { emptyRows, withArrivals, withTotal, type State } from "../src/state/rows";
import { selectionOf } from "../src/state/selection";

const row = (id: string, name = id): Trace => ({ id, name, project_id: "p", start_time: "" });
const state = (total: number, ...ids: string[]): State => ({ ...emptyRows("k"), rows: ids.map((id) => row(id)), total, pages: 1 });
const ids = (rows: Iterable<{ id: string }>) => [...rows].map((each) => each.id);
const NONE: ReadonlySet<string> = new Set();

describe("rows that come in", () => {
  it("are one more when they belong on top", () => {
    const next = withArrivals(state(9, "5", "4"), { rows: [row("6"), row("4", "new")], gone: NONE }, true);
    expect(ids(next.rows)).toEqual(["6", "5", "4"]);
    expect(next).toMatchObject({ total: 10, uncertain: false });
  });

  it("leave the total open when they may be old ones", () => {
    expect(withArrivals(state(9, "5", "4"), { rows: [row("1")], gone: NONE }, true)).toMatchObject({ total: 9, uncertain: true });
    const sorted = withArrivals(state(9, "5", "4"), { rows: [row("6")], gone: NONE }, false);
    expect(ids(sorted.rows)).toEqual(["5", "4"]);
    expect(sorted).toMatchObject({ total: 9, uncertain: true, waiting: 0 });
  });

  it("go when they were deleted", () => {
    const next = withArrivals(state(9, "5", "4"), { rows: [], gone: new Set(["4"]) }, true);
    expect(ids(next.rows)).toEqual(["5"]);
    expect(next).toMatchObject({ total: 8, uncertain: false });
    expect(withArrivals(state(9, "5"), { rows: [], gone: new Set(["1"]) }, true)).toMatchObject({ total: 9, uncertain: true });
  });

  it("go with the trace they belong to, of which there may be more", () => {
    const spans = { ...state(9), rows: ["5", "4"].map((id) => ({ ...row(id), trace_id: `trace of ${id}`, type: "llm" }) as Span) };
    const next = withArrivals(spans, { rows: [], gone: new Set(["trace of 4"]) }, true);
    expect(ids(next.rows)).toEqual(["5"]);
    expect(next).toMatchObject({ total: 8, uncertain: true });
  });

  it("wait where the order has no place for them", () => {
    expect(withTotal(state(9, "5"), 11, false)).toMatchObject({ total: 9, waiting: 2 });
    expect(withTotal(state(9, "5"), 8, false)).toMatchObject({ total: 8, waiting: 0 });
    expect(withTotal(state(9, "5"), 11, true)).toMatchObject({ total: 11, waiting: 0 });
  });
});

it("keeps selected rows that are not shown, and takes the newest state of those that are", () => {
  const kept = selectionOf(["1", "2"], [row("1"), row("2")], new Map());
  const next = selectionOf(["1", "2", "3"], [row("2", "new")], kept);
  expect([...next.values()].map((each) => (each as Trace).name)).toEqual(["1", "new"]);
});

it("shifts a menu into the window", () => {
  expect(shiftInto(390, 20, 220)).toBe(0);
  expect(shiftInto(390, -71, 129)).toBe(79);
  expect(shiftInto(390, 281, 553)).toBe(-171);
  // One that does not fit begins in the window.
  expect(shiftInto(390, 20, 620)).toBe(-12);
});

describe("columns of scores", () => {
  it("stand behind the others, also those whose names are not known yet", () => {
    const before = columnsOf("traces", [], []).length;
    const columns = columnsOf("traces", ["b", "a, c"], ["score.b", "score.x%2Cy"]).slice(before);
    expect(columns.map(({ id, label, sort }) => [id, label, sort])).toEqual([
      ["score.a%2C%20c", "a, c", "feedback_scores.a, c"],
      ["score.b", "b", "feedback_scores.b"],
      ["score.x%2Cy", "x,y", "feedback_scores.x,y"],
    ]);
  });

  it("are sorted by names with colons", () => {
    const sorting = (text: string) => listViewOf(new URLSearchParams({ sort: text })).sorting;
    expect(sorting("feedback_scores.a:b:ASC")).toEqual({ field: "feedback_scores.a:b", direction: "ASC" });
    expect(sorting("duration")).toEqual({ field: "duration", direction: "DESC" });
    expect(sorting("")).toBeNull();
  });
});
