/** A thread as a conversation. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Target } from "../api/annotate";
import { ApiError, ask, tell } from "../api/client";
import type { Json, Page, Thread, Trace } from "../api/types";
import { Scores, TagsEditor } from "../components/annotations";
import { Empty, IconButton, Problem, Skeleton } from "../components/basics";
import { Comments } from "../components/comments";
import { MediaView, Parts } from "../components/message_view";
import { formatCost, formatDuration, formatNumber, formatTime, onlyText, plural } from "../format";
import { useKeys } from "../state/keys";
import { useAction, useLoad, useRefresh, type Loaded } from "../state/load";
import { link, listAddress, navigate } from "../state/route";
import { findMedia } from "../views/media";
import { Markdown } from "../views/markdown";
import { recognizeMessages, type Role } from "../views/messages";
import { useProject } from "./project";

const TURNS_MAX = 1000;
const FIRST = 100;
const REFRESH_MS = 3000;

interface Props {
  project: string;
  thread: string;
  actions?: ComponentChildren;
  onChange?: () => void;
}

function loadTurns(project: string, thread: string, signal: AbortSignal): Promise<Page<Trace>> {
  return ask<Page<Trace>>("traces", {
    query: {
      project_id: project,
      size: TURNS_MAX,
      filters: JSON.stringify([{ field: "thread_id", operator: "=", value: thread }]),
      sorting: JSON.stringify([{ field: "start_time", direction: "ASC" }]),
      exclude: JSON.stringify(["metadata"]),
    },
    signal,
  });
}

/** The record tells of its turns too, so that these are asked for only when it has changed. */
function useThread(project: string, id: string): { thread: Loaded<Thread>; turns: Loaded<Page<Trace>> } {
  const thread = useLoad(`thread ${project} ${id}`, (signal) =>
    ask<Thread>("threadRetrieve", { body: { project_id: project, thread_id: id, truncate: false }, signal }),
  );
  const turns = useLoad(`turns ${project} ${id}`, (signal) => loadTurns(project, id, signal));
  useRefresh(thread, thread.data !== undefined, REFRESH_MS);
  const state = thread.data && JSON.stringify(thread.data);
  const known = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (known.current !== undefined && state !== undefined) turns.reload();
    known.current = state;
  }, [state]);
  return { thread, turns };
}

export function ThreadView({ project, thread: id, actions, onChange }: Props): VNode {
  const { thread, turns } = useThread(project, id);
  // The same element is not drawn again when only the record was asked for.
  const conversation = useMemo(
    () => turns.data && <Conversation project={project} turns={turns.data.content} total={turns.data.total} />,
    [project, turns.data],
  );
  const { data: owner } = useProject(project);
  const back = () => navigate(listAddress("threads", project));
  useKeys(actions ? {} : { Escape: back });
  const isUnknown = thread.error instanceof ApiError && thread.error.isMissing && turns.data?.content.length === 0;
  const changed = () => {
    thread.reload();
    onChange?.();
  };
  return (
    <article class="trace" aria-label={`Thread ${id}`}>
      <header class="trace-head">
        <h1>{id}</h1>
        {thread.data && <span class={`chip ${thread.data.status === "inactive" ? "" : "live"}`}>{thread.data.status ?? "active"}</span>}
        <ThreadFacts thread={thread.data} />
        {thread.data && <StatusButton project={project} thread={thread.data} onChange={changed} />}
        {actions ?? <IconButton icon="back" label="All threads (Esc)" onClick={back} />}
      </header>
      {isUnknown && <Empty title="There is no such thread" />}
      <div class="thread-body" style={isUnknown ? { display: "none" } : undefined}>
        <div tabIndex={0} role="region" aria-label="Conversation">
          {turns.error !== undefined && <Problem error={turns.error} retry={turns.reload} />}
          {!turns.data && turns.error === undefined && <Skeleton rows={10} />}
          {conversation}
        </div>
        <div class="thread-side" tabIndex={0} role="region" aria-label="About the thread">
          {thread.error !== undefined && <Problem error={thread.error} retry={thread.reload} />}
          {thread.data && owner && <About target={{ kind: "thread", record: thread.data, projectName: owner.name }} onChange={changed} />}
        </div>
      </div>
    </article>
  );
}

function About({ target, onChange }: { target: Target; onChange: () => void }): VNode {
  return (
    <>
      <TagsEditor target={target} onChange={onChange} />
      <Scores target={target} onChange={onChange} />
      <Comments target={target} onChange={onChange} />
    </>
  );
}

function ThreadFacts({ thread }: { thread: Thread | undefined }): VNode {
  return (
    <div class="facts grow">
      {thread && (
        <>
          <span>{plural(thread.number_of_messages ?? 0, "message")}</span>
          {thread.duration !== undefined && <b>{formatDuration(thread.duration)}</b>}
          {thread.usage?.total_tokens !== undefined && <span>{formatNumber(thread.usage.total_tokens)} tokens</span>}
          {thread.total_estimated_cost !== undefined && <b>{formatCost(thread.total_estimated_cost)}</b>}
        </>
      )}
    </div>
  );
}

function StatusButton({ project, thread, onChange }: { project: string; thread: Thread; onChange: () => void }): VNode {
  const action = useAction();
  const isOpen = thread.status !== "inactive";
  const change = async () => {
    const body = { project_id: project, thread_id: thread.id };
    if (await action.run(() => tell(isOpen ? "threadClose" : "threadOpen", { body }))) onChange();
  };
  return (
    <button type="button" disabled={action.busy} title={action.error ?? undefined} onClick={() => void change()}>
      {isOpen ? "Mark inactive" : "Mark active"}
    </button>
  );
}

function Conversation({ project, turns, total }: { project: string; turns: readonly Trace[]; total: number }): VNode {
  const [all, setAll] = useState(false);
  const shown = all ? turns : turns.slice(-FIRST);
  if (turns.length === 0) return <Empty title="This thread has no traces" />;
  return (
    <div class="conversation">
      {total > turns.length && <p class="muted">The first {formatNumber(turns.length)} of {formatNumber(total)} traces are shown.</p>}
      {shown.length < turns.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show {turns.length - shown.length} earlier
        </button>
      )}
      {shown.map((trace) => (
        <Turn key={trace.id} project={project} trace={trace} />
      ))}
    </div>
  );
}

function Turn({ project, trace }: { project: string; trace: Trace }): VNode {
  return (
    <div class="turn">
      <Bubble side="user" value={trace.input} label="User" />
      <Bubble side="assistant" value={trace.output} label="Assistant" />
      {trace.error_info && <div class="error-box">{trace.error_info.message || trace.error_info.exception_type}</div>}
      <div class="turn-facts">
        <a href={link("projects", project, "traces", trace.id)}>{trace.name ?? "Trace"}</a>
        <span>{formatTime(trace.start_time)}</span>
        <span>{trace.end_time ? formatDuration(trace.duration) : "running"}</span>
        {trace.total_estimated_cost !== undefined && <span>{formatCost(trace.total_estimated_cost)}</span>}
      </div>
    </div>
  );
}

/** Of a history that is sent again with each turn only the newest message of the side is shown. */
function Bubble({ side, value, label }: { side: Role; value: Json | undefined; label: string }): VNode | null {
  const messages = useMemo(() => recognizeMessages(value), [value]);
  if (value === undefined || value === null) return null;
  const text = onlyText(value);
  const own = messages?.filter((message) => message.role === side);
  const newest = own?.[own.length - 1] ?? messages?.[messages.length - 1];
  return (
    <div class={`bubble ${side}`}>
      <span class="sr-only">{label}: </span>
      {newest ? <Parts parts={newest.parts} /> : text !== null ? <Markdown text={text} /> : <pre>{JSON.stringify(value, null, 2)}</pre>}
      {!newest && findMedia(value).map(({ path, media }) => <MediaView key={path} media={media} />)}
    </div>
  );
}
