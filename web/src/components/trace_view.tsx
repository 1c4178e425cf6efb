/** A trace: the tree of its spans beside the one that is looked at. */
import type { ComponentChildren, VNode } from "preact";
import { formatCost, formatDuration, formatNumber } from "../format";
import { useTitle } from "../state/title";
import { isUnfinished, useSpan, useStructure, useTrace } from "../state/trace";
import { Problem, Skeleton } from "./basics";
import { RecordDetail } from "./record_detail";
import { SpanRows } from "./span_rows";

interface Props {
  project: string;
  trace: string;
  span: string | null;
  onSelect: (span: string | null) => void;
  /** Buttons at the end of the head. */
  actions: ComponentChildren;
  onChange?: () => void;
}

export function TraceView({ project, trace: id, span: spanId, onSelect, actions, onChange }: Props): VNode {
  const trace = useTrace(id);
  const structure = useStructure(project, trace.data, id);
  const data = trace.data;
  const isRunning = isUnfinished(data);
  const { tree } = structure;
  useTitle(data?.name);
  return (
    <article class="trace" aria-label={`Trace ${data?.name ?? ""}`}>
      <header class="trace-head">
        <h1>{data ? (data.name ?? "Trace") : "Trace"}</h1>
        {isRunning && <span class="chip live">running</span>}
        {data?.error_info && <span class="chip bad">{data.error_info.exception_type || "error"}</span>}
        <div class="facts grow">
          {data?.duration !== undefined && <b>{formatDuration(data.duration)}</b>}
          {tree.isRunning && data && <b>{formatDuration(tree.end - Date.parse(data.start_time))}</b>}
          {data && structure.total !== null && (
            <span>
              <b>{formatNumber(structure.total)}</b> {structure.total === 1 ? "span" : "spans"}
            </span>
          )}
          {data?.usage?.total_tokens !== undefined && (
            <span>
              <b>{formatNumber(data.usage.total_tokens)}</b> tokens
            </span>
          )}
          {data?.total_estimated_cost !== undefined && <b>{formatCost(data.total_estimated_cost)}</b>}
        </div>
        {actions}
      </header>
      {trace.error !== undefined && !data ? (
        <Problem error={trace.error} retry={trace.reload} />
      ) : (
        <div class="trace-body">
          <SpanRows trace={data} structure={structure} selected={spanId} onSelect={onSelect} />
          <Detail
            key={spanId ?? id}
            trace={trace}
            span={spanId}
            onChange={() => {
              trace.reload();
              onChange?.();
            }}
          />
        </div>
      )}
    </article>
  );
}

function Detail({ trace, span: id, onChange }: { trace: ReturnType<typeof useTrace>; span: string | null; onChange: () => void }): VNode {
  const span = useSpan(id);
  const shown = id === null ? trace : span;
  return (
    <div class="detail" tabIndex={0} role="region" aria-label={id === null ? "Details of the trace" : "Details of the span"}>
      {shown.error !== undefined && <Problem error={shown.error} retry={shown.reload} />}
      {!shown.data && shown.error === undefined && <Skeleton rows={10} />}
      {id === null && trace.data && <RecordDetail target={{ kind: "trace", record: trace.data }} onChange={onChange} />}
      {id !== null && span.data && (
        <RecordDetail
          target={{ kind: "span", record: span.data }}
          onChange={() => {
            span.reload();
            onChange();
          }}
        />
      )}
    </div>
  );
}
