/** What the browser remembers: columns, theme. Private windows may refuse to; nothing depends on it. */
import { useCallback, useState } from "preact/hooks";

const PREFIX = "ocelli.";

export function readStored<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function writeStored(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    /* not remembered */
  }
}

export function useStored<T>(name: string, fallback: T): [T, (value: T) => void] {
  const [state, setState] = useState(() => ({ name, value: readStored(name, fallback) }));
  const value = state.name === name ? state.value : readStored(name, fallback);
  const set = useCallback(
    (next: T) => {
      writeStored(name, next);
      setState({ name, value: next });
    },
    [name],
  );
  return [value, set];
}
