/** Messages as a chat. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Json } from "../api/types";
import { Markdown } from "../views/markdown";
import type { Media } from "../views/media";
import type { Part } from "../views/message_parts";
import type { Message } from "../views/messages";

const FIRST = 50;

export function MessagesView({ messages, label }: { messages: readonly Message[]; label: string }): VNode {
  const [all, setAll] = useState(false);
  const shown = all ? messages : messages.slice(-FIRST);
  return (
    <div class="messages" tabIndex={0} role="region" aria-label={label}>
      {shown.length < messages.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show {messages.length - shown.length} earlier
        </button>
      )}
      {shown.map((message, index) => (
        <article key={index} class={`message ${message.role}`}>
          <div class="who">{message.label}</div>
          <Parts parts={message.parts} />
        </article>
      ))}
    </div>
  );
}

export function Parts({ parts }: { parts: readonly Part[] }): VNode {
  return (
    <div class="parts">
      {parts.length === 0 && <span class="muted">empty</span>}
      {parts.map((part, index) => (
        <PartView key={index} part={part} />
      ))}
    </div>
  );
}

function text(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function PartView({ part }: { part: Part }): VNode {
  switch (part.kind) {
    case "text":
      return <Markdown text={part.text} />;
    case "thinking":
      return (
        <details>
          <summary>Thinking</summary>
          <Markdown text={part.text} />
        </details>
      );
    case "media":
      return <MediaView media={part.media} />;
    case "call":
      return (
        <div class="part-call">
          <b>{part.name || "tool"}</b> <span class="muted mono">{part.id}</span>
          <pre>{text(part.args)}</pre>
        </div>
      );
    case "result":
      return (
        <div class="part-result">
          <b>{part.name ?? "Result"}</b> <span class="muted mono">{part.id}</span>
          <Parts parts={part.parts} />
        </div>
      );
    case "other":
      return <pre class="mono">{text(part.value)}</pre>;
  }
}

/** Only data that is in the record is shown; addresses of other hosts stay text. */
export function MediaView({ media }: { media: Media }): VNode {
  if (!media.source)
    return (
      <span class="chip" title="Not loaded, as it is on another host">
        {media.kind}: {media.label}
      </span>
    );
  return (
    <div class="media">
      {media.kind === "image" ? <img src={media.source} alt={`Image (${media.label})`} loading="lazy" /> : <audio src={media.source} controls preload="metadata" aria-label="Audio" />}
    </div>
  );
}
