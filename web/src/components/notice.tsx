/** Short notices at the foot of the page. */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

interface Notice {
  id: number;
  text: string;
  bad: boolean;
}

let last = 0;
let show: ((notice: Notice) => void) | null = null;

export function notify(text: string, bad = false): void {
  show?.({ id: ++last, text, bad });
}

export function Notices(): VNode {
  const [notices, setNotices] = useState<Notice[]>([]);
  useEffect(() => {
    show = (notice) => {
      setNotices((old) => [...old.slice(-2), notice]);
      setTimeout(() => setNotices((old) => old.filter((each) => each.id !== notice.id)), notice.bad ? 8000 : 3500);
    };
    return () => {
      show = null;
    };
  }, []);
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} class={notice.bad ? "notice bad" : "notice"}>
          {notice.text}
        </div>
      ))}
    </div>
  );
}
