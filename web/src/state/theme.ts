/** Light, dark, or as the system has it. */
import { readStored, writeStored } from "./storage";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function currentTheme(): Theme {
  return THEMES.find((theme) => theme === readStored("theme", "system")) ?? "system";
}

export function applyTheme(theme: Theme): void {
  writeStored("theme", theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event("ocelli:theme"));
}
