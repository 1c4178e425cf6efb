/** What can be done with the rows that are selected. */
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { formatNumber, plural } from "../format";
import type { Kind } from "../query/fields";
import { changeTags, collectRows, deleteRows, download, type ExportFormat } from "../state/bulk";
import type { ListView } from "../state/list_view";
import { useAction } from "../state/load";
import type { AnyRow } from "../state/rows";
import { selectionOf, type Selection } from "../state/selection";
import { Confirm, Dialog, Menu, Problem } from "./basics";
import { Icon } from "./icon";
import { notify } from "./notice";

interface Props {
  kind: Kind;
  project: string;
  view: ListView;
  rows: readonly AnyRow[];
  selected: Selection;
  onClear: () => void;
  onDeleted: (ids: ReadonlySet<string>) => void;
  onTagged: () => void;
}

export function BulkBar(props: Props): VNode {
  const { kind, project, selected, rows } = props;
  const [open, setOpen] = useState<"tags" | "delete" | null>(null);
  const action = useAction();
  const chosen = [...selectionOf(selected.keys(), rows, selected).values()];
  const noun = kind.slice(0, -1);
  const remove = async () => {
    const ids = [...selected.keys()];
    if (!(await action.run(() => deleteRows(kind, project, ids)))) return;
    notify(`Deleted ${plural(ids.length, noun)}`);
    setOpen(null);
    props.onDeleted(new Set(ids));
  };
  return (
    <div class="bulk" role="toolbar" aria-label="Selected rows">
      <b>{plural(selected.size, noun)} selected</b>
      <button type="button" onClick={() => setOpen("tags")}>
        <Icon name="tag" /> Tags
      </button>
      <ExportMenu {...props} ids={[...selected.keys()]} label="Export" />
      <button type="button" onClick={() => setOpen("delete")}>
        <Icon name="delete" /> Delete
      </button>
      <button type="button" class="plain" onClick={props.onClear}>
        Clear
      </button>
      {open === "tags" && <TagsDialog {...props} rows={chosen} onClose={() => setOpen(null)} />}
      {open === "delete" && (
        <Confirm
          title={`Delete ${plural(selected.size, noun)}`}
          text={kind === "spans" ? "Everything below these spans goes with them." : "Their spans, scores and comments go with them."}
          action="Delete"
          busy={action.busy}
          error={action.error}
          onConfirm={() => void remove()}
          onClose={() => setOpen(null)}
        />
      )}
    </div>
  );
}

function splitTags(text: string): string[] {
  return [...new Set(text.split(",").map((tag) => tag.trim()))].filter((tag) => tag !== "");
}

function TagsDialog({ kind, rows, onClose, onTagged }: Props & { onClose: () => void }): VNode {
  const [add, setAdd] = useState("");
  const [remove, setRemove] = useState<ReadonlySet<string>>(new Set());
  const action = useAction();
  const present = [...new Set(rows.flatMap((row) => row.tags ?? []))].sort();
  const toggle = (tag: string) => {
    const next = new Set(remove);
    if (!next.delete(tag)) next.add(tag);
    setRemove(next);
  };
  const noun = kind.slice(0, -1);
  const save = async (event: Event) => {
    event.preventDefault();
    let count = 0;
    const change = async () => (count = await changeTags(kind, rows, splitTags(add), [...remove]));
    if (!(await action.run(change))) return;
    notify(`Tags of ${plural(count, noun)} changed`);
    onTagged();
    onClose();
  };
  return (
    <Dialog title={`Tags of ${plural(rows.length, noun)}`} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <label class="field">
          Add, separated by commas
          <input value={add} onInput={(event) => setAdd(event.currentTarget.value)} />
        </label>
        {present.length > 0 && (
          <fieldset>
            <legend>Remove</legend>
            {present.map((tag) => (
              <label class="check" key={tag}>
                <input type="checkbox" checked={remove.has(tag)} onChange={() => toggle(tag)} /> {tag}
              </label>
            ))}
          </fieldset>
        )}
        {action.error && <Problem error={action.error} />}
        <footer class="dialog-actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={action.busy || (splitTags(add).length === 0 && remove.size === 0)}>
            Save
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

interface ExportProps {
  kind: Kind;
  project: string;
  view: ListView;
  ids: readonly string[] | null;
  label: string;
}

export function ExportMenu({ kind, project, view, ids, label }: ExportProps): VNode {
  const [progress, setProgress] = useState<[done: number, total: number] | null>(null);
  const control = useRef<AbortController | null>(null);
  const action = useAction();
  const start = async (format: ExportFormat) => {
    control.current = new AbortController();
    setProgress([0, 0]);
    const job = { kind, project, view, ids, signal: control.current.signal, onProgress: (done: number, total: number) => setProgress([done, total]) };
    await action.run(async () => {
      const rows = await collectRows(job);
      download(rows, format, kind);
      notify(`Exported ${plural(rows.length, kind.slice(0, -1))}`);
    });
    setProgress(null);
  };
  if (progress)
    return (
      <button type="button" onClick={() => control.current?.abort()}>
        {formatNumber(progress[0])} of {formatNumber(progress[1])} · Cancel
      </button>
    );
  return (
    <>
      <Menu label={<><Icon name="export" /> <span class={ids ? "" : "hide-phone"}>{label}</span></>} name={ids ? "Export the selected rows" : "Export all rows that match"} align={ids ? "left" : "right"}>
        {(close) => (
          <>
            {(["json", "csv"] as const).map((format) => (
              <button
                key={format}
                type="button"
                onClick={() => {
                  close();
                  void start(format);
                }}
              >
                As {format.toUpperCase()}
              </button>
            ))}
          </>
        )}
      </Menu>
      {action.error && <Problem error={action.error} />}
    </>
  );
}
