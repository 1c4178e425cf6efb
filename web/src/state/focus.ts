/** Where the focus goes when the control that had it disappears: without it, keys start at the page's top again. */
import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** A place, and what focuses an element in it once the present change is drawn; null is the place itself. */
export function useFocusOn(): [place: RefObject<HTMLElement | null>, focusOn: (selector: string | null) => void] {
  const place = useRef<HTMLElement>(null);
  const [wanted, setWanted] = useState<{ selector: string | null } | null>(null);
  // A dialog that asked has to be gone: as long as it is there, all else refuses the focus.
  useEffect(() => {
    if (!wanted || !place.current) return;
    const found = wanted.selector === null ? null : place.current.querySelector<HTMLElement>(wanted.selector);
    (found ?? place.current).focus();
  }, [wanted]);
  return [place, useCallback((selector: string | null) => setWanted({ selector }), [])];
}

/** For what appears because it was asked for: its first control that fits has the focus at once. */
export function useFocusWhenShown<T extends HTMLElement>(selector: string): RefObject<T | null> {
  const place = useRef<T>(null);
  // Before it is drawn, as nobody has begun to type then.
  useLayoutEffect(() => {
    const control = place.current?.querySelector<HTMLElement>(selector);
    control?.focus();
    if (control instanceof HTMLTextAreaElement) control.setSelectionRange(control.value.length, control.value.length);
  }, []);
  return place;
}

/** For a form inside something that Escape closes too. */
export function cancelOnEscape(cancel: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    cancel();
  };
}
