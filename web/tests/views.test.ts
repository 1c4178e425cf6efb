import { describe, expect, it } from "vitest";
import type { Json, Span } from "../src/api/types";
import { flatRecord, recordsToCsv, toCsv } from "../src/query/csv";
import { findMedia, mediaOfText } from "../src/views/media";
import { parseMarkdown, inline } from "../src/views/markdown";
import { barOf, buildTree, visibleNodes } from "../src/views/span_tree";
import { toYaml } from "../src/views/yaml";

describe("toYaml", () => {
  it.each<[Json, string]>([
    [{ a: 1, b: [true, null], c: {} }, "a: 1\nb:\n  - true\n  - null\nc: {}\n"],
    [{ list: [{ x: 1, z: "two words" }, []] }, "list:\n  - x: 1\n    z: two words\n  - []\n"],
    [{ t: "line 1\nline 2" }, "t: |-\n  line 1\n  line 2\n"],
    [{ t: "ends\n" }, "t: |\n  ends\n"],
    [["yes", "12", "a: b", ""], '- "yes"\n- "12"\n- "a: b"\n- ""\n'],
    [[["a"], ["b"]], "- - a\n- - b\n"],
    ["text", "text\n"],
    [{ "a:b": " x" }, '"a:b": " x"\n'],
  ])("%j", (value, text) => expect(toYaml(value)).toBe(text));
});

describe("toCsv", () => {
  it("quotes what needs it", () =>
    expect(toCsv(["a", "b"], [['say "hi"', "x,y"], ["two\nlines", null], [1.5, true]])).toBe(
      'a,b\r\n"say ""hi""","x,y"\r\n"two\nlines",\r\n1.5,true\r\n',
    ));

  it("does not let a text be a formula", () =>
    expect(toCsv(["a"], [["=1+1"], [-5]])).toBe("a\r\n'=1+1\r\n-5\r\n"));

  it("makes columns of usage and scores", () => {
    const record = { id: "1", usage: { total_tokens: 3 }, feedback_scores: [{ name: "q", value: 1 }], tags: ["a", "b"] };
    expect([...flatRecord(record).keys()]).toEqual(["id", "usage.total_tokens", "feedback_scores.q", "tags"]);
    expect(recordsToCsv([record, { id: "2", input: { x: 1 } }])).toBe(
      'id,usage.total_tokens,feedback_scores.q,tags,input\r\n1,3,1,"a, b",\r\n2,,,,"{""x"":1}"\r\n',
    );
  });
});

const span = (id: string, parent?: string, start = 0, extra: Partial<Span> = {}): Span => ({
  id,
  project_id: "p",
  trace_id: "t",
  start_time: new Date(1000 + start).toISOString(),
  end_time: new Date(2000 + start).toISOString(),
  ...(parent ? { parent_span_id: parent } : {}),
  ...extra,
});

describe("buildTree", () => {
  it("orders children by start and counts what is below", () => {
    const tree = buildTree([span("c", "a", 20), span("a"), span("b", "a", 10), span("d", "b", 11)]);
    expect(visibleNodes(tree.roots, new Set()).map((node) => [node.span.id, node.depth])).toEqual([
      ["a", 0],
      ["b", 1],
      ["d", 2],
      ["c", 1],
    ]);
    expect(tree.byId.get("a")!.size).toBe(3);
    expect([tree.start, tree.end]).toEqual([1000, 2020]);
  });

  it("shows spans without their parent, and circles", () => {
    const tree = buildTree([span("x", "gone"), span("a", "b"), span("b", "a"), span("s", "s")]);
    const ids = visibleNodes(tree.roots, new Set()).map((node) => node.span.id);
    expect(ids.sort()).toEqual(["a", "b", "s", "x"]);
  });

  it("hides what is closed, and shows the way to what matches", () => {
    const tree = buildTree([span("a"), span("b", "a"), span("c", "b", 0, { name: "find me" }), span("d", "a", 5)]);
    expect(visibleNodes(tree.roots, new Set(["a"])).length).toBe(1);
    const found = visibleNodes(tree.roots, new Set(["a"]), (each) => each.name === "find me");
    expect(found.map((node) => node.span.id)).toEqual(["a", "b", "c"]);
  });

  it("ends now while the trace runs, so that running spans have a length", () => {
    const spans = [span("done"), span("works", undefined, 500, { end_time: undefined })];
    const start = new Date(1000).toISOString();
    const tree = buildTree(spans, { start, now: 5000 });
    expect([tree.start, tree.end, tree.isRunning]).toEqual([1000, 5000, true]);
    expect(barOf(tree, 1500, null)).toEqual({ left: 0.125, width: 0.875 });
    const late = buildTree(spans, { start, now: 1500 });
    expect(late.end).toBe(2000);
    const ended = buildTree(spans, { start, end: new Date(3000).toISOString() });
    expect([ended.end, ended.isRunning]).toEqual([3000, false]);
  });

  it("has bars of the trace and of spans that begin before and end after it", () => {
    const tree = buildTree([span("early", undefined, -1000), span("late", undefined, 1000)], { start: new Date(1000).toISOString(), end: new Date(2000).toISOString() });
    expect([tree.start, tree.end]).toEqual([0, 3000]);
    expect(barOf(tree, 1000, 2000)).toEqual({ left: 1 / 3, width: 1 / 3 });
    expect(barOf(buildTree([]), 0, 0)).toEqual({ left: 0, width: 1 });
  });

  it("takes a chain of 30000", () => {
    const spans = Array.from({ length: 30_000 }, (_, i) => span(`s${i}`, i ? `s${i - 1}` : undefined, i));
    expect(buildTree(spans).roots[0]!.size).toBe(29_999);
  });
});

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe("media", () => {
  it("is found by its first bytes or its address", () => {
    expect(mediaOfText(PNG)?.kind).toBe("image");
    expect(mediaOfText(`data:image/png;base64,${PNG}`)?.source).toContain("data:image/png");
    expect(mediaOfText("data:text/html;base64,AAAA")).toBeNull();
    expect(mediaOfText("plain text")).toBeNull();
  });

  it("never asks other hosts", () => {
    const found = findMedia({ type: "image_url", image_url: { url: "https://example.com/x.png" } });
    expect(found.every(({ media }) => media.source?.startsWith("data:"))).toBe(true);
  });

  it("has its path", () => {
    const found = findMedia({ a: [{ inline_data: { mime_type: "audio/wav", data: "UklGRgAA" } }] });
    expect(found).toMatchObject([{ path: "a[0]", media: { kind: "audio" } }]);
  });
});

describe("markdown", () => {
  it("reads blocks", () => {
    const kinds = parseMarkdown("# T\n\ntext\nmore\n\n- a\n- b\n  c\n\n1. x\n\n```py\ncode\n```\n> q\n\n|a|b|\n|-|-|\n|1|2|\n\n---");
    expect(kinds.map((block) => block.kind)).toEqual(["heading", "paragraph", "list", "list", "code", "quote", "table", "rule"]);
  });

  it("links only to addresses of the web", () => {
    expect(inline("[x](javascript:alert(1))")[0]).toBe("[x](javascript:alert(1)");
    expect(inline("[x](https://a.b)")[0]).toMatchObject({ type: "a" });
  });

  it("ends on any text", () => {
    for (const text of ["**", "`", "[](", "***a**", "~~", "```", "|", "> ".repeat(50), "- ".repeat(50)])
      expect(parseMarkdown(text).length).toBeGreaterThan(0);
  });
});
