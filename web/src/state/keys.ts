/** Keys of the whole page. A field that is being typed into keeps its keys; Escape leaves it. */
import { useEffect, useRef } from "preact/hooks";

export interface KeyHelp {
  keys: string;
  what: string;
}

/** What `?` shows. */
export const KEY_HELP: readonly { where: string; keys: readonly KeyHelp[] }[] = [
  {
    where: "Everywhere",
    keys: [
      { keys: "/", what: "Search" },
      { keys: "?", what: "This help" },
      { keys: "Esc", what: "Close what is open" },
    ],
  },
  {
    where: "Tables",
    keys: [
      { keys: "j, ↓ / k, ↑", what: "Next / previous row" },
      { keys: "Enter", what: "Open the row" },
      { keys: "x", what: "Select the row" },
      { keys: "p", what: "Pause or resume live rows" },
    ],
  },
  {
    where: "A trace",
    keys: [
      { keys: "j, ↓ / k, ↑", what: "Next / previous span" },
      { keys: "→ / ←", what: "Open / close a span" },
      { keys: "n / b", what: "Next / previous trace" },
    ],
  },
];

/** An action that answers false leaves the key to those below it. */
export type KeyMap = Record<string, (event: KeyboardEvent) => void | false>;

interface Layer {
  keys: { current: KeyMap };
}

// What was opened last comes first.
const layers: Layer[] = [];

function isTyping(target: EventTarget | null): target is HTMLElement {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type))
  );
}

/** What is pressed by Enter or Space itself. */
function pressesItself(event: KeyboardEvent): boolean {
  if (event.key !== "Enter" && event.key !== " ") return false;
  return event.target instanceof Element && event.target.closest("button, a, summary, [role=separator]") !== null;
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (pressesItself(event)) return;
  // A dialog keeps all keys to itself; the browser closes it on Escape.
  if (document.querySelector("dialog:modal")) return;
  if (isTyping(event.target)) {
    // What was typed would be lost if the same key closed what the field stands in.
    if (event.key === "Escape") event.target.blur();
    return;
  }
  for (let i = layers.length - 1; i >= 0; i--) {
    const action = layers[i]!.keys.current[event.key];
    if (!action || action(event) === false) continue;
    return event.preventDefault();
  }
}

export function useKeys(keys: KeyMap): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (layers.length === 0) addEventListener("keydown", onKey);
    const layer = { keys: latest };
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
      if (layers.length === 0) removeEventListener("keydown", onKey);
    };
  }, []);
}
