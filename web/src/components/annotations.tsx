/** Tags, scores and comments of a trace, span or thread: shown, given, changed, removed. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { addComment, changeComment, deleteComment, deleteScore, putScore, setTags, type NewScore, type Target } from "../api/annotate";
import { ask } from "../api/client";
import type { Comment, FeedbackDefinition, Page, Score } from "../api/types";
import { formatAgo, formatTime, scoreLabel } from "../format";
import { useAction, useLoad } from "../state/load";
import { IconButton, Problem } from "./basics";
import { Icon } from "./icon";

interface Props {
  target: Target;
  onChange: () => void;
}

export function TagsEditor({ target, onChange }: Props): VNode {
  const [text, setText] = useState("");
  const action = useAction();
  const tags = target.record.tags ?? [];
  const save = async (next: string[]) => {
    if (await action.run(() => setTags(target, next))) onChange();
  };
  const add = (event: Event) => {
    event.preventDefault();
    const more = text.split(",").map((tag) => tag.trim()).filter((tag) => tag && !tags.includes(tag));
    setText("");
    if (more.length) void save([...tags, ...more]);
  };
  return (
    <section aria-label="Tags">
      <header>
        <h2>Tags</h2>
      </header>
      <form class="row" onSubmit={add}>
        {tags.map((tag) => (
          <span class="chip" key={tag}>
            {tag}
            <button type="button" aria-label={`Remove tag ${tag}`} disabled={action.busy} onClick={() => void save(tags.filter((each) => each !== tag))}>
              <Icon name="close" />
            </button>
          </span>
        ))}
        <input aria-label="Add tag" placeholder="Add tag" style={{ width: "120px" }} maxLength={100} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        {text.trim() && <button type="submit">Add</button>}
      </form>
      {action.error && <Problem error={action.error} />}
    </section>
  );
}

function useDefinitions() {
  return useLoad("definitions", (signal) => ask<Page<FeedbackDefinition>>("definitions", { query: { page: 1, size: 1000 }, signal }));
}

export function Scores({ target, onChange }: Props): VNode {
  const scores = target.record.feedback_scores ?? [];
  const definitions = useDefinitions();
  const [editing, setEditing] = useState<string | null>(null);
  const action = useAction();
  const known = definitions.data?.content ?? [];
  const put = async (score: NewScore) => {
    if (!(await action.run(() => putScore(target, score)))) return;
    setEditing(null);
    onChange();
  };
  const remove = async (score: Score) => {
    if (await action.run(() => deleteScore(target, score))) onChange();
  };
  const free = known.filter((definition) => !scores.some((score) => score.name === definition.name));
  return (
    <section aria-label="Scores">
      <header>
        <h2>Scores</h2>
      </header>
      <div class="scores">
        {scores.map((score) =>
          editing === score.name ? (
            <ScoreForm key={score.name} score={score} definition={known.find((each) => each.name === score.name)} busy={action.busy} onSave={put} onClose={() => setEditing(null)} />
          ) : (
            <div class="score" key={score.name} data-score={score.name}>
              <b>{score.name}</b>
              <span>{scoreLabel(score)}</span>
              {score.reason && <span class="muted">{score.reason}</span>}
              <span class="grow" />
              <span class="muted hide-phone">{[score.source, score.created_by].filter(Boolean).join(" · ")}</span>
              <IconButton icon="edit" label={`Change score ${score.name}`} onClick={() => setEditing(score.name)} />
              <IconButton icon="delete" label={`Remove score ${score.name}`} onClick={() => void remove(score)} disabled={action.busy} />
            </div>
          ),
        )}
        {editing !== null && !scores.some((score) => score.name === editing) && (
          <ScoreForm key={editing} score={{ name: editing, value: 0 }} isNew definition={known.find((each) => each.name === editing)} busy={action.busy} onSave={put} onClose={() => setEditing(null)} />
        )}
        {editing === null && (
          <div class="row">
            {free.map((definition) => (
              <button key={definition.id} type="button" title={definition.description} onClick={() => setEditing(definition.name)}>
                <Icon name="plus" /> {definition.name}
              </button>
            ))}
            <button type="button" onClick={() => setEditing("")}>
              <Icon name="plus" /> Other score
            </button>
          </div>
        )}
      </div>
      {action.error && <Problem error={action.error} />}
    </section>
  );
}

interface ScoreFormProps {
  score: { name: string; value: number; reason?: string; category_name?: string };
  definition: FeedbackDefinition | undefined;
  isNew?: boolean;
  busy: boolean;
  onSave: (score: NewScore) => void;
  onClose: () => void;
}

/** The choices that a definition offers, or null when a number is typed. */
export function choicesOf(definition: FeedbackDefinition | undefined): [label: string, value: number][] | null {
  const details = definition?.details;
  if (definition?.type === "categorical" && details?.categories) return Object.entries(details.categories);
  if (definition?.type !== "boolean" || !details) return null;
  return [
    [details.true_label ?? details.trueLabel ?? "True", 1],
    [details.false_label ?? details.falseLabel ?? "False", 0],
  ];
}

function ScoreForm({ score, definition, isNew, busy, onSave, onClose }: ScoreFormProps): VNode {
  const [name, setName] = useState(score.name);
  const [value, setValue] = useState(isNew ? "" : String(score.value));
  const [category, setCategory] = useState(score.category_name ?? "");
  const [reason, setReason] = useState(score.reason ?? "");
  const choices = choicesOf(definition);
  const isComplete = name.trim() !== "" && value !== "" && Number.isFinite(Number(value));
  const save = (event: Event) => {
    event.preventDefault();
    if (!isComplete) return;
    onSave({ name: name.trim(), value: Number(value), ...(category ? { category_name: category } : {}), ...(reason.trim() ? { reason: reason.trim() } : {}) });
  };
  return (
    <form class="score" onSubmit={save} aria-label={`Score ${name}`}>
      {definition || !isNew ? (
        <b>{name}</b>
      ) : (
        <input aria-label="Name of the score" placeholder="Name" required value={name} onInput={(event) => setName(event.currentTarget.value)} />
      )}
      {choices ? (
        <div class="segments" role="group" aria-label={`Value of ${name}`}>
          {choices.map(([label, number]) => (
            <button
              key={label}
              type="button"
              aria-pressed={definition?.type === "categorical" && category ? category === label : value !== "" && Number(value) === number}
              onClick={() => {
                setValue(String(number));
                setCategory(definition?.type === "categorical" ? label : "");
              }}
            >
              {label}
            </button>
          ))}
        </div>
      ) : (
        <input
          type="number"
          step="any"
          style={{ width: "110px" }}
          aria-label={`Value of ${name || "the score"}`}
          placeholder={definition?.type === "numerical" ? `${definition.details.min} … ${definition.details.max}` : "Value"}
          min={definition?.details.min}
          max={definition?.details.max}
          required
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      )}
      <input class="grow" aria-label="Reason" placeholder="Reason" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      <button type="submit" class="primary" disabled={busy || !isComplete}>
        Save
      </button>
      <button type="button" onClick={onClose}>
        Cancel
      </button>
    </form>
  );
}

export function Comments({ target, onChange }: Props): VNode {
  const comments = target.record.comments ?? [];
  const [text, setText] = useState("");
  const [editing, setEditing] = useState<string | null>(null);
  const action = useAction();
  const run = async (work: () => Promise<unknown>) => {
    const ok = await action.run(work);
    if (ok) onChange();
    return ok;
  };
  const add = async (event: Event) => {
    event.preventDefault();
    if (text.trim() && (await run(() => addComment(target, text.trim())))) setText("");
  };
  return (
    <section aria-label="Comments">
      <header>
        <h2>Comments</h2>
      </header>
      <div class="stack">
        {comments.map((comment) => (
          <CommentView
            key={comment.id}
            comment={comment}
            editing={editing === comment.id}
            busy={action.busy}
            onEdit={() => setEditing(editing === comment.id ? null : comment.id)}
            onSave={async (next) => {
              if (await run(() => changeComment(target, comment, next))) setEditing(null);
            }}
            onRemove={() => void run(() => deleteComment(target, comment))}
          />
        ))}
        <form class="stack" onSubmit={(event) => void add(event)}>
          <textarea aria-label="New comment" placeholder="Write a comment" value={text} onInput={(event) => setText(event.currentTarget.value)} />
          {text.trim() && (
            <div class="row">
              <button type="submit" class="primary" disabled={action.busy}>
                Comment
              </button>
            </div>
          )}
        </form>
      </div>
      {action.error && <Problem error={action.error} />}
    </section>
  );
}

interface CommentProps {
  comment: Comment;
  editing: boolean;
  busy: boolean;
  onEdit: () => void;
  onSave: (text: string) => void;
  onRemove: () => void;
}

function CommentView({ comment, editing, busy, onEdit, onSave, onRemove }: CommentProps): VNode {
  const [text, setText] = useState(comment.text);
  return (
    <div class="comment">
      <div class="row">
        <b>{comment.created_by ?? ""}</b>
        <span class="muted grow" title={formatTime(comment.created_at)}>
          {formatAgo(comment.created_at)}
        </span>
        <IconButton icon="edit" label="Change comment" onClick={onEdit} />
        <IconButton icon="delete" label="Remove comment" onClick={onRemove} disabled={busy} />
      </div>
      {editing ? (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) onSave(text.trim());
          }}
        >
          <textarea aria-label="Comment" value={text} onInput={(event) => setText(event.currentTarget.value)} />
          <div class="row">
            <button type="submit" class="primary" disabled={busy || !text.trim()}>
              Save
            </button>
            <button type="button" onClick={onEdit}>
              Cancel
            </button>
          </div>
        </form>
      ) : (
        <p>{comment.text}</p>
      )}
    </div>
  );
}
