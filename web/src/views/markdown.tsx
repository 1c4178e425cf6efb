/** A small Markdown renderer. It makes elements, never HTML text, so nothing in a record can run. */
import type { ComponentChild, VNode } from "preact";

type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "code"; text: string }
  | { kind: "rule" }
  | { kind: "quote"; text: string }
  | { kind: "list"; ordered: boolean; start: number; items: string[] }
  | { kind: "table"; rows: string[][] }
  | { kind: "paragraph"; text: string };

const LIST = /^(\s*)(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/;
const DEPTH_MAX = 8;

export function parseMarkdown(text: string): Block[] {
  const source = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < source.length) {
    const line = source[at]!;
    if (line.trim() === "") {
      at++;
      continue;
    }
    const [block, next] = readBlock(source, at);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

function readBlock(source: string[], at: number): [Block, number] {
  const line = source[at]!;
  const fence = /^\s*(```+|~~~+)/.exec(line);
  if (fence) return readCode(source, at, fence[1]!);
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (heading) return [{ kind: "heading", level: heading[1]!.length, text: heading[2]! }, at + 1];
  if (/^\s*([-*_])(?:\s*\1){2,}\s*$/.test(line)) return [{ kind: "rule" }, at + 1];
  if (/^\s*>/.test(line)) return readQuote(source, at);
  if (LIST.test(line)) return readList(source, at);
  if (line.includes("|") && /^[\s|:-]+$/.test(source[at + 1] ?? "") && (source[at + 1] ?? "").includes("-"))
    return readTable(source, at);
  return readParagraph(source, at);
}

function readCode(source: string[], at: number, fence: string): [Block, number] {
  let end = at + 1;
  while (end < source.length && !source[end]!.trim().startsWith(fence)) end++;
  return [{ kind: "code", text: source.slice(at + 1, end).join("\n") }, end + 1];
}

function readQuote(source: string[], at: number): [Block, number] {
  let end = at;
  while (end < source.length && /^\s*>/.test(source[end]!)) end++;
  const text = source.slice(at, end).map((line) => line.replace(/^\s*>\s?/, ""));
  return [{ kind: "quote", text: text.join("\n") }, end];
}

function readList(source: string[], at: number): [Block, number] {
  const first = LIST.exec(source[at]!)!;
  const indent = first[1]!.length;
  const items: string[] = [];
  let end = at;
  while (end < source.length) {
    const line = source[end]!;
    const match = LIST.exec(line);
    if (match && match[1]!.length <= indent && (match[3] !== undefined) === (first[3] !== undefined)) items.push(match[4]!);
    else if (items.length > 0 && /^\s{2,}\S/.test(line)) items[items.length - 1] += `\n${line.slice(Math.min(indent + 2, line.length))}`;
    else break;
    end++;
  }
  return [{ kind: "list", ordered: first[3] !== undefined, start: Number(first[3] ?? 1), items }, end];
}

function readTable(source: string[], at: number): [Block, number] {
  let end = at;
  const rows: string[][] = [];
  for (; end < source.length && source[end]!.includes("|"); end++) {
    if (end === at + 1) continue;
    rows.push(source[end]!.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim()));
  }
  return [{ kind: "table", rows }, end];
}

function readParagraph(source: string[], at: number): [Block, number] {
  let end = at + 1;
  while (end < source.length && source[end]!.trim() !== "" && !/^\s*(?:#{1,6}\s|```|~~~|>|[-*+]\s|\d+[.)]\s)/.test(source[end]!)) end++;
  return [{ kind: "paragraph", text: source.slice(at, end).join("\n") }, end];
}

const INLINE =
  /(`+)([\s\S]*?[^`])\1(?!`)|\*\*([^*][\s\S]*?)\*\*|__([^_][\s\S]*?)__|\*([^*\s][^*]*?)\*|(?<![\w])_([^_\s][^_]*?)_(?![\w])|~~([\s\S]+?)~~|!?\[([^\]]*)\]\(([^()\s]+)[^)]*\)|(https?:\/\/[^\s<>()]+)/;

/** Texts, emphasis, code and links of one line. */
export function inline(text: string, depth = 0): ComponentChild[] {
  const out: ComponentChild[] = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match && depth < DEPTH_MAX; match = INLINE.exec(rest)) {
    if (match.index > 0) out.push(rest.slice(0, match.index));
    out.push(inlineNode(match, depth + 1));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest) out.push(rest);
  return out;
}

function inlineNode(match: RegExpExecArray, depth: number): ComponentChild {
  const [all, , code, bold, bold2, italic, italic2, struck, label, target, bare] = match;
  if (code !== undefined) return <code>{code}</code>;
  if (bold !== undefined || bold2 !== undefined) return <strong>{inline(bold ?? bold2 ?? "", depth)}</strong>;
  if (italic !== undefined || italic2 !== undefined) return <em>{inline(italic ?? italic2 ?? "", depth)}</em>;
  if (struck !== undefined) return <del>{inline(struck, depth)}</del>;
  const address = target ?? bare ?? "";
  if (!/^(https?:|mailto:)/i.test(address)) return all;
  return (
    <a href={address} target="_blank" rel="noreferrer noopener">
      {label || address}
    </a>
  );
}

function Heading({ level, text }: { level: number; text: string }): VNode {
  // Headings of a record stand below those of the page.
  const Tag = `h${Math.min(6, level + 3)}` as "h4";
  return <Tag>{inline(text)}</Tag>;
}

function BlockView({ block, depth }: { block: Block; depth: number }): VNode {
  switch (block.kind) {
    case "heading":
      return <Heading level={block.level} text={block.text} />;
    case "code":
      return <pre tabIndex={0}>{block.text}</pre>;
    case "rule":
      return <hr />;
    case "quote":
      return <blockquote>{blocksOf(block.text, depth)}</blockquote>;
    case "list": {
      const items = block.items.map((item, index) => <li key={index}>{itemOf(item, depth)}</li>);
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return <TableView rows={block.rows} />;
    case "paragraph":
      return <p>{inline(block.text)}</p>;
  }
}

function itemOf(text: string, depth: number): ComponentChild {
  return text.includes("\n") ? blocksOf(text, depth) : inline(text);
}

function blocksOf(text: string, depth: number): ComponentChild {
  if (depth >= DEPTH_MAX) return text;
  return parseMarkdown(text).map((block, index) => <BlockView key={index} block={block} depth={depth + 1} />);
}

function TableView({ rows }: { rows: string[][] }): VNode {
  const [head = [], ...body] = rows;
  return (
    <table>
      <thead>
        <tr>{head.map((cell, index) => <th key={index}>{inline(cell)}</th>)}</tr>
      </thead>
      <tbody>
        {body.map((row, index) => (
          <tr key={index}>{row.map((cell, column) => <td key={column}>{inline(cell)}</td>)}</tr>
        ))}
      </tbody>
    </table>
  );
}

export function Markdown({ text }: { text: string }): VNode {
  return <div class="markdown">{blocksOf(text, 0)}</div>;
}
