/** Ranges of time: presets that move with the clock, or two fixed instants. */
export const RANGES = [
  { name: "", label: "All time", ms: 0 },
  { name: "15m", label: "Last 15 minutes", ms: 900_000 },
  { name: "1h", label: "Last hour", ms: 3_600_000 },
  { name: "24h", label: "Last 24 hours", ms: 86_400_000 },
  { name: "7d", label: "Last 7 days", ms: 604_800_000 },
  { name: "30d", label: "Last 30 days", ms: 2_592_000_000 },
] as const;

export function rangeLength(name: string): number {
  return RANGES.find((range) => range.name === name)?.ms ?? 0;
}

function instant(text: string): string | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** Fixed bounds win over a preset. */
export function timeBounds(
  range: string,
  from: string,
  to: string,
  now: number,
): { from: string | undefined; to: string | undefined } {
  if (from || to) return { from: instant(from), to: instant(to) };
  const length = rangeLength(range);
  return { from: length ? new Date(now - length).toISOString() : undefined, to: undefined };
}

/** For inputs of type datetime-local, in local time. */
export function toLocalInput(text: string): string {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return "";
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

export function fromLocalInput(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString();
}

const HOUR = 3_600_000;

/** Buckets that give a chart between about ten and two hundred points. */
export function intervalFor(ms: number): "HOURLY" | "DAILY" | "WEEKLY" {
  if (ms <= 8 * 24 * HOUR) return "HOURLY";
  return ms <= 200 * 24 * HOUR ? "DAILY" : "WEEKLY";
}
