/** Everything about one trace or span: facts, error, bodies, what people said of it. */
import type { VNode } from "preact";
import type { Target } from "../api/annotate";
import type { Span, Trace } from "../api/types";
import { formatCost, formatDuration, formatNumber, formatTime } from "../format";
import { TYPE_ICONS } from "../pages/columns";
import { link } from "../state/route";
import { Scores, TagsEditor } from "./annotations";
import { CopyButton } from "./basics";
import { BodyView } from "./body_view";
import { Comments } from "./comments";
import { Icon } from "./icon";

interface Props {
  target: Exclude<Target, { kind: "thread" }>;
  onChange: () => void;
}

export function RecordDetail({ target, onChange }: Props): VNode {
  const { record } = target;
  return (
    <>
      <Facts target={target} />
      {record.error_info && <ErrorBox record={record} />}
      <BodyView title="Input" value={record.input} />
      <BodyView title="Output" value={record.output} />
      <Usage usage={record.usage} />
      {/* Its names say as much as its values, also when there is but one. */}
      <BodyView title="Metadata" value={record.metadata} first="Pretty" />
      <TagsEditor target={target} onChange={onChange} />
      <Scores target={target} onChange={onChange} />
      <Comments target={target} onChange={onChange} />
    </>
  );
}

function Facts({ target }: { target: Props["target"] }): VNode {
  const { record } = target;
  const span = target.kind === "span" ? target.record : null;
  const trace = target.kind === "trace" ? target.record : null;
  const rows: [string, string | VNode | undefined][] = [
    ["Start", formatTime(record.start_time)],
    ["End", record.end_time ? formatTime(record.end_time) : "running"],
    ["Duration", formatDuration(record.duration)],
    ["First token", formatDuration(record.ttft)],
    ["Model", span?.model && [span.model, span.provider].filter(Boolean).join(" · ")],
    ["Provider", span?.model ? "" : span?.provider],
    ["Cost", record.total_estimated_cost ? formatCost(record.total_estimated_cost) : ""],
    ["Environment", record.environment],
    ["Thread", trace?.thread_id ? <a href={link("projects", trace.project_id, "threads", trace.thread_id)}>{trace.thread_id}</a> : ""],
    ["Source", record.source],
    [
      "Id",
      <>
        <span class="mono">{record.id}</span> <CopyButton text={() => record.id} label="Copy id" />
      </>,
    ],
  ];
  const type = span?.type ?? (span ? "general" : "trace");
  return (
    <section aria-label="Facts">
      <header>
        <span class={`type-${type}`}>
          <Icon name={TYPE_ICONS[type] ?? "thread"} />
        </span>
        <h2 class="grow">{record.name ?? (span ? "Span" : "Trace")}</h2>
        <span class={`chip type-${type}`}>{type}</span>
      </header>
      <dl class="kv">
        {rows
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
      </dl>
    </section>
  );
}

function ErrorBox({ record }: { record: Trace | Span }): VNode {
  const { exception_type, message, traceback } = record.error_info!;
  return (
    <section class="error-box" aria-label="Error">
      <b>{exception_type || "Error"}</b>
      {message && <div>{message}</div>}
      {traceback && (
        <pre tabIndex={0} aria-label="Traceback">
          {traceback}
        </pre>
      )}
    </section>
  );
}

const FIRST = ["prompt_tokens", "completion_tokens", "total_tokens"];

function Usage({ usage }: { usage: Record<string, number> | undefined }): VNode | null {
  const names = Object.keys(usage ?? {}).sort((a, b) => {
    const order = (name: string) => (FIRST.indexOf(name) + 1 || FIRST.length + 1);
    return order(a) - order(b) || (a < b ? -1 : 1);
  });
  if (names.length === 0) return null;
  return (
    <section aria-label="Usage">
      <header>
        <h2>Usage</h2>
      </header>
      <dl class="kv">
        {names.map((name) => (
          <>
            <dt>{name.replace(/_/g, " ")}</dt>
            <dd>{formatNumber(usage![name])}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}
