/** JSON as a tree with search and copy. */
import type { ComponentChild, VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Json } from "../api/types";
import { CopyButton } from "./basics";
import { Icon } from "./icon";

const OPEN_DEPTH = 3;
const STEP = 100;
const TEXT_LIMIT = 2000;
const MATCH_LIMIT = 500;

/** Paths of values whose key or text has the query in it, and of all that they stand in. */
export function findMatches(value: Json, query: string): { count: number; open: Set<string> } {
  const wanted = query.toLowerCase();
  const open = new Set<string>();
  let count = 0;
  const walk = (at: Json, path: string, parents: readonly string[]): void => {
    if (count >= MATCH_LIMIT) return;
    if (at !== null && typeof at === "object") {
      const inside = [...parents, path];
      for (const [name, item] of Object.entries(at)) {
        if (!Array.isArray(at) && name.toLowerCase().includes(wanted)) {
          count++;
          inside.forEach((each) => open.add(each));
        }
        walk(item, `${path}/${name}`, inside);
      }
    } else if (String(at).toLowerCase().includes(wanted)) {
      count++;
      parents.forEach((each) => open.add(each));
    }
  };
  if (wanted) walk(value, "", []);
  return { count, open };
}

export function JsonTree({ value, label }: { value: Json; label: string }): VNode {
  const [query, setQuery] = useState("");
  const matches = useMemo(() => findMatches(value, query), [value, query]);
  return (
    <>
      <div class="json-tools">
        <input type="search" aria-label={`Search in ${label}`} placeholder="Search" value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
        {query && (
          <span class="muted" role="status">
            {matches.count >= MATCH_LIMIT ? `${MATCH_LIMIT}+` : matches.count} found
          </span>
        )}
      </div>
      <div class="json" tabIndex={0} role="region" aria-label={`${label} as a tree`}>
        <Node name={null} value={value} path="" depth={0} query={query.toLowerCase()} open={matches.open} last />
      </div>
    </>
  );
}

interface NodeProps {
  name: string | null;
  value: Json;
  path: string;
  depth: number;
  query: string;
  open: ReadonlySet<string>;
  last: boolean;
}

function Key({ name, query }: { name: string | null; query: string }): VNode | null {
  if (name === null) return null;
  return (
    <>
      <span class="k">
        <Marked text={name} query={query} />
      </span>
      :{" "}
    </>
  );
}

function Node({ name, value, path, depth, query, open, last }: NodeProps): VNode {
  const isList = Array.isArray(value);
  const [chosen, setChosen] = useState<boolean | null>(null);
  const [limit, setLimit] = useState(STEP);
  if (value === null || typeof value !== "object")
    return (
      <div class="json-line">
        <span class="pad" />
        <span class="val">
          <Key name={name} query={query} />
          <Scalar value={value} query={query} />
          {last ? "" : ","}
        </span>
      </div>
    );
  const members = Object.entries(value);
  const isOpen = query ? open.has(path) || chosen === true : (chosen ?? (depth < OPEN_DEPTH && members.length <= 200));
  const [begin, end] = isList ? ["[", "]"] : ["{", "}"];
  const shown = query ? members : members.slice(0, limit);
  return (
    <div>
      <div class="json-line">
        {members.length > 0 ? (
          <button type="button" class="fold" aria-expanded={isOpen} aria-label={`${name ?? "value"}`} onClick={() => setChosen(!isOpen)}>
            <Icon name={isOpen ? "chevron" : "next"} />
          </button>
        ) : (
          <span class="pad" />
        )}
        <span class="val">
          <Key name={name} query={query} />
          {begin}
          {!isOpen && members.length > 0 && <span class="muted"> {members.length} </span>}
          {(!isOpen || members.length === 0) && end + (last ? "" : ",")}
        </span>
      </div>
      {isOpen && members.length > 0 && (
        <>
          <div style={{ paddingLeft: "16px" }}>
            {shown.map(([key, item], index) => (
              <Node key={key} name={isList ? null : key} value={item} path={`${path}/${key}`} depth={depth + 1} query={query} open={open} last={index === members.length - 1} />
            ))}
            {shown.length < members.length && (
              <button type="button" class="plain" onClick={() => setLimit(limit + STEP * 5)}>
                {members.length - shown.length} more
              </button>
            )}
          </div>
          <div class="json-line">
            <span class="pad" />
            {end + (last ? "" : ",")}
          </div>
        </>
      )}
    </div>
  );
}

function Scalar({ value, query }: { value: string | number | boolean | null; query: string }): VNode {
  const [whole, setWhole] = useState(false);
  if (typeof value !== "string") {
    const kind = typeof value === "number" ? "n" : "l";
    return (
      <span class={kind}>
        <Marked text={String(value)} query={query} />
      </span>
    );
  }
  const isLong = value.length > TEXT_LIMIT && !whole;
  return (
    <span class="s">
      "<Marked text={isLong ? value.slice(0, TEXT_LIMIT) : value} query={query} />"
      {isLong && (
        <>
          <button type="button" class="plain" onClick={() => setWhole(true)}>
            … {value.length - TEXT_LIMIT} more
          </button>
          <CopyButton text={() => value} />
        </>
      )}
    </span>
  );
}

export function Marked({ text, query }: { text: string; query: string }): VNode {
  if (!query) return <>{text}</>;
  const out: ComponentChild[] = [];
  const lower = text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(query); at >= 0 && out.length < 400; at = lower.indexOf(query, from)) {
    out.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + query.length)}</mark>);
    from = at + query.length;
  }
  return <>{[...out, text.slice(from)]}</>;
}
