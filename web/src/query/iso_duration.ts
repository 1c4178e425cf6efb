/** Durations of ISO 8601, as the settings have them, and minutes, as people type them. */
const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

export function toMinutes(text: string | null | undefined): string {
  const match = DURATION.exec(text ?? "");
  if (!match) return "";
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return String(days * 1440 + hours * 60 + minutes + seconds / 60);
}

export function fromMinutes(text: string): string | null {
  const minutes = Number(text);
  if (text.trim() === "" || !Number.isFinite(minutes)) return null;
  return `PT${Math.round(minutes * 60)}S`;
}
