/** The filter builder: conditions over every field, with the operators of its type. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { FIELDS, findField, operatorLabel, OPERATORS, takesKey, takesList, takesValue, type Field, type Kind } from "../query/fields";
import { conditionProblem, filtersToOql, type Condition } from "../query/filters";
import type { Hints } from "../query/oql";
import { Dialog, IconButton } from "./basics";
import { Icon } from "./icon";
import { TimeInput } from "./time_input";

interface Props {
  kind: Kind;
  conditions: readonly Condition[];
  hints: Hints;
  onApply: (conditions: Condition[]) => void;
  onOql: (text: string) => void;
  onClose: () => void;
}

function firstCondition(kind: Kind): Condition {
  const field = FIELDS[kind][0]!;
  return { field: field.name, operator: OPERATORS[field.type][0]!, value: "" };
}

export function FilterBuilder({ kind, conditions, hints, onApply, onOql, onClose }: Props): VNode {
  const [list, setList] = useState<Condition[]>(conditions.length ? [...conditions] : [firstCondition(kind)]);
  const [tried, setTried] = useState(false);
  const problems = list.map((condition) => conditionProblem(kind, condition));
  const isComplete = problems.every((problem) => problem === null);
  const put = (index: number, condition: Condition) => setList(list.map((old, at) => (at === index ? condition : old)));
  const apply = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (isComplete) onApply(list);
  };
  return (
    <Dialog title="Filters" onClose={onClose} wide>
      <form class="stack" onSubmit={apply}>
        {list.length === 0 && <p class="muted">No conditions: all rows are shown.</p>}
        {list.map((condition, index) => (
          <ConditionRow
            key={index}
            number={index + 1}
            kind={kind}
            condition={condition}
            hints={hints}
            problem={tried ? problems[index]! : null}
            onChange={(next) => put(index, next)}
            onRemove={() => setList(list.filter((_, at) => at !== index))}
          />
        ))}
        <div class="row">
          <button type="button" onClick={() => setList([...list, firstCondition(kind)])}>
            <Icon name="plus" /> Add condition
          </button>
          <span class="muted">All conditions must hold.</span>
        </div>
        <footer class="dialog-actions">
          <button type="button" disabled={!isComplete || list.length === 0} onClick={() => onOql(filtersToOql(kind, list))}>
            As OQL
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Apply
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

interface RowProps {
  number: number;
  kind: Kind;
  condition: Condition;
  hints: Hints;
  problem: string | null;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

function ConditionRow({ number, kind, condition, hints, problem, onChange, onRemove }: RowProps): VNode {
  const field = findField(kind, condition.field) ?? FIELDS[kind][0]!;
  const changeField = (name: string) => {
    const next = findField(kind, name)!;
    const operators = OPERATORS[next.type];
    const operator = operators.includes(condition.operator) ? condition.operator : operators[0]!;
    onChange({ field: name, operator, value: next.type === field.type ? condition.value : "" });
  };
  return (
    <div class="condition" role="group" aria-label={`Condition ${number}`}>
      <select aria-label="Field" value={field.name} onChange={(event) => changeField(event.currentTarget.value)}>
        {FIELDS[kind].map((each) => (
          <option key={each.name} value={each.name}>
            {each.label}
          </option>
        ))}
      </select>
      <select aria-label="Operator" value={condition.operator} onChange={(event) => onChange({ ...condition, operator: event.currentTarget.value })}>
        {OPERATORS[field.type].map((operator) => (
          <option key={operator} value={operator}>
            {operatorLabel(operator)}
          </option>
        ))}
      </select>
      <div class="value">
        <ValueInput field={field} condition={condition} hints={hints} onChange={(value) => onChange({ ...condition, value })} />
      </div>
      <IconButton icon="close" label={`Remove condition ${number}`} onClick={onRemove} />
      {takesKey(field.type) && (
        <KeyInput field={field} value={condition.key ?? ""} hints={hints} onChange={(key) => onChange({ ...condition, key })} />
      )}
      {problem && (
        <div class="wrong" role="alert">
          {problem}
        </div>
      )}
    </div>
  );
}

const KEY_PLACEHOLDERS: Partial<Record<Field["type"], string>> = {
  dictionary: "Path: a.b[0]",
  custom: "Path: input.messages[0].role",
  scores: "Name of the score",
};

function KeyInput({ field, value, hints, onChange }: { field: Field; value: string; hints: Hints; onChange: (key: string) => void }): VNode {
  const names = field.type === "scores" ? (hints.scores ?? []) : [];
  return (
    <div class="key">
      <input
        style={{ width: "100%" }}
        aria-label={field.type === "scores" ? "Name of the score" : "Path"}
        placeholder={KEY_PLACEHOLDERS[field.type]}
        value={value}
        list={names.length ? "filter-score-names" : undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <Suggestions id="filter-score-names" values={names} />
    </div>
  );
}

function Suggestions({ id, values }: { id: string; values: readonly string[] }): VNode | null {
  if (values.length === 0) return null;
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}

interface ValueProps {
  field: Field;
  condition: Condition;
  hints: Hints;
  onChange: (value: string) => void;
}

function ValueInput({ field, condition, hints, onChange }: ValueProps): VNode | null {
  const { operator, value } = condition;
  if (!takesValue(operator)) return null;
  if (field.values && !takesList(operator)) return <Choice values={field.values} value={value} onChange={onChange} />;
  if (field.type === "date_time") return <TimeInput label="Value" value={value} onChange={onChange} />;
  const values = field.values ?? hints.values?.[field.name] ?? [];
  const id = `filter-values-${field.name.replace(/\W/g, "-")}`;
  const isNumber = field.type === "number" || field.type === "scores";
  return (
    <>
      <input
        style={{ width: "100%" }}
        aria-label="Value"
        inputMode={isNumber ? "decimal" : "text"}
        placeholder={takesList(operator) ? "one, two, three" : (field.unit ?? "")}
        value={value}
        list={values.length ? id : undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <Suggestions id={id} values={values} />
    </>
  );
}

function Choice({ values, value, onChange }: { values: readonly string[]; value: string; onChange: (value: string) => void }): VNode {
  return (
    <select aria-label="Value" style={{ width: "100%" }} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      <option value="">Choose…</option>
      {values.map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  );
}
