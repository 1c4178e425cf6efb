/** The workspace's settings. */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { tell } from "../api/client";
import { Problem, Skeleton } from "../components/basics";
import { notify } from "../components/notice";
import { fromMinutes, toMinutes } from "../query/iso_duration";
import { useAction, useLoad } from "../state/load";
import { forgetConfiguration, loadConfiguration } from "../state/preferences";

export function WorkspaceSection(): VNode {
  const loaded = useLoad("configuration", loadConfiguration);
  const [minutes, setMinutes] = useState("");
  const [truncation, setTruncation] = useState(true);
  const action = useAction();
  useEffect(() => {
    if (!loaded.data) return;
    setMinutes(toMinutes(loaded.data.timeout_to_mark_thread_as_inactive));
    setTruncation(loaded.data.truncation_on_tables ?? true);
  }, [loaded.data]);
  const save = async (event: Event) => {
    event.preventDefault();
    // What this form does not show is kept: the whole object is replaced.
    const body = { ...loaded.data, timeout_to_mark_thread_as_inactive: fromMinutes(minutes), truncation_on_tables: truncation };
    if (!(await action.run(() => tell("configurationUpdate", { body })))) return;
    forgetConfiguration();
    notify("Saved");
    loaded.reload();
  };
  return (
    <section class="stack" aria-label="Workspace">
      <h2>Workspace</h2>
      {loaded.error !== undefined && <Problem error={loaded.error} retry={loaded.reload} />}
      {!loaded.data && loaded.error === undefined && <Skeleton rows={3} />}
      {loaded.data && (
        <form class="stack card" style={{ padding: "12px", maxWidth: "480px" }} onSubmit={(event) => void save(event)}>
          <label class="field">
            Minutes until a thread is marked inactive
            <input type="number" min="1" max="10080" placeholder="15" value={minutes} onInput={(event) => setMinutes(event.currentTarget.value)} />
          </label>
          <label class="check">
            <input type="checkbox" checked={truncation} onChange={() => setTruncation(!truncation)} /> Cut long values in tables
          </label>
          {action.error && <Problem error={action.error} />}
          <div class="row">
            <button type="submit" class="primary" disabled={action.busy}>
              Save
            </button>
          </div>
        </form>
      )}
    </section>
  );
}
