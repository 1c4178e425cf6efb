/** What a list shows, as it stands in the address bar. */
import type { QueryValue } from "../api/client";
import type { Kind } from "../query/fields";
import { timeBounds } from "../query/time_range";

export interface Sorting {
  field: string;
  direction: "ASC" | "DESC";
}

export interface ListView {
  search: string;
  filters: string;
  oql: string;
  sorting: Sorting | null;
  range: string;
  from: string;
  to: string;
  /** Names of the columns, or null for those that the browser remembers. */
  columns: string[] | null;
}

export function listViewOf(query: URLSearchParams): ListView {
  // The name of a score may have colons.
  const [, field, direction] = /^(.+?)(?::(ASC|DESC))?$/.exec(query.get("sort") ?? "") ?? [];
  return {
    search: query.get("search") ?? "",
    filters: query.get("filters") ?? "",
    oql: query.get("oql") ?? "",
    sorting: field ? { field, direction: direction === "ASC" ? "ASC" : "DESC" } : null,
    range: query.get("range") ?? "",
    from: query.get("from") ?? "",
    to: query.get("to") ?? "",
    columns: query.has("columns") ? query.get("columns")!.split(",").filter(Boolean) : null,
  };
}

/** The conditions of the list as the API's parameters, without page and order. */
export function conditionsOf(project: string, view: ListView, now = Date.now()): Record<string, QueryValue> {
  const { from, to } = timeBounds(view.range, view.from, view.to, now);
  return {
    project_id: project,
    search: view.search,
    filters: view.filters,
    oql: view.oql,
    from_time: from,
    to_time: to,
  };
}

/** All that a page of rows depends on; rows are loaded anew when it changes. */
export function viewKey(kind: Kind, project: string, view: ListView): string {
  const { columns: _, ...rest } = view;
  return JSON.stringify([kind, project, rest]);
}

/** The server's own order is newest first; only there do new rows belong at the top. */
export function isNewestFirst(view: ListView): boolean {
  return view.sorting === null || (view.sorting.field === "id" && view.sorting.direction === "DESC");
}
