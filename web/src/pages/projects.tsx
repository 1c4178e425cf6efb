/** All projects with what happened in them. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { ask, tell } from "../api/client";
import type { Page, Project, ProjectStats } from "../api/types";
import { Confirm, Dialog, Empty, IconButton, Problem, Skeleton } from "../components/basics";
import { Icon } from "../components/icon";
import { notify } from "../components/notice";
import { formatAgo, formatCost, formatDuration, formatNumber, formatTime, plural } from "../format";
import { useKeys } from "../state/keys";
import { useAction, useLoad } from "../state/load";
import { link, navigate, setQuery, type Place } from "../state/route";

const PAGE_SIZE = 50;
const SORTS = { name: "Name", last_updated_trace_at: "Last trace", created_at: "Created" } as const;
type Sort = keyof typeof SORTS;

interface Row {
  project: Project;
  stats: ProjectStats | undefined;
}

interface View {
  name: string;
  page: number;
  sort: Sort;
  direction: "ASC" | "DESC";
}

function viewOf(query: URLSearchParams): View {
  const [field, direction] = (query.get("sort") ?? "last_updated_trace_at:DESC").split(":");
  return {
    name: query.get("name") ?? "",
    page: Math.max(1, Number(query.get("page")) || 1),
    sort: field! in SORTS ? (field as Sort) : "last_updated_trace_at",
    direction: direction === "ASC" ? "ASC" : "DESC",
  };
}

async function loadRows(view: View, signal: AbortSignal): Promise<{ rows: Row[]; total: number }> {
  const query = {
    page: view.page,
    size: PAGE_SIZE,
    name: view.name,
    sorting: JSON.stringify([{ field: view.sort, direction: view.direction }]),
  };
  const [page, stats] = await Promise.all([
    ask<Page<Project>>("projects", { query, signal }),
    // The table is of use without them.
    ask<{ content: ProjectStats[] }>("projectStats", { query, signal }).catch(() => ({ content: [] })),
  ]);
  const byId = new Map(stats.content.map((each) => [each.project_id, each]));
  return { rows: page.content.map((project) => ({ project, stats: byId.get(project.id) })), total: page.total };
}

type Open = { what: "create" } | { what: "edit" | "delete"; project: Project } | null;

export function ProjectsPage({ place }: { place: Place }): VNode {
  const view = viewOf(place.query);
  const list = useLoad(JSON.stringify(view), (signal) => loadRows(view, signal));
  const [open, setOpen] = useState<Open>(null);
  const [cursor, setCursor] = useState(-1);
  const rows = list.data?.rows ?? [];
  const move = (step: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, cursor + step));
    setCursor(next);
    document.querySelectorAll<HTMLElement>("tbody a[data-row]")[next]?.focus();
  };
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1) });
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="grow">Projects</h1>
        <input
          type="search"
          data-search
          aria-label="Search projects"
          placeholder="Search  /"
          value={view.name}
          onInput={(event) => setQuery({ name: event.currentTarget.value, page: null }, true)}
        />
        <button type="button" class="primary" onClick={() => setOpen({ what: "create" })}>
          <Icon name="plus" /> New project
        </button>
      </div>
      {list.error !== undefined && <Problem error={list.error} retry={list.reload} />}
      {!list.data && list.loading && <Skeleton />}
      {list.data && rows.length === 0 && <Empty title={view.name ? "No project has this name" : "No projects yet"} />}
      {rows.length > 0 && <ProjectTable rows={rows} view={view} onOpen={setOpen} />}
      {list.data && list.data.total > PAGE_SIZE && <Pager view={view} total={list.data.total} />}
      {open && <ProjectDialog open={open} onClose={() => setOpen(null)} onDone={list.reload} />}
    </div>
  );
}

function Pager({ view, total }: { view: View; total: number }): VNode {
  const last = Math.ceil(total / PAGE_SIZE);
  const go = (page: number) => setQuery({ page: page === 1 ? null : String(page) });
  return (
    <div class="row">
      <button type="button" disabled={view.page <= 1} onClick={() => go(view.page - 1)}>
        Previous
      </button>
      <span class="muted">
        Page {view.page} of {last} · {plural(total, "project")}
      </span>
      <button type="button" disabled={view.page >= last} onClick={() => go(view.page + 1)}>
        Next
      </button>
    </div>
  );
}

function SortHead({ field, view, class: extra }: { field: Sort; view: View; class?: string }): VNode {
  const active = view.sort === field;
  const direction = active && view.direction === "DESC" ? "ASC" : "DESC";
  return (
    <th scope="col" class={extra} aria-sort={active ? (view.direction === "ASC" ? "ascending" : "descending") : "none"}>
      <button type="button" onClick={() => setQuery({ sort: `${field}:${direction}`, page: null })}>
        {SORTS[field]}
        {active && <Icon name={view.direction === "ASC" ? "up" : "down"} />}
      </button>
    </th>
  );
}

function ProjectTable({ rows, view, onOpen }: { rows: Row[]; view: View; onOpen: (open: Open) => void }): VNode {
  return (
    <div class="card table-wrap" tabIndex={0} role="region" aria-label="Table of projects">
      <table class="simple cards-phone">
        <thead>
          <tr>
            <SortHead field="name" view={view} />
            {["Traces", "Errors", "p50", "p90", "p99", "Cost"].map((name) => (
              <th key={name} scope="col" class="num">
                {name}
              </th>
            ))}
            <SortHead field="last_updated_trace_at" view={view} />
            <SortHead field="created_at" view={view} />
            <th scope="col">
              <span class="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <ProjectRow key={row.project.id} row={row} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ProjectRow({ row: { project, stats }, onOpen }: { row: Row; onOpen: (open: Open) => void }): VNode {
  const errors = stats?.error_count?.count ?? 0;
  const isEmpty = !stats?.trace_count;
  return (
    <tr>
      <td class="full">
        <a data-row href={link("projects", project.id, "traces")}>
          <b>{project.name}</b>
        </a>
        {project.description && <div class="muted description" title={project.description}>{project.description}</div>}
      </td>
      <td class="num" data-label="Traces">
        {formatNumber(stats?.trace_count ?? 0)}
      </td>
      <td class={`num ${errors ? "bad-text" : ""}`} data-label="Errors">
        {formatNumber(errors)}
      </td>
      {(["p50", "p90", "p99"] as const).map((name) => (
        <td key={name} class="num" data-label={name}>
          {isEmpty ? "–" : formatDuration(stats?.duration?.[name])}
        </td>
      ))}
      <td class="num" data-label="Cost">
        {isEmpty ? "–" : formatCost(stats?.total_estimated_cost_sum ?? 0)}
      </td>
      <td class="time" data-label="Last trace" title={formatTime(project.last_updated_trace_at)}>
        {formatAgo(project.last_updated_trace_at) || "–"}
      </td>
      <td class="time" data-label="Created" title={formatTime(project.created_at)}>
        {formatAgo(project.created_at)}
      </td>
      <td>
        <div class="row actions">
          <IconButton icon="edit" label={`Rename ${project.name}`} onClick={() => onOpen({ what: "edit", project })} />
          <IconButton icon="delete" label={`Delete ${project.name}`} onClick={() => onOpen({ what: "delete", project })} />
        </div>
      </td>
    </tr>
  );
}

interface DialogProps {
  open: Exclude<Open, null>;
  onClose: () => void;
  onDone: () => void;
}

function ProjectDialog({ open, onClose, onDone }: DialogProps): VNode {
  const action = useAction();
  if (open.what === "delete") {
    const remove = async () => {
      const ok = await action.run(() => tell("projectDelete", { parts: { id: open.project.id } }));
      if (!ok) return;
      notify(`Deleted ${open.project.name}`);
      onDone();
      onClose();
    };
    return (
      <Confirm
        title="Delete project"
        text={
          <>
            Delete <b>{open.project.name}</b>? Its traces can no longer be reached.
          </>
        }
        action="Delete"
        busy={action.busy}
        error={action.error}
        onConfirm={() => void remove()}
        onClose={onClose}
      />
    );
  }
  return <ProjectForm project={open.what === "edit" ? open.project : null} onClose={onClose} onDone={onDone} />;
}

function ProjectForm({ project, onClose, onDone }: { project: Project | null; onClose: () => void; onDone: () => void }): VNode {
  const [name, setName] = useState(project?.name ?? "");
  const [description, setDescription] = useState(project?.description ?? "");
  const action = useAction();
  const save = async (event: Event) => {
    event.preventDefault();
    const body = { name: name.trim(), description };
    let made: string | undefined;
    const ok = await action.run(async () => {
      if (project) await tell("projectUpdate", { parts: { id: project.id }, body });
      else made = await tell("projectCreate", { body });
    });
    if (!ok) return;
    onDone();
    onClose();
    if (made) navigate(link("projects", made, "connect"));
  };
  return (
    <Dialog title={project ? "Rename project" : "New project"} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <label class="field">
          Name
          <input value={name} maxLength={150} required onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label class="field">
          Description
          <textarea value={description} maxLength={255} onInput={(event) => setDescription(event.currentTarget.value)} />
        </label>
        {action.error && <Problem error={action.error} />}
        <footer class="dialog-actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={action.busy || !name.trim()}>
            {project ? "Save" : "Create"}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
