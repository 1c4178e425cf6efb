import { describe, expect, it } from "vitest";
import { completeOql, oqlError, serverOqlError } from "../src/query/oql";

const texts = (text: string, cursor = text.length, hints = {}) =>
  completeOql("traces", text, cursor, hints).options.map((option) => option.text.trim());

describe("oqlError", () => {
  it.each([
    "",
    "  ",
    'name = "x"',
    'name="x"and duration>5',
    'tags contains "a" AND NOT (duration > 5000 OR error_info is_not_empty)',
    'metadata."a.b[0]" = "x"',
    "usage.total_tokens >= 10",
    'feedback_scores.quality > 0.5 or feedback_scores."my score" is_empty',
    'environment in ("a", \'b\')',
    'name = "say ""hi"""',
  ])("takes %s", (text) => expect(oqlError("traces", text)).toBeNull());

  it.each([
    ["nme = 1", 1],
    ["name = ", 8],
    ['name = "x', 8],
    ["name like 1", 6],
    ['duration contains "x"', 10],
    ['(name = "x"', 12],
    ['name = "x" foo', 12],
    ['tags contains "é" and nme = 1', 23],
    ["metadata = 1", 1],
    ["name.x = 1", 1],
    ["environment in (a)", 17],
  ])("finds what is wrong in %s", (text, column) =>
    expect(oqlError("traces", text)?.column).toBe(column),
  );

  it("knows the fields of each kind", () => {
    expect(oqlError("spans", 'model = "x"')).toBeNull();
    expect(oqlError("traces", 'model = "x"')).not.toBeNull();
  });

  it("reads the server's message", () => {
    expect(serverOqlError("Invalid OQL at column 5: expected a field")).toEqual({
      column: 5,
      message: "expected a field",
    });
    expect(serverOqlError("other")).toBeNull();
  });
});

describe("completeOql", () => {
  it("offers fields at the start and after a connector", () => {
    expect(texts("")).toContain("name");
    expect(texts("dur")).toEqual(["duration"]);
    expect(texts('name = "x" and du')).toEqual(["duration"]);
    expect(texts('(name = "x" or not du')).toEqual(["duration"]);
  });

  it("offers the operators of the field", () => {
    expect(texts("error_info ")).toEqual(["is_not_empty", "is_empty"]);
    expect(texts("name con")).toEqual(["contains", "not_contains"]);
  });

  it("offers keys and values", () => {
    expect(texts("feedback_scores.", undefined, { scores: ["a", "b c"] })).toEqual(["a", '"b c"']);
    expect(texts("source = ")).toContain('"sdk"');
    expect(texts('environment = "pro', undefined, { values: { environment: ["production"] } })).toEqual([
      '"production"',
    ]);
    expect(texts('environment in ("a", ', undefined, { values: { environment: ["b"] } })).toEqual(['"b"']);
  });

  it("offers connectors after a condition", () => {
    expect(texts('name = "x" ')).toEqual(["AND", "OR"]);
    expect(texts("error_info is_empty ")).toEqual(["AND", "OR"]);
  });

  it("replaces the word at the cursor", () => {
    const { from, to } = completeOql("traces", "dura > 5", 3);
    expect([from, to]).toEqual([0, 4]);
  });
});
