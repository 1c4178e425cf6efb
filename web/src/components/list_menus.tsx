/** The menus above a list: time range and columns. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ColumnSpec } from "../pages/columns";
import { formatTime } from "../format";
import { RANGES } from "../query/time_range";
import { IconButton, Menu } from "./basics";
import { Icon } from "./icon";
import { TimeInput } from "./time_input";

interface RangeProps {
  range: string;
  from: string;
  to: string;
  onChange: (change: { range: string; from: string; to: string }) => void;
  withoutAll?: boolean;
}

export function rangeLabel({ range, from, to }: { range: string; from: string; to: string }): string {
  if (from || to) return `${from ? formatTime(from).slice(0, 16) : "…"} – ${to ? formatTime(to).slice(0, 16) : "now"}`;
  return RANGES.find((each) => each.name === range)?.label ?? "All time";
}

export function RangeMenu({ range, from, to, onChange, withoutAll }: RangeProps): VNode {
  const label = rangeLabel({ range, from, to });
  return (
    <Menu label={<>{label} <Icon name="chevron" /></>} name={`Time range: ${label}`}>
      {(close) => (
        <>
          {RANGES.filter((each) => each.ms > 0 || !withoutAll).map((each) => (
            <button
              key={each.name}
              type="button"
              aria-pressed={!from && !to && range === each.name}
              onClick={() => {
                onChange({ range: each.name, from: "", to: "" });
                close();
              }}
            >
              {each.label}
            </button>
          ))}
          <Bounds
            from={from}
            to={to}
            onApply={(bounds) => {
              onChange({ range: "", ...bounds });
              close();
            }}
          />
        </>
      )}
    </Menu>
  );
}

interface BoundsProps {
  from: string;
  to: string;
  onApply: (bounds: { from: string; to: string }) => void;
}

function Bounds({ onApply, ...given }: BoundsProps): VNode {
  const [from, setFrom] = useState(given.from);
  const [to, setTo] = useState(given.to);
  const apply = (event: Event) => {
    event.preventDefault();
    onApply({ from, to });
  };
  return (
    <form class="stack" onSubmit={apply}>
      <label class="field">
        From
        <TimeInput value={from} onChange={setFrom} />
      </label>
      <label class="field">
        To
        <TimeInput value={to} onChange={setTo} />
      </label>
      <div class="dialog-actions">
        <button type="submit" disabled={from === given.from && to === given.to}>
          Apply
        </button>
      </div>
    </form>
  );
}

interface ColumnsProps {
  columns: readonly ColumnSpec[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  onReset: () => void;
}

export function ColumnsMenu({ columns, chosen, onChange, onReset }: ColumnsProps): VNode {
  const rest = columns.filter((column) => !chosen.includes(column.id));
  const shown = chosen.map((id) => columns.find((column) => column.id === id)).filter((column) => column !== undefined);
  const move = (id: string, step: number) => {
    const next = [...chosen];
    const at = next.indexOf(id);
    next.splice(at, 1);
    next.splice(Math.max(0, at + step), 0, id);
    onChange(next);
  };
  return (
    <Menu label={<Icon name="columns" />} name="Columns" align="right" class="icon-button">
      {() => (
        <div class="columns-menu">
          {[...shown, ...rest].map((column) => {
            const isShown = chosen.includes(column.id);
            return (
              <div class="line" key={column.id}>
                <label class="check">
                  <input
                    type="checkbox"
                    checked={isShown}
                    disabled={isShown && chosen.length === 1}
                    onChange={() => onChange(isShown ? chosen.filter((id) => id !== column.id) : [...chosen, column.id])}
                  />
                  {column.label}
                </label>
                {isShown && (
                  <span>
                    <IconButton icon="up" label={`Move ${column.label} to the left`} onClick={() => move(column.id, -1)} />
                    <IconButton icon="down" label={`Move ${column.label} to the right`} onClick={() => move(column.id, 1)} />
                  </span>
                )}
              </div>
            );
          })}
          <button type="button" onClick={onReset}>
            As at first
          </button>
        </div>
      )}
    </Menu>
  );
}
