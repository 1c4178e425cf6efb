/** Values as people read them. */
import type { Json, Score } from "./api/types";

/** Rounded before the unit is chosen, so that nothing reads "60 s" or "60 min". */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "";
  const size = Math.abs(ms);
  const sign = ms < 0 ? "-" : "";
  if (size === 0) return "0 ms";
  const short = shortDuration(size);
  if (short) return sign + short;
  const seconds = Math.round(size / 1000);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(size / 60_000);
  return `${sign}${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Below a minute, with three digits at most; "" for what is longer. */
function shortDuration(ms: number): string {
  if (ms < 0.005) return "< 0.01 ms";
  if (ms < 0.995) return `${ms.toFixed(2)} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`;
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : "";
}

/** In one unit, as the axis of a chart has little room: "3.5 min". */
export function formatDurationShort(ms: number): string {
  if (ms === 0) return "0";
  const units: [number, string][] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"], [1, "ms"]];
  const [size, unit] = units.find(([each]) => Math.abs(ms) >= each) ?? [1, "ms"];
  return `${NUMBER.format(Number((ms / size).toPrecision(3)))} ${unit}`;
}

export function formatCost(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return "";
  if (usd === 0) return "$0";
  const digits = Math.abs(usd) >= 100 ? 2 : Math.abs(usd) >= 1 ? 3 : Math.min(8, 2 - Math.floor(Math.log10(Math.abs(usd))));
  return `$${usd.toFixed(digits)}`;
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 4 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function formatNumber(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : NUMBER.format(value);
}

export function formatShort(value: number): string {
  return SHORT.format(value);
}

const two = (value: number) => String(value).padStart(2, "0");

/** Local time, sortable by eye: 2024-01-31 12:00:00.123 */
export function formatTime(text: string | null | undefined): string {
  if (!text) return "";
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${day} ${clock}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

export function formatAgo(text: string | null | undefined, now = Date.now()): string {
  if (!text) return "";
  const seconds = Math.round((now - Date.parse(text)) / 1000);
  if (Number.isNaN(seconds)) return text;
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

/** JSON in one line, cut; a text stays as it is. */
export function formatPreview(value: Json | undefined, limit = 300): string {
  if (value === undefined || value === null) return "";
  const only = onlyText(value);
  const text = only ?? JSON.stringify(value);
  const line = text.replace(/\s+/g, " ");
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}

/** The text of a value that is one, or an object with nothing but one. */
export function onlyText(value: Json | undefined): string | null {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const members = Object.values(value);
  return members.length === 1 && typeof members[0] === "string" ? members[0] : null;
}

export function formatScores(scores: readonly Score[] | undefined): string {
  return (scores ?? []).map((score) => `${score.name} ${formatNumber(score.value)}`).join(", ");
}

export function scoreLabel(score: Score): string {
  return score.category_name ? `${score.category_name} (${formatNumber(score.value)})` : formatNumber(score.value);
}

export function plural(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}
