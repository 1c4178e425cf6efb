import { describe, expect, it } from "vitest";
import { addressOf, errorText } from "../src/api/client";
import { ENDPOINTS, endpointAddress } from "../src/api/endpoints";
import type { Trace } from "../src/api/types";
import { COLUMNS } from "../src/pages/columns";
import { conditionsOf, isNewestFirst, listViewOf } from "../src/state/list_view";
import { parsePath, queryWith } from "../src/state/route";
import { mergeRows } from "../src/state/rows";

describe("addresses", () => {
  it.each([
    ["/", { page: "projects" }],
    ["/projects", { page: "projects" }],
    ["/projects/p", { page: "project", project: "p", tab: "traces" }],
    ["/projects/p/spans", { page: "project", project: "p", tab: "spans" }],
    ["/projects/p/traces/t", { page: "trace", project: "p", trace: "t" }],
    ["/projects/p/threads/a%2Fb", { page: "thread", project: "p", thread: "a/b" }],
    ["/configuration", { page: "configuration" }],
    ["/projects/p/else", { page: "unknown" }],
    ["/else", { page: "unknown" }],
  ])("%s", (path, route) => expect(parsePath(path)).toEqual({ workspace: "default", route }));

  it("may have a workspace in front", () =>
    expect(parsePath("/team/projects/p/logs")).toEqual({ workspace: "team", route: { page: "project", project: "p", tab: "traces" } }));

  it("keep what else is in the query", () => {
    expect(queryWith("?a=1&b=2", { a: null, c: "x y" })).toBe("?b=2&c=x+y");
    expect(queryWith("?a=1", { a: "" })).toBe("");
  });

  it("of the API are escaped, without empty parameters", () => {
    expect(endpointAddress("trace", { id: "a/b" }).path).toBe("/api/v1/private/traces/a%2Fb");
    expect(addressOf("traces", { query: { page: 1, search: "", oql: undefined } }).url).toBe("/api/v1/private/traces?page=1");
    expect(() => endpointAddress("trace")).toThrow();
    expect(new Set(Object.values(ENDPOINTS)).size).toBe(Object.keys(ENDPOINTS).length);
  });
});

it("tells errors of both shapes", () => {
  expect(errorText(400, '{"code":400,"message":"no","details":"why"}')).toBe("no: why");
  expect(errorText(422, '{"errors":["a","b"]}')).toBe("a; b");
  expect(errorText(502, "")).toBe("The server answered 502");
});

it("reads a list's view from the address", () => {
  const view = listViewOf(new URLSearchParams("search=x&sort=duration:ASC&range=1h&columns=name,id"));
  expect(view).toMatchObject({ search: "x", sorting: { field: "duration", direction: "ASC" }, columns: ["name", "id"] });
  expect(isNewestFirst(view)).toBe(false);
  expect(isNewestFirst(listViewOf(new URLSearchParams()))).toBe(true);
  expect(conditionsOf("p", view, 3_600_000)).toMatchObject({ project_id: "p", search: "x", from_time: "1970-01-01T00:00:00.000Z" });
});

describe("rows that come in", () => {
  const row = (id: string, name = id): Trace => ({ id, name, project_id: "p", start_time: "" });
  const names = (rows: readonly { id: string; name?: string }[]) => rows.map((each) => each.name);

  it("replace theirs, or stand newest first", () => {
    const { rows, added } = mergeRows([row("5"), row("3"), row("1")], [row("3", "new 3"), row("4"), row("6")]);
    expect(names(rows as Trace[])).toEqual(["6", "5", "4", "new 3", "1"]);
    expect(added).toBe(2);
  });

  it("wait for their page when they are older than what is loaded", () =>
    expect(names(mergeRows([row("5"), row("3")], [row("1")]).rows as Trace[])).toEqual(["5", "3"]));

  it("are the first ones of an empty list", () =>
    expect(names(mergeRows([], [row("1"), row("2")]).rows as Trace[])).toEqual(["2", "1"]));
});

it("has each column once", () => {
  for (const columns of Object.values(COLUMNS)) expect(new Set(columns.map((column) => column.id)).size).toBe(columns.length);
});
