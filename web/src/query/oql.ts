/** OQL in the browser: where a text is wrong, and what may stand at the cursor. The grammar is the
 * server's: `field[.key] operator [value]` joined by AND, OR, NOT and parentheses. */
import { ALL_OPERATORS, FIELDS, findField, OPERATORS, takesKey, takesList, takesValue } from "./fields";
import type { Field, Kind } from "./fields";

export interface OqlError {
  /** Counts characters from 1. */
  column: number;
  message: string;
}

export type Expected =
  | { what: "field" }
  | { what: "key"; field: Field }
  | { what: "operator"; field: Field }
  | { what: "value"; field: Field; operator: string; inList: boolean; key?: string }
  | { what: "connector" };

export interface Completion {
  /** The part of the text that the choice replaces. */
  from: number;
  to: number;
  options: { text: string; detail: string }[];
}

class Failure extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

const DEPTH_MAX = 20;
const WORD = /[\p{L}\p{N}_]/u;

/** Reads the text; notes what was expected where the last token began. */
class Reader {
  at = 0;
  expected: Expected = { what: "field" };
  /** Where what `expected` speaks of begins. */
  from = 0;

  constructor(
    readonly kind: Kind,
    readonly text: string,
  ) {}

  read(): void {
    this.spaces();
    if (this.atEnd()) return this.expect({ what: "field" });
    this.or(0);
    this.spaces();
    if (!this.atEnd()) this.fail("expected AND, OR or the end");
  }

  private expect(expected: Expected): void {
    this.expected = expected;
    this.from = this.at;
  }

  private fail(message: string, at = this.at): never {
    throw new Failure(at, message);
  }

  private atEnd(): boolean {
    return this.at >= this.text.length;
  }

  private spaces(): void {
    while (/\s/.test(this.text[this.at] ?? "")) this.at++;
  }

  private word(): string {
    const start = this.at;
    while (WORD.test(this.text[this.at] ?? "")) this.at++;
    return this.text.slice(start, this.at);
  }

  private skipWord(word: string): boolean {
    const start = this.at;
    if (this.word().toLowerCase() === word) return true;
    this.at = start;
    return false;
  }

  private or(depth: number): void {
    this.joined("or", () => this.joined("and", () => this.not(depth)));
  }

  private joined(word: string, operand: () => void): void {
    do {
      operand();
      this.spaces();
    } while (this.skipWord(word));
  }

  private not(depth: number): void {
    this.spaces();
    if (depth > DEPTH_MAX) this.fail("nested too deeply");
    this.expect({ what: "field" });
    if (this.skipWord("not")) {
      if (this.atEnd()) this.expect({ what: "field" });
      return this.not(depth + 1);
    }
    if (this.text[this.at] !== "(") return this.test();
    this.at++;
    this.or(depth + 1);
    this.spaces();
    if (this.text[this.at] !== ")") this.fail("expected ')'");
    this.at++;
    this.expect({ what: "connector" });
  }

  private test(): void {
    const { field, key } = this.field();
    this.spaces();
    this.expect({ what: "operator", field });
    const operator = this.operator(field);
    if (takesValue(operator)) {
      this.spaces();
      this.expect({ what: "value", field, operator, inList: takesList(operator), ...(key ? { key } : {}) });
      if (takesList(operator)) this.list();
      else if (`"'`.includes(this.text[this.at] ?? " ")) this.quoted();
      else this.number();
    }
    if (this.atEnd() && takesValue(operator)) return;
    this.spaces();
    this.expect({ what: "connector" });
  }

  private field(): { field: Field; key: string } {
    const start = this.at;
    let name = this.word();
    let key = "";
    if (!name) this.fail("expected a field");
    if (this.text[this.at] === ".") {
      this.at++;
      const keyed = findField(this.kind, name);
      const keyStart = this.at;
      if (keyed && takesKey(keyed.type)) this.expect({ what: "key", field: keyed });
      key = `"'`.includes(this.text[this.at] ?? " ") ? this.quoted() : this.word();
      if (!key) this.fail("expected a key", keyStart);
      if (name === "usage") [name, key] = [`usage.${key}`, ""];
    }
    const field = findField(this.kind, name);
    if (!field) this.fail(`field ${name} is not supported`, start);
    if (key && !takesKey(field.type)) this.fail(`field ${name} takes no key`, start);
    if (!key && takesKey(field.type)) this.fail(`field ${name} needs a key, as in ${name}.key`, start);
    return { field, key };
  }

  private operator(field: Field): string {
    const start = this.at;
    const sign = /^(!=|<=|>=|=|<|>)/.exec(this.text.slice(this.at));
    if (sign) this.at += sign[0].length;
    const operator = sign ? sign[0] : this.word();
    if (!ALL_OPERATORS.includes(operator))
      this.fail("expected an operator such as =, !=, >, contains, is_empty", start);
    if (!OPERATORS[field.type].includes(operator))
      this.fail(`field ${field.name} does not take ${operator}`, start);
    return operator;
  }

  private quoted(): string {
    const start = this.at;
    const quote = this.text[start]!;
    let value = "";
    for (this.at++; !this.atEnd(); this.at++) {
      if (this.text[this.at] === quote) {
        if (this.text[this.at + 1] !== quote) break;
        this.at++;
      }
      value += this.text[this.at];
    }
    if (this.atEnd()) this.fail("missing closing quote", start);
    this.at++;
    return value;
  }

  private number(): void {
    const match = /^-?\d[\d.]*/.exec(this.text.slice(this.at));
    if (!match) this.fail("expected a text in double quotes or a number");
    const start = this.at;
    this.at += match[0].length;
    const after = this.at;
    const word = this.word().toLowerCase();
    this.at = after;
    if (word && word !== "and" && word !== "or")
      this.fail("expected a text in double quotes or a number", start);
  }

  private list(): void {
    if (this.text[this.at] !== "(") this.fail("expected a list that starts with '('");
    do {
      this.at++;
      this.spaces();
      this.from = this.at;
      if (!`"'`.includes(this.text[this.at] ?? " ")) this.fail("expected a text in quotes");
      this.quoted();
      this.spaces();
    } while (this.text[this.at] === ",");
    if (this.text[this.at] !== ")") this.fail("expected ',' or ')'");
    this.at++;
  }
}

/** Null when the server will understand the text. */
export function oqlError(kind: Kind, text: string): OqlError | null {
  try {
    new Reader(kind, text).read();
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { column: [...text.slice(0, error.at)].length + 1, message: error.message };
  }
}

/** The position that the server's message names. */
export function serverOqlError(message: string): OqlError | null {
  const match = /Invalid OQL at column (\d+): (.*)/s.exec(message);
  return match ? { column: Number(match[1]), message: match[2]! } : null;
}

export interface Hints {
  /** Names of scores, for keys of score fields. */
  scores?: readonly string[];
  /** Values seen of a field: names, models, tags, environments. */
  values?: Readonly<Record<string, readonly string[]>>;
}

/** What may be put at the cursor. */
export function completeOql(kind: Kind, text: string, cursor: number, hints: Hints = {}): Completion {
  const before = text.slice(0, cursor);
  const reader = new Reader(kind, before);
  try {
    reader.read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  const typed = before.slice(reader.from);
  const options = candidates(kind, reader.expected, hints).filter((option) => matches(option.text, typed));
  let to = cursor;
  const rest = /^["'\p{L}\p{N}_.]*/u.exec(text.slice(cursor));
  if (rest && typed !== "") to += rest[0].length;
  return { from: reader.from, to, options: options.filter((option) => option.text !== typed) };
}

function matches(option: string, typed: string): boolean {
  const plain = (value: string) => value.toLowerCase().replace(/^["']/, "");
  return plain(option).startsWith(plain(typed)) || (typed.length > 1 && plain(option).includes(plain(typed)));
}

function candidates(kind: Kind, expected: Expected, hints: Hints): Completion["options"] {
  switch (expected.what) {
    case "field":
      return FIELDS[kind].map((field) => ({
        text: field.name + (takesKey(field.type) ? "." : " "),
        detail: field.label,
      }));
    case "key":
      return keyCandidates(expected.field, hints);
    case "operator":
      return OPERATORS[expected.field.type].map((operator) => ({
        text: operator + (takesList(operator) ? " (" : " "),
        detail: "",
      }));
    case "value":
      return valueCandidates(expected.field, hints);
    case "connector":
      return ["AND ", "OR "].map((word) => ({ text: word, detail: "" }));
  }
}

function keyCandidates(field: Field, hints: Hints): Completion["options"] {
  if (field.type === "custom")
    return [`"input.`, `"output.`].map((text) => ({ text, detail: "path" }));
  const names = field.type === "scores" ? (hints.scores ?? []) : [];
  return names.map((name) => ({
    text: (/^\w+$/.test(name) ? name : `"${name.replace(/"/g, '""')}"`) + " ",
    detail: "score",
  }));
}

function valueCandidates(field: Field, hints: Hints): Completion["options"] {
  const values = field.values ?? hints.values?.[field.name] ?? [];
  if (field.type === "date_time") return [{ text: `"${new Date().toISOString()}"`, detail: "now" }];
  return values.map((value) => ({ text: `"${value.replace(/"/g, '""')}"`, detail: "" }));
}
