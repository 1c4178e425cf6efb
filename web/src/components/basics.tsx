/** The small pieces of every page. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../api/client";
import { Icon, type IconName } from "./icon";

export function Spinner({ label = "Loading" }: { label?: string }): VNode {
  return (
    <span class="spinner" role="status">
      <span class="sr-only">{label}…</span>
    </span>
  );
}

export function Skeleton({ rows = 6 }: { rows?: number }): VNode {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} style={{ width: `${90 - ((index * 17) % 45)}%` }} />
      ))}
    </div>
  );
}

export function Problem({ error, retry }: { error: unknown; retry?: () => void }): VNode {
  return (
    <div class="problem" role="alert">
      <Icon name="alert" />
      <span>{messageOf(error)}</span>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }): VNode {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  onClick?: (event: MouseEvent) => void;
  disabled?: boolean;
  pressed?: boolean;
  class?: string;
}

export function IconButton({ icon, label, onClick, disabled, pressed, class: extra }: IconButtonProps): VNode {
  return (
    <button
      type="button"
      class={`icon-button ${extra ?? ""}`}
      aria-label={label}
      title={label}
      onClick={onClick}
      disabled={disabled}
      aria-pressed={pressed}
    >
      <Icon name={icon} />
    </button>
  );
}

export function CopyButton({ text, label = "Copy" }: { text: () => string; label?: string }): VNode {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await copyText(text());
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return <IconButton icon={done ? "check" : "copy"} label={done ? "Copied" : label} onClick={() => void copy()} />;
}

/** Plain HTTP has no clipboard except on localhost; the old way works there. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
}

/** A modal dialog; the browser keeps the focus inside and closes it on Escape. */
export function Dialog({ title, onClose, children, wide }: DialogProps): VNode {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={wide ? "wide" : ""}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === ref.current && onClose()}
    >
      <div class="dialog-body">
        <header>
          <h2>{title}</h2>
          <IconButton icon="close" label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  text: ComponentChildren;
  action: string;
  busy?: boolean;
  error?: string | null;
  onConfirm: () => void;
  onClose: () => void;
}

export function Confirm({ title, text, action, busy, error, onConfirm, onClose }: ConfirmProps): VNode {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      {error && <Problem error={error} />}
      <footer class="dialog-actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={busy} onClick={onConfirm}>
          {action}
        </button>
      </footer>
    </Dialog>
  );
}

const WINDOW_EDGE = 8;

/** How far something has to go to the right so that it is inside the window. */
export function shiftInto(width: number, left: number, right: number): number {
  return Math.max(WINDOW_EDGE - left, Math.min(0, width - WINDOW_EDGE - right));
}

function keepInWindow(element: HTMLElement): void {
  element.style.transform = "";
  const { left, right, top } = element.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  element.style.transform = `translateX(${shiftInto(clientWidth, left, right)}px)`;
  element.style.maxHeight = `max(120px, min(420px, 65dvh, ${clientHeight - WINDOW_EDGE - top}px))`;
}

interface MenuProps {
  label: ComponentChildren;
  name: string;
  class?: string;
  align?: "left" | "right";
  children: (close: () => void) => ComponentChildren;
}

/** A button with a panel below it; closes on Escape, on a click elsewhere and when asked to. */
export function Menu({ label, name, class: extra, align = "left", children }: MenuProps): VNode {
  const [open, setOpen] = useState(false);
  const ref = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (panel.current) keepInWindow(panel.current);
  });
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (event.target instanceof Node && !ref.current?.contains(event.target)) setOpen(false);
    };
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  return (
    <div class="menu" ref={ref} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        class={extra}
        aria-expanded={open}
        aria-label={name}
        title={name}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open && (
        <div ref={panel} class={`menu-panel ${align}`} role="group" aria-label={name}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
