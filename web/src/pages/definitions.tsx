/** Feedback definitions: what scores people give, and how. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { ask, tell } from "../api/client";
import type { DefinitionDetails, DefinitionType, FeedbackDefinition, Page } from "../api/types";
import { Confirm, Dialog, Empty, IconButton, Problem, Skeleton } from "../components/basics";
import { choicesOf } from "../components/annotations";
import { Icon } from "../components/icon";
import { useAction, useLoad } from "../state/load";

const TYPES: Record<DefinitionType, string> = { categorical: "Categories", numerical: "Number", boolean: "Yes or no" };

export function DefinitionsSection(): VNode {
  const list = useLoad("definitions", (signal) => ask<Page<FeedbackDefinition>>("definitions", { query: { page: 1, size: 1000 }, signal }));
  const [editing, setEditing] = useState<FeedbackDefinition | "new" | null>(null);
  const [removing, setRemoving] = useState<FeedbackDefinition | null>(null);
  const action = useAction();
  const remove = async (definition: FeedbackDefinition) => {
    if (!(await action.run(() => tell("definitionDelete", { parts: { id: definition.id } })))) return;
    setRemoving(null);
    list.reload();
  };
  const rows = list.data?.content ?? [];
  return (
    <section class="stack" aria-label="Feedback definitions">
      <div class="page-head">
        <h2 class="grow">Feedback definitions</h2>
        <button type="button" onClick={() => setEditing("new")}>
          <Icon name="plus" /> New definition
        </button>
      </div>
      {list.error !== undefined && <Problem error={list.error} retry={list.reload} />}
      {!list.data && list.loading && <Skeleton rows={3} />}
      {list.data && rows.length === 0 && <Empty title="No definitions" />}
      {rows.length > 0 && (
        <div class="card table-wrap" tabIndex={0} role="region" aria-label="Table of feedback definitions">
          <table class="simple">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Type</th>
                <th scope="col">Values</th>
                <th scope="col">
                  <span class="sr-only">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((definition) => (
                <tr key={definition.id}>
                  <td>
                    <b>{definition.name}</b>
                    <div class="muted">{definition.description}</div>
                  </td>
                  <td>{TYPES[definition.type] ?? definition.type}</td>
                  <td>{valuesText(definition)}</td>
                  <td>
                    <div class="row" style={{ flexWrap: "nowrap" }}>
                      <IconButton icon="edit" label={`Change ${definition.name}`} onClick={() => setEditing(definition)} />
                      <IconButton icon="delete" label={`Delete ${definition.name}`} onClick={() => setRemoving(definition)} />
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {editing && <DefinitionForm definition={editing === "new" ? null : editing} onClose={() => setEditing(null)} onDone={list.reload} />}
      {removing && (
        <Confirm
          title="Delete definition"
          text={<>Delete <b>{removing.name}</b>? Scores that were given stay.</>}
          action="Delete"
          busy={action.busy}
          error={action.error}
          onConfirm={() => void remove(removing)}
          onClose={() => {
            action.clear();
            setRemoving(null);
          }}
        />
      )}
    </section>
  );
}

function valuesText(definition: FeedbackDefinition): string {
  const choices = choicesOf(definition);
  if (choices) return choices.map(([label, value]) => `${label} = ${value}`).join(", ");
  return `${definition.details.min ?? ""} … ${definition.details.max ?? ""}`;
}

interface Category {
  label: string;
  value: string;
}

interface Draft {
  name: string;
  description: string;
  type: DefinitionType;
  min: string;
  max: string;
  yes: string;
  no: string;
  categories: Category[];
}

function draftOf(definition: FeedbackDefinition | null): Draft {
  const details: DefinitionDetails = definition?.details ?? {};
  const categories = Object.entries(details.categories ?? { good: 1, bad: 0 });
  return {
    name: definition?.name ?? "",
    description: definition?.description ?? "",
    type: definition?.type ?? "categorical",
    min: String(details.min ?? 0),
    max: String(details.max ?? 1),
    yes: details.true_label ?? details.trueLabel ?? "Yes",
    no: details.false_label ?? details.falseLabel ?? "No",
    categories: categories.map(([label, value]) => ({ label, value: String(value) })),
  };
}

function detailsOf(draft: Draft): DefinitionDetails {
  if (draft.type === "numerical") return { min: Number(draft.min), max: Number(draft.max) };
  if (draft.type === "boolean") return { true_label: draft.yes, false_label: draft.no };
  const named = draft.categories.filter((category) => category.label.trim() !== "");
  return { categories: Object.fromEntries(named.map((category) => [category.label.trim(), Number(category.value)])) };
}

function DefinitionForm({ definition, onClose, onDone }: { definition: FeedbackDefinition | null; onClose: () => void; onDone: () => void }): VNode {
  const [draft, setDraft] = useState(() => draftOf(definition));
  const action = useAction();
  const put = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const save = async (event: Event) => {
    event.preventDefault();
    const body = { name: draft.name.trim(), type: draft.type, description: draft.description, details: detailsOf(draft) };
    const ok = await action.run(() =>
      definition ? tell("definitionUpdate", { parts: { id: definition.id }, body }) : tell("definitionCreate", { body }),
    );
    if (!ok) return;
    onDone();
    onClose();
  };
  return (
    <Dialog title={definition ? "Change definition" : "New definition"} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <label class="field">
          Name
          <input required value={draft.name} onInput={(event) => put({ name: event.currentTarget.value })} />
        </label>
        <label class="field">
          Description
          <input maxLength={255} value={draft.description} onInput={(event) => put({ description: event.currentTarget.value })} />
        </label>
        <div class="segments" role="group" aria-label="Type">
          {(Object.keys(TYPES) as DefinitionType[]).map((type) => (
            <button key={type} type="button" aria-pressed={draft.type === type} onClick={() => put({ type })}>
              {TYPES[type]}
            </button>
          ))}
        </div>
        <DetailFields draft={draft} put={put} />
        {action.error && <Problem error={action.error} />}
        <footer class="dialog-actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={action.busy}>
            Save
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function DetailFields({ draft, put }: { draft: Draft; put: (change: Partial<Draft>) => void }): VNode {
  if (draft.type === "numerical")
    return (
      <div class="row">
        <label class="field">
          Lowest
          <input type="number" step="any" required value={draft.min} onInput={(event) => put({ min: event.currentTarget.value })} />
        </label>
        <label class="field">
          Highest
          <input type="number" step="any" required value={draft.max} onInput={(event) => put({ max: event.currentTarget.value })} />
        </label>
      </div>
    );
  if (draft.type === "boolean")
    return (
      <div class="row">
        <label class="field">
          Label of 1
          <input required value={draft.yes} onInput={(event) => put({ yes: event.currentTarget.value })} />
        </label>
        <label class="field">
          Label of 0
          <input required value={draft.no} onInput={(event) => put({ no: event.currentTarget.value })} />
        </label>
      </div>
    );
  const change = (index: number, category: Category) => put({ categories: draft.categories.map((old, at) => (at === index ? category : old)) });
  return (
    <div class="stack">
      {draft.categories.map((category, index) => (
        <div class="row" key={index}>
          <input class="grow" aria-label={`Category ${index + 1}`} required value={category.label} onInput={(event) => change(index, { ...category, label: event.currentTarget.value })} />
          <input type="number" step="any" style={{ width: "90px" }} aria-label={`Value of category ${index + 1}`} required value={category.value} onInput={(event) => change(index, { ...category, value: event.currentTarget.value })} />
          <IconButton icon="close" label={`Remove category ${index + 1}`} disabled={draft.categories.length <= 2} onClick={() => put({ categories: draft.categories.filter((_, at) => at !== index) })} />
        </div>
      ))}
      <button type="button" onClick={() => put({ categories: [...draft.categories, { label: "", value: String(draft.categories.length) }] })}>
        <Icon name="plus" /> Add category
      </button>
    </div>
  );
}
