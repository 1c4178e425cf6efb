/** Conditions of the filter builder: to and from the parameter `filters`, and to OQL. */
import { findField, OPERATORS, takesKey, takesList, takesValue, type Field, type Kind } from "./fields";

export interface Condition {
  field: string;
  operator: string;
  key?: string;
  value: string;
}

/** What is wrong with a condition, or null when it can be sent (query rules of each type). */
export function conditionProblem(kind: Kind, condition: Condition): string | null {
  const field = findField(kind, condition.field);
  if (!field) return "Choose a field";
  if (!OPERATORS[field.type].includes(condition.operator)) return "Choose an operator";
  if (takesKey(field.type) && !condition.key?.trim()) return keyProblem(field);
  if (field.type === "custom" && !/^(\$\.)?(input|output)([.[]|$)/.test(condition.key ?? ""))
    return "The path starts with input or output";
  return takesValue(condition.operator) ? valueProblem(field, condition) : null;
}

function keyProblem(field: Field): string {
  return field.type === "scores" ? "Name the score" : "Give a path, such as a.b[0]";
}

function valueProblem(field: Field, { operator, value }: Condition): string | null {
  if (field.type === "dictionary" || field.type === "custom") return null;
  if (value.trim() === "") return "Give a value";
  if (field.type === "number" && !/^-?\d+(\.\d+)?$/.test(value)) return "Give a number";
  if (field.type === "scores" && !Number.isFinite(Number(value))) return "Give a number";
  if (field.type === "date_time" && Number.isNaN(Date.parse(value))) return "Give a date and time";
  if (takesList(operator) && listParts(value).length === 0) return "Give at least one value";
  return null;
}

export function listParts(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** The parameter `filters`; "" when no condition is complete. */
export function encodeFilters(kind: Kind, conditions: readonly Condition[]): string {
  const complete = conditions
    .filter((condition) => conditionProblem(kind, condition) === null)
    .map((condition) => encodeCondition(kind, condition));
  return complete.length ? JSON.stringify(complete) : "";
}

export function encodeCondition(kind: Kind, condition: Condition): Condition {
  const field = findField(kind, condition.field);
  const value = takesValue(condition.operator) ? condition.value : "";
  const encoded: Condition = {
    field: condition.field,
    operator: condition.operator,
    value: field?.type === "date_time" && value ? new Date(value).toISOString() : value,
  };
  if (field && takesKey(field.type)) encoded.key = condition.key ?? "";
  return encoded;
}

/** Conditions of the parameter; what cannot be read is left out. */
export function decodeFilters(text: string | null): Condition[] {
  if (!text) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isCondition).map(asCondition) : [];
  } catch {
    return [];
  }
}

function isCondition(value: unknown): value is Condition {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Condition).field === "string" &&
    typeof (value as Condition).operator === "string"
  );
}

function asCondition(condition: Condition): Condition {
  const plain: Condition = {
    field: condition.field,
    operator: condition.operator,
    value: String(condition.value ?? ""),
  };
  if (condition.key) plain.key = String(condition.key);
  return plain;
}

export function quoted(text: string): string {
  return `"${text.replace(/"/g, '""')}"`;
}

/** One condition as OQL. */
export function conditionToOql(kind: Kind, condition: Condition): string {
  const field = findField(kind, condition.field);
  const { operator, value, key } = encodeCondition(kind, condition);
  let text = condition.field;
  if (key) text += /^\w+$/.test(key) ? `.${key}` : `.${quoted(key)}`;
  text += ` ${operator}`;
  if (!takesValue(operator)) return text;
  if (takesList(operator)) return `${text} (${listParts(value).map(quoted).join(", ")})`;
  const isNumber = field?.type === "number" || field?.type === "scores";
  return `${text} ${isNumber && /^-?\d+(\.\d+)?$/.test(value) ? value : quoted(value)}`;
}

export function filtersToOql(kind: Kind, conditions: readonly Condition[]): string {
  return conditions
    .filter((condition) => conditionProblem(kind, condition) === null)
    .map((condition) => conditionToOql(kind, condition))
    .join(" AND ");
}

export function conditionText(kind: Kind, condition: Condition): string {
  const field = findField(kind, condition.field);
  const name = field ? field.label : condition.field;
  const key = condition.key ? ` ${condition.key}` : "";
  const value = takesValue(condition.operator) ? ` ${condition.value}` : "";
  return `${name}${key} ${condition.operator.replace(/_/g, " ")}${value}`;
}
