import { describe, expect, it } from "vitest";
import { formatDuration, formatDurationShort } from "../src/format";

describe("durations", () => {
  it.each([
    [0, "0 ms"],
    [0.004, "< 0.01 ms"],
    [0.25, "0.25 ms"],
    [0.999, "1.0 ms"],
    [9.99, "10 ms"],
    [999.4, "999 ms"],
    [999.7, "1.00 s"],
    [1500, "1.50 s"],
    [9_999, "10.0 s"],
    [59_949, "59.9 s"],
    [59_999, "1 min 0 s"],
    [90_000, "1 min 30 s"],
    [3_599_499, "59 min 59 s"],
    [3_599_999, "1 h 0 min"],
    [7_199_000, "2 h 0 min"],
    [5_400_000, "1 h 30 min"],
    [-1500, "-1.50 s"],
    [-90_000, "-1 min 30 s"],
    [undefined, ""],
    [NaN, ""],
  ])("%s ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [0, "0"],
    [0.5, "0.5 ms"],
    [250, "250 ms"],
    [2500, "2.5 s"],
    [210_000, "3.5 min"],
    [200_000, "3.33 min"],
    [5_400_000, "1.5 h"],
    [172_800_000, "2 d"],
  ])("%s ms is %s on an axis", (ms, text) => expect(formatDurationShort(ms)).toBe(text));
});
