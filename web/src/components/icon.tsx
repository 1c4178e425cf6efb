/** Line icons, drawn here; they are decoration, so names belong to what they stand in. */
import type { VNode } from "preact";

const PATHS = {
  alert: "M8 2 15 14H1zM8 6v4M8 12v.5",
  back: "M10 3 5 8l5 5",
  check: "m3 8.5 3.5 3.5L13 4.5",
  chevron: "m4 6 4 4 4-4",
  close: "M4 4l8 8M12 4l-8 8",
  columns: "M2 3h12v10H2zM6 3v10M10 3v10",
  copy: "M5 5h8v9H5zM3 11V2h8",
  dark: "M13 10A6 6 0 0 1 6 3a6 6 0 1 0 7 7z",
  delete: "M3 4h10M6 4V2h4v2M4.5 4l.5 10h6l.5-10M7 7v4M9 7v4",
  down: "M8 3v10M4 9l4 4 4-4",
  edit: "M3 13l1-4 7-7 3 3-7 7zM9 4l3 3",
  expand: "M6 2H2v4M10 14h4v-4M2 2l5 5M14 14l-5-5",
  export: "M8 10V2M5 5l3-3 3 3M2 10v4h12v-4",
  filter: "M2 3h12L9.5 8.5V13l-3-1.5v-3z",
  general: "M3 3h10v10H3z",
  guardrail: "M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z",
  help: "M6 6a2 2 0 1 1 2.5 2c-.4.2-.5.6-.5 1v.5M8 12v.5M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 1 0 0-13",
  light: "M8 5a3 3 0 1 0 0 6 3 3 0 1 0 0-6M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  llm: "M8 1.500 9.700 6.300 14.500 8 9.700 9.700 8 14.500 6.300 9.700 1.500 8 6.300 6.300z",
  next: "m6 3 5 5-5 5",
  pause: "M5.500 3v10M10.500 3v10",
  play: "M5 3l8 5-8 5z",
  plus: "M8 3v10M3 8h10",
  reload: "M13 8a5 5 0 1 1-1.500-3.600M13 1.500v3.500H9.500",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 1 0 0-9M10.500 10.500 14 14",
  settings: "M2 4h5M11 4h3M2 12h3M9 12h5M7 8h7M2 8h1M9 2v4M5 6v4M7 10v4",
  system: "M2 3h12v8H2zM5 14h6M8 11v3",
  tag: "M2 2h6l6 6-6 6-6-6zM5 5v.500",
  thread: "M2 3h12v8H7l-3 3v-3H2z",
  tool: "M10 2a4 4 0 0 0-3.500 5.500L2 12l2 2 4.500-4.500A4 4 0 0 0 14 6l-2.500 2-2-2 2-2.500A4 4 0 0 0 10 2z",
  up: "M8 13V3M4 7l4-4 4 4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
