/** Environments: names that programs give, with colours. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { ask, tell } from "../api/client";
import type { Environment, Page } from "../api/types";
import { Confirm, Dialog, Empty, IconButton, Problem, Skeleton } from "../components/basics";
import { Icon } from "../components/icon";
import { useAction, useLoad } from "../state/load";

export function EnvironmentsSection(): VNode {
  const list = useLoad("environments", (signal) => ask<Page<Environment>>("environments", { signal }));
  const [editing, setEditing] = useState<Environment | "new" | null>(null);
  const [removing, setRemoving] = useState<Environment | null>(null);
  const action = useAction();
  const remove = async (environment: Environment) => {
    if (!(await action.run(() => tell("environmentsDelete", { body: { ids: [environment.id] } })))) return;
    setRemoving(null);
    list.reload();
  };
  const rows = list.data?.content ?? [];
  return (
    <section class="stack" aria-label="Environments">
      <div class="page-head">
        <h2 class="grow">Environments</h2>
        <button type="button" onClick={() => setEditing("new")}>
          <Icon name="plus" /> New environment
        </button>
      </div>
      {list.error !== undefined && <Problem error={list.error} retry={list.reload} />}
      {!list.data && list.loading && <Skeleton rows={3} />}
      {list.data && rows.length === 0 && <Empty title="No environments" />}
      {rows.length > 0 && (
        <ul class="card" style={{ listStyle: "none", margin: 0, padding: "4px 12px" }}>
          {rows.map((environment) => (
            <li key={environment.id} class="row" style={{ padding: "5px 0" }}>
              <span style={{ width: "12px", height: "12px", borderRadius: "50%", background: environment.color }} aria-hidden="true" />
              <b>{environment.name}</b>
              <span class="muted grow">{environment.description}</span>
              <IconButton icon="edit" label={`Change ${environment.name}`} onClick={() => setEditing(environment)} />
              <IconButton icon="delete" label={`Delete ${environment.name}`} onClick={() => setRemoving(environment)} />
            </li>
          ))}
        </ul>
      )}
      {editing && <EnvironmentForm environment={editing === "new" ? null : editing} onClose={() => setEditing(null)} onDone={list.reload} />}
      {removing && (
        <Confirm
          title="Delete environment"
          text={<>Delete <b>{removing.name}</b>? Traces keep its name.</>}
          action="Delete"
          busy={action.busy}
          error={action.error}
          onConfirm={() => void remove(removing)}
          onClose={() => setRemoving(null)}
        />
      )}
    </section>
  );
}

function EnvironmentForm({ environment, onClose, onDone }: { environment: Environment | null; onClose: () => void; onDone: () => void }): VNode {
  const [name, setName] = useState(environment?.name ?? "");
  const [description, setDescription] = useState(environment?.description ?? "");
  const [color, setColor] = useState(environment?.color ?? "#12a4b4");
  const action = useAction();
  const save = async (event: Event) => {
    event.preventDefault();
    const body = { name, description, color };
    const ok = await action.run(() =>
      environment ? tell("environmentUpdate", { parts: { id: environment.id }, body }) : tell("environmentCreate", { body }),
    );
    if (!ok) return;
    onDone();
    onClose();
  };
  return (
    <Dialog title={environment ? "Change environment" : "New environment"} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <label class="field">
          Name
          <input required pattern="[A-Za-z0-9_\-]+" title="Letters, digits, _ and -" maxLength={150} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label class="field">
          Description
          <input maxLength={500} value={description} onInput={(event) => setDescription(event.currentTarget.value)} />
        </label>
        <label class="field">
          Colour
          <input type="color" value={color} onInput={(event) => setColor(event.currentTarget.value)} />
        </label>
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
