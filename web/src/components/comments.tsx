/** Comments of a trace, span or thread: written, changed, removed. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { addComment, changeComment, deleteComment } from "../api/annotate";
import type { Comment } from "../api/types";
import { formatAgo, formatTime } from "../format";
import { cancelOnEscape, useFocusOn, useFocusWhenShown } from "../state/focus";
import { useAction } from "../state/load";
import type { AnnotationProps } from "./annotations";
import { Confirm, IconButton, Problem } from "./basics";

export function Comments({ target, onChange }: AnnotationProps): VNode {
  const comments = target.record.comments ?? [];
  const [text, setText] = useState("");
  const [editing, setEditing] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Comment | null>(null);
  const [section, focusOn] = useFocusOn();
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
  const stopEditing = (comment: Comment) => {
    setEditing(null);
    focusOn(`[data-comment="${comment.id}"] button`);
  };
  const remove = async (comment: Comment) => {
    if (!(await run(() => deleteComment(target, comment)))) return;
    setRemoving(null);
    focusOn(null);
  };
  return (
    <section aria-label="Comments" ref={section} tabIndex={-1}>
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
            onEdit={() => setEditing(comment.id)}
            onCancel={() => stopEditing(comment)}
            onSave={async (next) => {
              if (await run(() => changeComment(target, comment, next))) stopEditing(comment);
            }}
            onRemove={() => setRemoving(comment)}
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
      {action.error && !removing && <Problem error={action.error} />}
      {removing && (
        <Confirm
          title="Remove the comment?"
          text={`“${removing.text}”`}
          action="Remove"
          busy={action.busy}
          error={action.error}
          onConfirm={() => void remove(removing)}
          onClose={() => setRemoving(null)}
        />
      )}
    </section>
  );
}

interface CommentProps {
  comment: Comment;
  editing: boolean;
  busy: boolean;
  onEdit: () => void;
  onCancel: () => void;
  onSave: (text: string) => void;
  onRemove: () => void;
}

function CommentView({ comment, editing, busy, onEdit, onCancel, onSave, onRemove }: CommentProps): VNode {
  return (
    <div class="comment" data-comment={comment.id}>
      <div class="row">
        <b>{comment.created_by ?? ""}</b>
        <span class="muted grow" title={formatTime(comment.created_at)}>
          {formatAgo(comment.created_at)}
        </span>
        <IconButton icon="edit" label="Change comment" onClick={editing ? onCancel : onEdit} />
        <IconButton icon="delete" label="Remove comment" onClick={onRemove} disabled={busy} />
      </div>
      {editing ? <CommentForm before={comment.text} busy={busy} onCancel={onCancel} onSave={onSave} /> : <p>{comment.text}</p>}
    </div>
  );
}

interface FormProps {
  before: string;
  busy: boolean;
  onCancel: () => void;
  onSave: (text: string) => void;
}

function CommentForm({ before, busy, onCancel, onSave }: FormProps): VNode {
  const [text, setText] = useState(before);
  const form = useFocusWhenShown<HTMLFormElement>("textarea");
  const save = (event: Event) => {
    event.preventDefault();
    if (text.trim()) onSave(text.trim());
  };
  return (
    <form class="stack" ref={form} onSubmit={save} onKeyDown={cancelOnEscape(onCancel)}>
      <textarea aria-label="Comment" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <div class="row">
        <button type="submit" class="primary" disabled={busy || !text.trim()}>
          Save
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
