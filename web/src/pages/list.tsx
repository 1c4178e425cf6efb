/** A project's traces, spans or threads: the table with all that chooses its rows. */
import type { VNode } from "preact";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { ApiError, messageOf } from "../api/client";
import type { LiveState } from "../api/events";
import { IconButton, Problem, Skeleton, Empty, Spinner } from "../components/basics";
import { BulkBar, ExportMenu } from "../components/bulk_bar";
import { DataGrid } from "../components/data_grid";
import { FilterBuilder } from "../components/filter_builder";
import { Icon } from "../components/icon";
import { ColumnsMenu, RangeMenu } from "../components/list_menus";
import { OqlLine } from "../components/oql_line";
import { formatNumber } from "../format";
import type { Kind } from "../query/fields";
import { conditionText, decodeFilters, encodeFilters, type Condition } from "../query/filters";
import { serverOqlError } from "../query/oql";
import { useDraft } from "../state/draft";
import { useHints } from "../state/hints";
import { useKeys } from "../state/keys";
import { listViewOf, viewKey, type ListView, type Sorting } from "../state/list_view";
import { rememberList, setQuery, type Place } from "../state/route";
import { useRows, type AnyRow, type Rows } from "../state/rows";
import { selectionOf, useSelection, type Selection } from "../state/selection";
import { useStored } from "../state/storage";
import { columnsOf, defaultColumns, isScoreColumn, type ColumnSpec } from "./columns";
import { Connect } from "./connect";
import { ItemPanel, isPanelOpen, openItem, openedItem, withoutPanel } from "./item_panel";

interface Props {
  kind: Kind;
  project: string;
  place: Place;
}

export function ListPage({ kind, project, place }: Props): VNode {
  const view = listViewOf(place.query);
  const [paused, setPaused] = useState(false);
  const [building, setBuilding] = useState(false);
  const { selected, select, clear, drop } = useSelection(viewKey(kind, project, view));
  const rows = useRows(kind, project, view, paused, drop);
  const hints = useHints(kind, project, rows.rows);
  const conditions = decodeFilters(view.filters);
  const columns = useColumns(kind, view, hints.scores ?? []);
  const isFixed = view.to !== "";
  const isOpen = isPanelOpen(kind, place.query);
  useKeys({
    ...(isFixed ? {} : { p: () => setPaused((old) => !old) }),
    ...(isOpen ? {} : { Escape: clear }),
  });
  useEffect(() => rememberList(kind, project, withoutPanel(place.query)), [place]);
  const isFiltered = view.search + view.filters + view.oql + view.range + view.from + view.to !== "";
  const isEmpty = rows.total === 0 && rows.rows.length === 0 && !rows.error;
  const serverOql = rows.error instanceof ApiError ? serverOqlError(messageOf(rows.error)) : null;
  const shared = { kind, project, view };
  return (
    <>
      <div class="toolbar">
        <SearchField value={view.search} kind={kind} />
        <button type="button" onClick={() => setBuilding(true)} aria-label={`Filters: ${conditions.length}`}>
          <Icon name="filter" /> Filters{conditions.length > 0 && ` (${conditions.length})`}
        </button>
        <OqlLine kind={kind} value={view.oql} hints={hints} serverError={serverOql} onSubmit={(oql) => setQuery({ oql })} />
        <RangeMenu {...view} onChange={(change) => setQuery(change)} />
        <LiveButton state={rows.live} paused={paused} fixed={isFixed} onToggle={() => setPaused(!paused)} />
        <ExportMenu {...shared} ids={null} label="Export" />
        <ColumnsMenu columns={columns.all} chosen={columns.chosen} onChange={columns.choose} onReset={() => columns.choose(null)} />
      </div>
      <ConditionChips kind={kind} conditions={conditions} />
      {selected.size > 0 && (
        <BulkBar
          {...shared}
          rows={rows.rows}
          selected={selected}
          onClear={clear}
          onTagged={rows.reload}
          onDeleted={(ids) => {
            rows.remove(ids);
            clear();
            rows.reload();
          }}
        />
      )}
      {rows.error !== undefined && !serverOql && <Problem error={rows.error} retry={rows.reload} />}
      {rows.total === null && rows.loading ? (
        <div class="grow" style={{ overflow: "hidden" }}>
          <Skeleton rows={14} />
        </div>
      ) : isEmpty ? (
        <div class="grow" style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label="No rows">
          <NoRows kind={kind} filtered={isFiltered} project={project} />
        </div>
      ) : (
        <Grid
          kind={kind}
          view={view}
          rows={rows}
          columns={columns}
          selected={selected}
          onSelect={(ids) => select(selectionOf(ids, rows.rows, selected))}
          open={openedItem(kind, place.query)}
          rests={isOpen}
        />
      )}
      <Foot rows={rows} kind={kind} />
      <ItemPanel kind={kind} project={project} place={place} rows={rows} />
      {building && (
        <FilterBuilder
          kind={kind}
          conditions={conditions}
          hints={hints}
          onClose={() => setBuilding(false)}
          onApply={(next) => {
            setBuilding(false);
            setQuery({ filters: encodeFilters(kind, next) });
          }}
          onOql={(text) => {
            setBuilding(false);
            setQuery({ filters: null, oql: view.oql ? `(${view.oql}) AND ${text}` : text });
          }}
        />
      )}
    </>
  );
}

function SearchField({ value, kind }: { value: string; kind: Kind }): VNode {
  const [text, setText] = useDraft(value);
  return (
    <input
      class="search"
      type="search"
      data-search
      aria-label={`Search ${kind}`}
      placeholder="Search  /"
      value={text}
      onInput={(event) => {
        setText(event.currentTarget.value);
        if (event.currentTarget.value === "") setQuery({ search: null });
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") setQuery({ search: text.trim() });
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}

const LIVE_TEXT: Record<LiveState, string> = {
  connecting: "Connecting",
  live: "Live",
  polling: "Every 5 s",
  off: "Paused",
};

interface LiveProps {
  state: LiveState;
  paused: boolean;
  /** The range has an end: nothing comes in. */
  fixed: boolean;
  onToggle: () => void;
}

function LiveButton({ state, paused, fixed, onToggle }: LiveProps): VNode {
  if (fixed)
    return (
      <button type="button" class="live-button" data-state="off" disabled title="No rows come in: the time range has an end">
        Fixed range
      </button>
    );
  return (
    <button type="button" class="live-button" data-state={state} aria-pressed={!paused} onClick={onToggle} title="New rows come in by themselves (p)">
      <Icon name={paused ? "play" : "pause"} />
      {paused ? "Paused" : LIVE_TEXT[state]}
    </button>
  );
}

function ConditionChips({ kind, conditions }: { kind: Kind; conditions: readonly Condition[] }): VNode | null {
  if (conditions.length === 0) return null;
  const without = (index: number) => setQuery({ filters: encodeFilters(kind, conditions.filter((_, at) => at !== index)) });
  return (
    <div class="chips">
      {conditions.map((condition, index) => (
        <span class="chip" key={index}>
          <span>{conditionText(kind, condition)}</span>
          <button type="button" aria-label={`Remove ${conditionText(kind, condition)}`} onClick={() => without(index)}>
            <Icon name="close" />
          </button>
        </span>
      ))}
      <button type="button" class="plain" onClick={() => setQuery({ filters: null })}>
        Clear all
      </button>
    </div>
  );
}

interface Columns {
  all: readonly ColumnSpec[];
  chosen: string[];
  choose: (chosen: string[] | null) => void;
}

/** Columns of the address win over those that the browser remembers. */
function useColumns(kind: Kind, view: ListView, scores: readonly string[]): Columns {
  const [stored, setStored] = useStored<string[]>(`columns.${kind}`, defaultColumns(kind));
  const key = (view.columns ?? stored).join(",");
  const names = scores.join("\n");
  const { all, chosen } = useMemo(() => {
    const ids = key.split(",");
    const all = columnsOf(kind, scores, ids.filter(isScoreColumn));
    const known = ids.filter((id) => all.some((column) => column.id === id));
    return { all, chosen: known.length > 0 ? known : defaultColumns(kind) };
  }, [kind, key, names]);
  const choose = (next: string[] | null) => {
    setStored(next ?? defaultColumns(kind));
    setQuery({ columns: next ? next.join(",") : null }, true);
  };
  return { all, chosen, choose };
}

interface GridProps {
  kind: Kind;
  view: ListView;
  rows: Rows;
  columns: Columns;
  selected: Selection;
  onSelect: (ids: Iterable<string>) => void;
  open: string | null;
  rests: boolean;
}

function Grid({ kind, view, rows, columns, ...rest }: GridProps): VNode {
  const [sizes, setSizes] = useStored<Record<string, number>>(`sizes.${kind}`, {});
  const sort = useCallback(
    (sorting: Sorting | null) => setQuery({ sort: sorting ? `${sorting.field}:${sorting.direction}` : null }),
    [],
  );
  const onOpen = useCallback((row: AnyRow) => openItem(kind, row), [kind]);
  return (
    <DataGrid
      key={kind}
      label={`Table of ${kind}`}
      columns={columns.all}
      chosen={columns.chosen}
      sizes={sizes}
      onSizes={setSizes}
      rows={rows.rows}
      total={rows.total}
      sortable={rows.sortable}
      sorting={view.sorting}
      onSort={sort}
      onOpen={onOpen}
      onEnd={rows.more}
      fresh={rows.fresh}
      {...rest}
    />
  );
}

function Foot({ rows, kind }: { rows: Rows; kind: Kind }): VNode {
  return (
    <div class="grid-foot">
      <span role="status">
        {rows.total === null ? "" : `${formatNumber(rows.rows.length)} of ${formatNumber(Math.max(rows.total, rows.rows.length))} ${kind}`}
      </span>
      {rows.loading && rows.total !== null && <Spinner />}
      {rows.waiting > 0 && (
        <button type="button" onClick={rows.reload}>
          Show {formatNumber(rows.waiting)} new
        </button>
      )}
      <span class="grow" />
      <IconButton icon="reload" label="Load again" onClick={rows.reload} class="hide-phone" />
    </div>
  );
}

function NoRows({ kind, filtered, project }: { kind: Kind; filtered: boolean; project: string }): VNode {
  if (filtered)
    return (
      <Empty title={`No ${kind} match`}>
        <button type="button" onClick={() => setQuery({ search: null, filters: null, oql: null, range: null, from: null, to: null })}>
          Show all
        </button>
      </Empty>
    );
  if (kind === "threads")
    return (
      <Empty title="No threads yet">
        <p>Traces with the same thread_id make a thread.</p>
      </Empty>
    );
  return <Connect project={project} />;
}
