/** What the browser remembers: columns, theme. Private windows may refuse to; nothing depends on it. */
import { useCallback, useEffect, useState } from "preact/hooks";

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

const CHANGED = "ocelli:stored";

/** A remembered value; all that show it change together. */
export function useStored<T>(name: string, fallback: T): [T, (value: T) => void] {
  const [state, setState] = useState(() => ({ name, value: readStored(name, fallback) }));
  const value = state.name === name ? state.value : readStored(name, fallback);
  useEffect(() => {
    const update = (event: Event) => {
      const changed = (event as CustomEvent<{ name: string; value: T }>).detail;
      if (changed.name === name) setState(changed);
    };
    addEventListener(CHANGED, update);
    return () => removeEventListener(CHANGED, update);
  }, [name]);
  const set = useCallback(
    (next: T) => {
      writeStored(name, next);
      setState({ name, value: next });
      dispatchEvent(new CustomEvent(CHANGED, { detail: { name, value: next } }));
    },
    [name],
  );
  return [value, set];
}
