/** The title of the browser's tab. */
import { useEffect } from "preact/hooks";

export function titled(text: string): string {
  return `${text} · ocelli`;
}

/** Names what is open as long as it is; then the page's own title comes back. */
export function useTitle(name: string | undefined): void {
  useEffect(() => {
    if (!name) return;
    const before = document.title;
    document.title = titled(name);
    return () => {
      document.title = before;
    };
  }, [name]);
}
