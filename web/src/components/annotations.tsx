/** Tags and scores of a trace, span or thread: shown, given, changed, removed. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { deleteScore, putScore, setTags, type NewScore, type Target } from "../api/annotate";
import { ask } from "../api/client";
import type { FeedbackDefinition, Page, Score } from "../api/types";
import { scoreLabel } from "../format";
import { cancelOnEscape, useFocusOn, useFocusWhenShown } from "../state/focus";
import { useAction, useLoad } from "../state/load";
import { Confirm, IconButton, Problem } from "./basics";
import { Icon } from "./icon";

export interface AnnotationProps {
  target: Target;
  onChange: () => void;
}

export function TagsEditor({ target, onChange }: AnnotationProps): VNode {
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

export function Scores({ target, onChange }: AnnotationProps): VNode {
  const scores = target.record.feedback_scores ?? [];
  const definitions = useDefinitions();
  const [editing, setEditing] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Score | null>(null);
  const [section, focusOn] = useFocusOn();
  const action = useAction();
  const known = definitions.data?.content ?? [];
  const definitionOf = (name: string) => known.find((each) => each.name === name);
  const stopEditing = (name: string) => {
    setEditing(null);
    const quoted = `"${CSS.escape(name)}"`;
    focusOn(`[data-score=${quoted}] button, [data-add=${quoted}]`);
  };
  const put = async (score: NewScore) => {
    if (!(await action.run(() => putScore(target, score)))) return;
    // The button of a definition goes away with its first score, which comes a moment later.
    stopEditing(scores.some((each) => each.name === score.name) ? score.name : "");
    onChange();
  };
  const remove = async (score: Score) => {
    if (!(await action.run(() => deleteScore(target, score)))) return;
    setRemoving(null);
    focusOn('[data-add=""]');
    onChange();
  };
  const form = (score: ScoreFormProps["score"], isNew: boolean) => (
    <ScoreForm key={score.name} score={score} isNew={isNew} definition={definitionOf(score.name)} busy={action.busy} onSave={put} onClose={() => stopEditing(score.name)} />
  );
  return (
    <section aria-label="Scores" ref={section}>
      <header>
        <h2>Scores</h2>
      </header>
      <div class="scores">
        {scores.map((score) =>
          editing === score.name ? (
            form(score, false)
          ) : (
            <ScoreRow key={score.name} score={score} definition={definitionOf(score.name)} busy={action.busy} onEdit={() => setEditing(score.name)} onRemove={() => setRemoving(score)} />
          ),
        )}
        {editing !== null && !scores.some((score) => score.name === editing) && form({ name: editing, value: 0 }, true)}
        {editing === null && (
          <div class="row">
            {known
              .filter((definition) => !scores.some((score) => score.name === definition.name))
              .map((definition) => (
                <button key={definition.id} type="button" data-add={definition.name} title={definition.description} onClick={() => setEditing(definition.name)}>
                  <Icon name="plus" /> {definition.name}
                </button>
              ))}
            <button type="button" data-add="" onClick={() => setEditing("")}>
              <Icon name="plus" /> Other score
            </button>
          </div>
        )}
      </div>
      {action.error && !removing && <Problem error={action.error} />}
      {removing && (
        <Confirm
          title={`Remove the score ${removing.name}?`}
          text={labelOf(removing, definitionOf(removing.name))}
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

interface ScoreRowProps {
  score: Score;
  definition: FeedbackDefinition | undefined;
  busy: boolean;
  onEdit: () => void;
  onRemove: () => void;
}

function ScoreRow({ score, definition, busy, onEdit, onRemove }: ScoreRowProps): VNode {
  return (
    <div class="score" data-score={score.name}>
      <b>{score.name}</b>
      <span>{labelOf(score, definition)}</span>
      {score.reason && <span class="muted">{score.reason}</span>}
      <span class="grow" />
      <span class="muted hide-phone">{[score.source, score.created_by].filter(Boolean).join(" · ")}</span>
      <IconButton icon="edit" label={`Change score ${score.name}`} onClick={onEdit} />
      <IconButton icon="delete" label={`Remove score ${score.name}`} onClick={onRemove} disabled={busy} />
    </div>
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

/** The value as its definition names it. */
function labelOf(score: Score, definition: FeedbackDefinition | undefined): string {
  const choice = choicesOf(definition)?.find(([, value]) => value === score.value);
  return scoreLabel(choice && !score.category_name ? { ...score, category_name: choice[0] } : score);
}

function ScoreForm({ score, definition, isNew, busy, onSave, onClose }: ScoreFormProps): VNode {
  const [name, setName] = useState(score.name);
  const [value, setValue] = useState(isNew ? "" : String(score.value));
  const [category, setCategory] = useState(score.category_name ?? "");
  const [reason, setReason] = useState(score.reason ?? "");
  const form = useFocusWhenShown<HTMLFormElement>("input, .segments button");
  const choices = choicesOf(definition);
  const isComplete = name.trim() !== "" && value !== "" && Number.isFinite(Number(value));
  const save = (event: Event) => {
    event.preventDefault();
    if (!isComplete) return;
    onSave({ name: name.trim(), value: Number(value), ...(category ? { category_name: category } : {}), ...(reason.trim() ? { reason: reason.trim() } : {}) });
  };
  return (
    <form class="score" ref={form} onSubmit={save} onKeyDown={cancelOnEscape(onClose)} aria-label={`Score ${name}`}>
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
