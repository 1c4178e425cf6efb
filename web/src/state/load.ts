/** Loading as state: what came, what went wrong, and asking again. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { isAbort, messageOf } from "../api/client";

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
  /** Shows a value at once, before the server is asked again. */
  put: (value: T) => void;
}

/** Runs `load` again when `key` changes; null loads nothing. Old data stays until new data comes,
 * unless `key` changed. */
export function useLoad<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string | null; data?: T; error?: unknown; loading: boolean }>({
    key,
    loading: key !== null,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    if (key === null) return;
    const control = new AbortController();
    setState((old) => (old.key === key ? { ...old, loading: true } : { key, loading: true }));
    latest
      .current(control.signal)
      .then((data) => setState({ key, data, loading: false }))
      .catch((error: unknown) => {
        if (!isAbort(error)) setState((old) => ({ ...old, key, error, loading: false }));
      });
    return () => control.abort();
  }, [key, turn]);

  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const put = useCallback((data: T) => setState((old) => ({ ...old, data })), []);
  const fresh = state.key === key;
  return {
    data: fresh ? state.data : undefined,
    error: fresh ? state.error : undefined,
    loading: key !== null && (!fresh || state.loading),
    reload,
    put,
  };
}

/** Asks again, some time after each answer, while `active` and seen. */
export function useRefresh({ loading, reload }: Pick<Loaded<unknown>, "loading" | "reload">, active: boolean, ms: number): void {
  useEffect(() => {
    if (!active || loading) return;
    let timer: ReturnType<typeof setTimeout>;
    const again = () => {
      if (document.hidden) timer = setTimeout(again, ms);
      else reload();
    };
    timer = setTimeout(again, ms);
    return () => clearTimeout(timer);
  }, [active, loading, reload, ms]);
}

/** An action with its progress and what went wrong. */
export function useAction(): {
  busy: boolean;
  error: string | null;
  run: (action: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
} {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = useCallback(async (action: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await action();
      return true;
    } catch (problem) {
      if (!isAbort(problem)) setError(messageOf(problem));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, error, run, clear: useCallback(() => setError(null), []) };
}
