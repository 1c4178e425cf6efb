/** The address bar as state: path, query, links. */
import { useEffect, useState } from "preact/hooks";

export const TABS = ["traces", "spans", "threads", "statistics", "connect"] as const;
export type Tab = (typeof TABS)[number];

export type Route =
  | { page: "projects" }
  | { page: "project"; project: string; tab: Tab }
  | { page: "trace"; project: string; trace: string }
  | { page: "thread"; project: string; thread: string }
  | { page: "configuration" }
  | { page: "unknown" };

const ROOTS = ["projects", "configuration"];

interface Parsed {
  workspace: string;
  route: Route;
}

function partsOf(path: string): string[] {
  return path
    .split("/")
    .filter((part) => part !== "")
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

/** `/x/projects/…` is the workspace x, as the links that SDKs print have it. */
export function parsePath(path: string): Parsed {
  let parts = partsOf(path);
  let name = "default";
  if (parts.length > 1 && !ROOTS.includes(parts[0]!) && ROOTS.includes(parts[1]!)) {
    name = parts[0]!;
    parts = parts.slice(1);
  }
  return { workspace: name, route: routeOf(parts) };
}

function routeOf(parts: string[]): Route {
  const [root, project, section, item] = parts;
  if (root === undefined || (root === "projects" && project === undefined)) return { page: "projects" };
  if (root === "configuration") return { page: "configuration" };
  if (root !== "projects" || project === undefined) return { page: "unknown" };
  if (section === undefined || section === "logs") return { page: "project", project, tab: "traces" };
  const tab = TABS.find((name) => name === section);
  if (!tab) return { page: "unknown" };
  if (item === undefined) return { page: "project", project, tab };
  if (tab === "traces") return { page: "trace", project, trace: item };
  if (tab === "threads") return { page: "thread", project, thread: item };
  return { page: "unknown" };
}

export function workspace(): string {
  return parsePath(location.pathname).workspace;
}

/** A path inside the present workspace. */
export function link(...parts: string[]): string {
  const name = workspace();
  const all = name === "default" ? parts : [name, ...parts];
  return "/" + all.map(encodeURIComponent).join("/");
}

const CHANGED = "ocelli:navigated";

export function navigate(url: string, replace = false): void {
  if (url === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", url);
  dispatchEvent(new Event(CHANGED));
}

export interface Place {
  path: string;
  query: URLSearchParams;
}

export function usePlace(): Place {
  const read = () => location.pathname + location.search;
  const [url, setUrl] = useState(read);
  useEffect(() => {
    const update = () => setUrl(read());
    addEventListener(CHANGED, update);
    addEventListener("popstate", update);
    return () => {
      removeEventListener(CHANGED, update);
      removeEventListener("popstate", update);
    };
  }, []);
  const at = url.indexOf("?");
  return {
    path: at < 0 ? url : url.slice(0, at),
    query: new URLSearchParams(at < 0 ? "" : url.slice(at)),
  };
}

/** Sets members of the query; null or "" removes one. */
export function setQuery(changes: Record<string, string | null>, replace = false): void {
  navigate(location.pathname + queryWith(location.search, changes), replace);
}

export function queryWith(search: string, changes: Record<string, string | null>): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

const lists = new Map<string, string>();

/** Keeps how a list was looked at last, for the way back to it. */
export function rememberList(kind: Tab, project: string, query: string): void {
  lists.set(link("projects", project, kind), query);
}

export function listAddress(kind: Tab, project: string): string {
  const path = link("projects", project, kind);
  return path + (lists.get(path) ?? "");
}

/** Lets clicks on plain links inside the client change the page without loading it anew. */
export function interceptLinks(): void {
  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = event.target instanceof Element ? event.target.closest("a") : null;
    if (!anchor || anchor.target || anchor.hasAttribute("download")) return;
    const url = new URL(anchor.href, location.href);
    if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
    event.preventDefault();
    navigate(url.pathname + url.search);
  });
}
