/** A table of any length: virtual rows, columns that can be resized, one row in focus. */
import {
  columnOrderingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  constructTable,
  createColumnHelper,
  tableFeatures,
} from "@tanstack/table-core";
import { storeReactivityBindings } from "@tanstack/table-core/store-reactivity-bindings";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ColumnSpec } from "../pages/columns";
import type { Sorting } from "../state/list_view";
import type { AnyRow } from "../state/rows";
import { useKeys } from "../state/keys";
import type { Selection } from "../state/selection";
import { useAnchor, useRowHeight, useVirtual } from "../state/virtual";
import { Icon } from "./icon";

const features = tableFeatures({
  coreReactivityFeature: storeReactivityBindings(),
  columnOrderingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
});
const helper = createColumnHelper<typeof features, AnyRow>();
const MIN_WIDTH = 56;
const MAX_WIDTH = 1200;
const HEAD_HEIGHT = 32;
const NO_ROWS: AnyRow[] = [];

interface Props {
  label: string;
  columns: readonly ColumnSpec[];
  chosen: readonly string[];
  sizes: Record<string, number>;
  onSizes: (sizes: Record<string, number>) => void;
  rows: readonly AnyRow[];
  total: number | null;
  sortable: readonly string[];
  sorting: Sorting | null;
  onSort: (sorting: Sorting | null) => void;
  selected: Selection;
  onSelect: (ids: Iterable<string>) => void;
  open: string | null;
  /** Something is open in front: the keys are for that. */
  rests: boolean;
  onOpen: (row: AnyRow) => void;
  onEnd: () => void;
  fresh: ReadonlySet<string>;
}

export function DataGrid(props: Props): VNode {
  const { rows, selected } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight(34, 42);
  const virtual = useVirtual({ count: rows.length, rowHeight, scroller, paddingStart: HEAD_HEIGHT });
  const columns = useTableColumns(props);
  const [cursor, setCursor] = useState<string | null>(null);
  const wantsFocus = useRef(false);
  const last = useRef<string | null>(null);
  useAnchor(scroller, rows, rowHeight);
  const items = virtual.getVirtualItems();
  const end = items.length > 0 ? items[items.length - 1]!.index : 0;

  useEffect(() => {
    if (rows.length > 0 && end >= rows.length - 30) props.onEnd();
  }, [end, rows.length, props.onEnd]);

  const at = cursor === null ? -1 : rows.findIndex((row) => row.id === cursor);
  const move = (step: number) => {
    if (rows.length === 0) return;
    const index = Math.max(0, Math.min(rows.length - 1, at + step));
    setCursor(rows[index]!.id);
    virtual.scrollToIndex(index);
    wantsFocus.current = true;
  };
  // The row may exist only after the scroll.
  useLayoutEffect(() => {
    const row = wantsFocus.current ? scroller.current?.querySelector<HTMLElement>(`[data-index="${at}"]`) : null;
    if (!row) return;
    row.focus({ preventScroll: true });
    wantsFocus.current = false;
  });

  const toggle = (row: AnyRow, through: boolean) => {
    const next = new Set(selected.keys());
    const from = through && last.current ? rows.findIndex((each) => each.id === last.current) : -1;
    const to = rows.indexOf(row);
    if (from >= 0) for (let i = Math.min(from, to); i <= Math.max(from, to); i++) next.add(rows[i]!.id);
    else if (!next.delete(row.id)) next.add(row.id);
    last.current = row.id;
    props.onSelect(next);
  };
  const current = at >= 0 ? rows[at] : undefined;
  const moves = {
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(15),
    PageUp: () => move(-15),
    Home: () => move(-rows.length),
    End: () => move(rows.length),
    ...(current ? { x: () => toggle(current, false) } : {}),
  };
  useKeys({
    ...(props.rests ? {} : moves),
    Enter: ({ target }) => {
      const id = target instanceof HTMLElement && target.matches(".grid-row") ? target.dataset.id : undefined;
      const row = rows.find((each) => each.id === id);
      return row ? props.onOpen(row) : false;
    },
  });
  return (
    <div
      class="grid"
      ref={scroller}
      role="grid"
      tabIndex={rows.length === 0 ? 0 : -1}
      aria-label={props.label}
      aria-multiselectable="true"
      aria-rowcount={(props.total ?? rows.length) + 1}
      aria-colcount={columns.length + 1}
    >
      <Head {...props} columns={columns} />
      <div class="grid-body" role="rowgroup" style={{ height: `${virtual.getTotalSize()}px` }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <Row
              key={row.id}
              row={row}
              index={item.index}
              top={item.start}
              columns={columns}
              tabIndex={row.id === cursor || (at < 0 && item.index === 0) ? 0 : -1}
              selected={selected.has(row.id)}
              open={props.open === row.id}
              fresh={props.fresh.has(row.id)}
              onOpen={() => {
                setCursor(row.id);
                props.onOpen(row);
              }}
              onFocus={() => setCursor(row.id)}
              onToggle={(through) => toggle(row, through)}
            />
          );
        })}
      </div>
    </div>
  );
}

interface SizedColumn {
  spec: ColumnSpec;
  size: number;
}

/** Order, visibility and width of the columns, by TanStack Table. */
function useTableColumns({ columns, chosen, sizes }: Props): SizedColumn[] {
  const table = useMemo(
    () =>
      constructTable({
        features,
        data: NO_ROWS,
        columns: helper.columns(
          columns.map((column) =>
            helper.display({ id: column.id, size: column.size, minSize: MIN_WIDTH, maxSize: MAX_WIDTH }),
          ),
        ),
      }),
    [columns],
  );
  return useMemo(() => {
    const visible = new Set(chosen);
    table.setColumnVisibility(Object.fromEntries(columns.map((column) => [column.id, visible.has(column.id)])));
    table.setColumnOrder([...chosen]);
    table.setColumnSizing(sizes);
    const byId = new Map(columns.map((column) => [column.id, column]));
    return table.getVisibleLeafColumns().map((column) => ({ spec: byId.get(column.id)!, size: column.getSize() }));
  }, [table, chosen, sizes]);
}

function Head(props: Omit<Props, "columns"> & { columns: readonly SizedColumn[] }): VNode {
  const { rows, selected, columns } = props;
  const all = rows.length > 0 && rows.every((row) => selected.has(row.id));
  return (
    <div role="rowgroup" class="grid-head-group" style={{ display: "contents" }}>
      <div class="grid-head" role="row" aria-rowindex={1}>
        <div class="pick" role="columnheader">
          <input
            type="checkbox"
            aria-label="Select all rows that are loaded"
            checked={all}
            disabled={rows.length === 0}
            onChange={() => props.onSelect(all ? [] : rows.map((row) => row.id))}
          />
        </div>
        {columns.map((column) => (
          <HeadCell key={column.spec.id} column={column} props={props} />
        ))}
      </div>
    </div>
  );
}

function canSort(field: string | undefined, sortable: readonly string[]): field is string {
  if (!field) return false;
  return sortable.includes(field) || sortable.includes(`${field.split(".")[0]}.*`);
}

function HeadCell({ column: { spec, size }, props }: { column: SizedColumn; props: Omit<Props, "columns"> }): VNode {
  const { sorting } = props;
  const active = sorting?.field === spec.sort && spec.sort !== undefined;
  const sorts = canSort(spec.sort, props.sortable) || active;
  const next = (): Sorting | null => {
    if (!active) return { field: spec.sort!, direction: "DESC" };
    return sorting!.direction === "DESC" ? { field: spec.sort!, direction: "ASC" } : null;
  };
  const direction = active ? (sorting!.direction === "ASC" ? "ascending" : "descending") : sorts ? "none" : undefined;
  return (
    <div class={spec.numeric ? "num" : ""} role="columnheader" aria-sort={direction} style={{ width: `${size}px` }}>
      {sorts ? (
        <button type="button" class="sort" onClick={() => props.onSort(next())}>
          {spec.label}
          {active && <Icon name={sorting!.direction === "ASC" ? "up" : "down"} />}
        </button>
      ) : (
        spec.label
      )}
      <Resizer spec={spec} size={size} onSize={(width) => props.onSizes({ ...props.sizes, [spec.id]: width })} />
    </div>
  );
}

function Resizer({ spec, size, onSize }: { spec: ColumnSpec; size: number; onSize: (size: number) => void }): VNode {
  const clamp = (width: number) => Math.round(Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, width)));
  const drag = (event: PointerEvent) => {
    event.preventDefault();
    const from = event.clientX;
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    const moved = (next: PointerEvent) => onSize(clamp(size + next.clientX - from));
    const done = () => {
      handle.removeEventListener("pointermove", moved);
      handle.removeEventListener("pointerup", done);
      handle.removeEventListener("pointercancel", done);
    };
    handle.addEventListener("pointermove", moved);
    handle.addEventListener("pointerup", done);
    handle.addEventListener("pointercancel", done);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -10, ArrowRight: 10 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onSize(clamp(size + step));
  };
  return (
    <span
      class="resize"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${spec.label}`}
      aria-valuenow={size}
      aria-valuemin={MIN_WIDTH}
      aria-valuemax={MAX_WIDTH}
      onPointerDown={drag}
      onKeyDown={onKeyDown}
      onDblClick={() => onSize(spec.size)}
    />
  );
}

interface RowProps {
  row: AnyRow;
  index: number;
  top: number;
  columns: readonly SizedColumn[];
  tabIndex: number;
  selected: boolean;
  open: boolean;
  fresh: boolean;
  onOpen: () => void;
  onFocus: () => void;
  onToggle: (through: boolean) => void;
}

function Row({ row, index, top, columns, tabIndex, selected, open, fresh, onOpen, onFocus, onToggle }: RowProps): VNode {
  const name = ("name" in row && row.name) || row.id;
  return (
    <div
      class={`grid-row${open ? " open" : ""}${fresh ? " fresh" : ""}`}
      role="row"
      data-index={index}
      data-id={row.id}
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={tabIndex}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onOpen}
      onFocus={(event) => event.target === event.currentTarget && onFocus()}
    >
      <div class="pick" role="gridcell" onClick={(event) => event.stopPropagation()}>
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Select ${name}`}
          checked={selected}
          onClick={(event) => {
            event.stopPropagation();
            onToggle(event.shiftKey);
          }}
        />
      </div>
      {columns.map(({ spec, size }) => (
        <div key={spec.id} role="gridcell" class={spec.numeric ? "num" : ""} style={{ width: `${size}px` }}>
          {spec.cell(row)}
        </div>
      ))}
    </div>
  );
}
