/** Marks a range of a chart with a finger: uPlot itself follows only the mouse. */
import type uPlot from "uplot";

export function markByTouch(plot: uPlot): void {
  const { over } = plot;
  let from: number | null = null;
  const leftOf = (event: PointerEvent) => Math.max(0, Math.min(over.clientWidth, event.clientX - over.getBoundingClientRect().left));
  const mark = (event: PointerEvent, isDone: boolean) => {
    if (from === null) return;
    const left = leftOf(event);
    plot.setCursor({ left, top: event.clientY - over.getBoundingClientRect().top });
    plot.setSelect({ left: Math.min(from, left), width: Math.abs(left - from), top: 0, height: over.clientHeight }, isDone);
  };
  // Up and down still scrolls the page: then the browser cancels the pointer.
  over.style.touchAction = "pan-y";
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" || !event.isPrimary) return;
    from = leftOf(event);
    over.setPointerCapture(event.pointerId);
  });
  over.addEventListener("pointermove", (event) => mark(event, false));
  over.addEventListener("pointerup", (event) => {
    mark(event, true);
    from = null;
  });
  over.addEventListener("pointercancel", () => {
    from = null;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  });
}
