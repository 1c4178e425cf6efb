/** Rows as CSV (RFC 4180). */
export type Cell = string | number | boolean | null | undefined | object;

export function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => row.map(cellText).join(",")).join("\r\n") + "\r\n";
}

function cellText(value: Cell): string {
  if (value === null || value === undefined) return "";
  let text = typeof value === "object" ? JSON.stringify(value) : String(value);
  // Spreadsheets run a text that begins so as a formula.
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** One level of members becomes columns: usage.total_tokens, feedback_scores.quality. */
export function flatRecord(record: object): Map<string, Cell> {
  const flat = new Map<string, Cell>();
  for (const [name, value] of Object.entries(record) as [string, Cell][]) {
    if (name === "usage" && value && typeof value === "object")
      for (const [key, count] of Object.entries(value)) flat.set(`usage.${key}`, count as Cell);
    else if (name.endsWith("feedback_scores") && Array.isArray(value))
      for (const score of value as { name: string; value: number }[]) flat.set(`${name}.${score.name}`, score.value);
    else if (name === "tags" && Array.isArray(value)) flat.set(name, value.join(", "));
    else flat.set(name, value);
  }
  return flat;
}

export function recordsToCsv(records: readonly object[]): string {
  const flat = records.map(flatRecord);
  const columns = [...new Set(flat.flatMap((record) => [...record.keys()]))];
  return toCsv(columns, flat.map((record) => columns.map((column) => record.get(column))));
}
