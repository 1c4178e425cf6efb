/** An input, output or metadata in the view that fits it, or the one that is chosen. */
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Json } from "../api/types";
import { onlyText } from "../format";
import { findMedia, type Media } from "../views/media";
import { Markdown } from "../views/markdown";
import { recognizeMessages, type Message } from "../views/messages";
import { toYaml } from "../views/yaml";
import { CopyButton } from "./basics";
import { JsonTree } from "./json_tree";
import { MediaView, MessagesView } from "./message_view";

const VIEWS = ["Messages", "Pretty", "YAML", "Raw", "Markdown"] as const;
type View = (typeof VIEWS)[number];

const SHOWN_MAX = 200_000;

interface Props {
  title: string;
  value: Json | undefined;
  /** The view to begin with, when the value's own form is not to choose it. */
  first?: View;
}

export function BodyView({ title, value, first }: Props): VNode {
  const messages = useMemo(() => recognizeMessages(value), [value]);
  const text = useMemo(() => onlyText(value), [value]);
  const [chosen, setChosen] = useState<View | null>(null);
  const usual: View = first ?? (messages ? "Messages" : text !== null ? "Markdown" : "Pretty");
  const offered = VIEWS.filter((view) => (view === "Messages" ? messages !== null : view === "Markdown" ? text !== null : true));
  const view = chosen && offered.includes(chosen) ? chosen : usual;
  if (value === undefined)
    return (
      <section>
        <header>
          <h2>{title}</h2>
          <span class="muted">none</span>
        </header>
      </section>
    );
  return (
    <section aria-label={title}>
      <header>
        <h2 class="whole">{title}</h2>
        <div class="segments" role="group" aria-label={`View of ${title}`}>
          {offered.map((each) => (
            <button key={each} type="button" aria-pressed={each === view} onClick={() => setChosen(each)}>
              {each}
            </button>
          ))}
        </div>
        <CopyButton label={`Copy ${title}`} text={() => (typeof value === "string" ? value : JSON.stringify(value, null, 2))} />
      </header>
      <div class="body-view">
        <Shown view={view} value={value} messages={messages} text={text} title={title} />
      </div>
      {view !== "Messages" && <MediaList value={value} />}
    </section>
  );
}

interface ShownProps {
  view: View;
  value: Json;
  messages: Message[] | null;
  text: string | null;
  title: string;
}

function Shown({ view, value, messages, text, title }: ShownProps): VNode {
  switch (view) {
    case "Messages":
      return <MessagesView messages={messages!} label={`${title} as messages`} />;
    case "Markdown":
      return (
        <div class="body-scroll" style={{ padding: 0, whiteSpace: "normal" }} tabIndex={0} role="region" aria-label={`${title} as text`}>
          <Markdown text={text!.slice(0, SHOWN_MAX)} />
        </div>
      );
    case "YAML":
      return <Text text={toYaml(value)} label={`${title} as YAML`} />;
    case "Raw":
      return <Text text={JSON.stringify(value, null, 2)} label={`${title} as JSON`} />;
    case "Pretty":
      return <JsonTree value={value} label={title} />;
  }
}

/** Very long texts are cut: laying them out would hold up the page. */
function Text({ text, label }: { text: string; label: string }): VNode {
  const [whole, setWhole] = useState(false);
  const isCut = text.length > SHOWN_MAX && !whole;
  return (
    <>
      <pre tabIndex={0} aria-label={label}>
        {isCut ? text.slice(0, SHOWN_MAX) : text}
      </pre>
      {isCut && (
        <button type="button" class="plain" onClick={() => setWhole(true)}>
          Show all {text.length} characters
        </button>
      )}
    </>
  );
}

function MediaList({ value }: { value: Json }): VNode | null {
  const found = useMemo(() => findMedia(value), [value]);
  if (found.length === 0) return null;
  return (
    <div class="media-list">
      {found.map(({ path, media }: { path: string; media: Media }) => (
        <figure key={path}>
          <MediaView media={media} />
          <figcaption>{path}</figcaption>
        </figure>
      ))}
    </div>
  );
}
