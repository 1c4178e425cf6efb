/** JSON as YAML (1.2 block style), for reading. */
import type { Json } from "../api/types";

const PLAIN = /^[A-Za-z_/][\w ./@+()-]*$/;
const RESERVED = /^(?:null|true|false|yes|no|on|off|y|n|~)$/i;

export function toYaml(value: Json): string {
  return lines(value, 0).join("\n") + "\n";
}

function isEmpty(value: Json): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function isBlock(value: Json): boolean {
  return typeof value === "object" && value !== null && !isEmpty(value);
}

function lines(value: Json, depth: number): string[] {
  const indent = "  ".repeat(depth);
  if (!isBlock(value)) return scalar(value, depth);
  if (Array.isArray(value)) return value.flatMap((item) => entry(`${indent}-`, item, depth, true));
  return Object.entries(value as object).flatMap(([name, item]) =>
    entry(`${indent}${key(name)}:`, item as Json, depth, false),
  );
}

/** What follows `key:` or `-`; the first line of a list's block stands behind the dash. */
function entry(head: string, value: Json, depth: number, isItem: boolean): string[] {
  const [first = "", ...rest] = lines(value, depth + 1);
  if (isBlock(value) && !isItem) return [head, first, ...rest];
  return [`${head} ${isBlock(value) ? first.trimStart() : first}`, ...rest];
}

function key(name: string): string {
  return PLAIN.test(name) && !RESERVED.test(name) && name.trim() === name ? name : JSON.stringify(name);
}

function scalar(value: Json, depth: number): string[] {
  if (typeof value !== "string") return [JSON.stringify(value)];
  if (value.includes("\n") && canBeLiteral(value)) return literal(value, depth);
  const isPlain = PLAIN.test(value) && !RESERVED.test(value) && value.trim() === value;
  return [isPlain ? value : JSON.stringify(value)];
}

function canBeLiteral(value: string): boolean {
  // Control characters and a first line that begins with a space cannot be shown literally.
  return !/[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029]/.test(value) && !/^\s/.test(value);
}

function literal(value: string, depth: number): string[] {
  const trailing = /\n*$/.exec(value)![0].length;
  const sign = trailing === 0 ? "-" : trailing === 1 ? "" : "+";
  const body = trailing > 0 ? value.slice(0, -1) : value;
  const indent = "  ".repeat(Math.max(depth, 1));
  return [`|${sign}`, ...body.split("\n").map((line) => (line ? indent + line : ""))];
}
