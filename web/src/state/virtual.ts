/** TanStack Virtual for Preact: only the rows in sight exist. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

interface Options {
  count: number;
  rowHeight: number;
  scroller: RefObject<HTMLElement | null>;
  paddingStart?: number;
}

export function useVirtual({ count, rowHeight, scroller, paddingStart = 0 }: Options): Virtualizer<HTMLElement, Element> {
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollPaddingStart: paddingStart,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
  };
  const [virtual] = useState(() => new Virtualizer<HTMLElement, Element>(options));
  virtual.setOptions(options);
  useEffect(() => virtual._didMount(), []);
  useLayoutEffect(() => virtual._willUpdate());
  useLayoutEffect(() => virtual.measure(), [rowHeight]);
  return virtual;
}

/** Keeps the rows in sight where they are when others come in or go above them; at the top new ones
 * are seen. */
export function useAnchor(scroller: RefObject<HTMLElement | null>, rows: readonly { id: string }[], rowHeight: number): void {
  const held = useRef<{ rows: typeof rows; index: number }>({ rows, index: 0 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const { rows: before, index } = held.current;
    const id = before[index]?.id;
    if (before !== rows && index > 0 && id !== undefined) {
      const now = rows.findIndex((row) => row.id === id);
      if (now >= 0) element.scrollTop += (now - index) * rowHeight;
    }
    held.current = { rows, index: Math.floor(element.scrollTop / rowHeight) };
  });
}

/** The height of rows as the style sheet has it; phones have taller ones. */
export function useRowHeight(desktop: number, phone: number): number {
  const [narrow] = useState(() => matchMedia("(max-width: 700px)"));
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const update = () => setNarrow(narrow.matches);
    narrow.addEventListener("change", update);
    return () => narrow.removeEventListener("change", update);
  }, []);
  return isNarrow ? phone : desktop;
}
