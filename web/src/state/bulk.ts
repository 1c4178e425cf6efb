/** What is done to many rows at once. */
import { ask, tell } from "../api/client";
import type { Endpoint } from "../api/endpoints";
import type { Page, Span, Thread } from "../api/types";
import { recordsToCsv } from "../query/csv";
import type { Kind } from "../query/fields";
import type { ListView } from "./list_view";
import { loadPage, type AnyRow } from "./rows";

const BATCH = 1000;
const PARALLEL = 6;
const EXPORT_PAGE = 500;

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
}

async function inParallel<T, R>(list: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const group of chunks(list, PARALLEL)) results.push(...(await Promise.all(group.map(work))));
  return results;
}

const UPDATES: Record<Kind, Endpoint> = { traces: "tracesUpdate", spans: "spansUpdate", threads: "threadsUpdate" };

/** Threads are told by the id of their record; one without a record cannot be tagged yet. */
function updateIds(kind: Kind, rows: readonly AnyRow[]): string[] {
  if (kind !== "threads") return rows.map((row) => row.id);
  return (rows as Thread[]).map((row) => row.thread_model_id).filter((id) => id !== undefined);
}

/** Returns how many could be changed. */
export async function changeTags(kind: Kind, rows: readonly AnyRow[], add: string[], remove: string[]): Promise<number> {
  const all = updateIds(kind, rows);
  if (all.length === 0) throw new Error("None of them is set up yet; try again in a moment");
  const update: Record<string, unknown> = {};
  if (add.length) update.tags_to_add = add;
  if (remove.length) update.tags_to_remove = remove;
  if (kind === "spans") update.trace_id = (rows[0] as Span | undefined)?.trace_id;
  for (const ids of chunks(all, BATCH)) await tell(UPDATES[kind], { body: { ids, update } });
  return all.length;
}

export async function deleteRows(kind: Kind, project: string, ids: readonly string[]): Promise<void> {
  if (kind === "spans") {
    await inParallel(ids, (id) => tell("spanDelete", { parts: { id } }));
    return;
  }
  for (const part of chunks(ids, BATCH)) {
    if (kind === "traces") await tell("tracesDelete", { body: { ids: part, project_id: project } });
    else await tell("threadsDelete", { body: { thread_ids: part, project_id: project } });
  }
}

export type ExportFormat = "json" | "csv";

export interface ExportJob {
  kind: Kind;
  project: string;
  view: ListView;
  /** Only these; null means all that match. */
  ids: readonly string[] | null;
  onProgress: (done: number, total: number) => void;
  signal: AbortSignal;
}

/** Whole records: nothing is cut as it is in the list. */
export async function collectRows(job: ExportJob): Promise<AnyRow[]> {
  return job.ids ? collectChosen(job, job.ids) : collectAll(job);
}

async function collectChosen({ kind, project, onProgress, signal }: ExportJob, ids: readonly string[]): Promise<AnyRow[]> {
  let done = 0;
  return inParallel(ids, async (id) => {
    const row =
      kind === "threads"
        ? await ask<AnyRow>("threadRetrieve", { body: { thread_id: id, project_id: project }, signal })
        : await ask<AnyRow>(kind === "traces" ? "trace" : "span", { parts: { id }, signal });
    onProgress(++done, ids.length);
    return row;
  });
}

async function collectAll({ kind, project, view, onProgress, signal }: ExportJob): Promise<AnyRow[]> {
  const now = Date.now();
  const rows = new Map<string, AnyRow>();
  for (let page = 1; ; page++) {
    const answer: Page<AnyRow> = await loadPage(kind, project, view, now, page, { signal, size: EXPORT_PAGE, whole: true });
    for (const row of answer.content) rows.set(row.id, row);
    onProgress(rows.size, answer.total);
    if (answer.content.length < EXPORT_PAGE) return [...rows.values()];
  }
}

export function download(rows: readonly AnyRow[], format: ExportFormat, name: string): void {
  const text = format === "json" ? JSON.stringify(rows, null, 2) : recordsToCsv(rows);
  const type = format === "json" ? "application/json" : "text/csv;charset=utf-8";
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([text], { type }));
  anchor.download = `${name}.${format}`;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
}
