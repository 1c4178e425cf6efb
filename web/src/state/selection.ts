/** The rows of a list that are selected. They are kept themselves, not only their ids: loading again
 * may leave some of them out. Another view of the list begins with none, so that nothing is done to
 * rows that are not seen. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { isGone, type AnyRow } from "./rows";

export type Selection = ReadonlyMap<string, AnyRow>;

const NONE: Selection = new Map();

/** The rows with these ids, in the state that is shown now or was kept. */
export function selectionOf(ids: Iterable<string>, shown: readonly AnyRow[], kept: Selection): Selection {
  const byId = new Map(shown.map((row) => [row.id, row]));
  const next = new Map<string, AnyRow>();
  for (const id of ids) {
    const row = byId.get(id) ?? kept.get(id);
    if (row) next.set(id, row);
  }
  return next;
}

interface Selected {
  selected: Selection;
  select: (selected: Selection) => void;
  clear: () => void;
  drop: (ids: ReadonlySet<string>) => void;
}

export function useSelection(key: string): Selected {
  const [state, setState] = useState({ key, rows: NONE });
  useEffect(() => setState({ key, rows: NONE }), [key]);
  const select = useCallback((rows: Selection) => setState({ key, rows }), [key]);
  const drop = useCallback(
    (ids: ReadonlySet<string>) => setState((old) => ({ ...old, rows: new Map([...old.rows].filter(([, row]) => !isGone(row, ids))) })),
    [],
  );
  const clear = useCallback(() => select(NONE), [select]);
  return { selected: state.key === key ? state.rows : NONE, select, clear, drop };
}
