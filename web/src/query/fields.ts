/** The catalogue: which fields and operators filters and OQL may use (one table for both). */
export type Kind = "traces" | "spans" | "threads";

export type FieldType =
  | "string"
  | "string_exact"
  | "string_list"
  | "date_time"
  | "number"
  | "scores"
  | "dictionary"
  | "list"
  | "enum"
  | "open_enum"
  | "enum_legacy"
  | "error"
  | "custom";

const TEXT = ["contains", "not_contains", "starts_with", "ends_with"];
const EQUAL = ["=", "!="];
const ORDER = [">", ">=", "<", "<="];
const STRICT = [">", "<"];
const EMPTY = ["is_empty", "is_not_empty"];
const SET = ["in", "not_in"];

/** Operators of each type; the first is what a new condition starts with. */
export const OPERATORS: Record<FieldType, readonly string[]> = {
  string: [...TEXT, ...EQUAL, ...STRICT],
  string_exact: ["=", "!=", ...TEXT, ...STRICT],
  string_list: SET,
  date_time: [...ORDER, ...EQUAL],
  number: [...ORDER, ...EQUAL],
  scores: [...ORDER, ...EQUAL, ...EMPTY],
  dictionary: [...EQUAL, ...TEXT, ...STRICT, ...EMPTY],
  list: ["contains", "not_contains", ...EQUAL, ...EMPTY],
  enum: [...EQUAL, ...SET],
  open_enum: [...EQUAL, ...SET, ...EMPTY],
  enum_legacy: EQUAL,
  error: ["is_not_empty", "is_empty"],
  custom: [...EQUAL, ...TEXT, ...STRICT, ...EMPTY],
};

const OPERATOR_LABELS: Record<string, string> = {
  contains: "contains",
  not_contains: "does not contain",
  starts_with: "starts with",
  ends_with: "ends with",
  is_empty: "is empty",
  is_not_empty: "is not empty",
  in: "is one of",
  not_in: "is none of",
};

export const ALL_OPERATORS = [...TEXT, ...EQUAL, ...ORDER, ...EMPTY, ...SET];

export function operatorLabel(operator: string): string {
  return OPERATOR_LABELS[operator] ?? operator;
}

export function takesValue(operator: string): boolean {
  return !EMPTY.includes(operator);
}

export function takesList(operator: string): boolean {
  return SET.includes(operator);
}

/** Whether conditions on the type name a key: a path, or the name of a score. */
export function takesKey(type: FieldType): boolean {
  return type === "dictionary" || type === "scores" || type === "custom";
}

export interface Field {
  name: string;
  label: string;
  type: FieldType;
  values?: readonly string[];
  unit?: string;
}

const SOURCES = ["sdk", "experiment", "playground", "optimization", "evaluator"];

type Row = [name: string, type: FieldType, label: string, extra?: Partial<Field>];

const TIMES: Row[] = [
  ["start_time", "date_time", "Start"],
  ["end_time", "date_time", "End"],
  ["created_at", "date_time", "Created"],
  ["last_updated_at", "date_time", "Updated"],
];

const BODIES: Row[] = [
  ["input", "string", "Input (text)"],
  ["output", "string", "Output (text)"],
  ["input_json", "dictionary", "Input at path"],
  ["output_json", "dictionary", "Output at path"],
  ["metadata", "dictionary", "Metadata at path"],
];

const MEASURES: Row[] = [
  ["duration", "number", "Duration", { unit: "ms" }],
  ["ttft", "number", "Time to first token", { unit: "ms" }],
  ["total_estimated_cost", "number", "Cost", { unit: "USD" }],
  ["usage.total_tokens", "number", "Total tokens"],
  ["usage.prompt_tokens", "number", "Prompt tokens"],
  ["usage.completion_tokens", "number", "Completion tokens"],
];

const ORIGIN: Row[] = [
  ["source", "enum_legacy", "Source", { values: SOURCES }],
  ["environment", "open_enum", "Environment"],
];

const FAILURE: Row[] = [
  ["error_info", "error", "Error"],
  ["error_type", "string", "Error type"],
];

const CATALOGUE: Record<Kind, Row[]> = {
  traces: [
    ["name", "string", "Name"],
    ["id", "string_exact", "Id"],
    ["thread_id", "string_exact", "Thread id"],
    ["tags", "list", "Tags"],
    ...TIMES,
    ...BODIES,
    ["custom", "custom", "Input or output at path"],
    ...MEASURES,
    ["llm_span_count", "number", "LLM spans"],
    ["feedback_scores", "scores", "Score"],
    ["span_feedback_scores", "scores", "Score of spans"],
    ...FAILURE,
    ...ORIGIN,
    ["guardrails", "string", "Guardrails", { values: ["passed", "failed"] }],
    ["visibility_mode", "enum", "Visibility", { values: ["default", "hidden"] }],
    ["annotation_queue_ids", "list", "Annotation queue"],
    ["experiment_id", "string_exact", "Experiment id"],
    ["experiment_ids", "string_list", "Experiment ids"],
  ],
  spans: [
    ["name", "string", "Name"],
    ["type", "enum", "Type", { values: ["general", "tool", "llm", "guardrail"] }],
    ["model", "string", "Model"],
    ["provider", "string", "Provider"],
    ["id", "string_exact", "Id"],
    ["trace_id", "string_exact", "Trace id"],
    ["tags", "list", "Tags"],
    ...TIMES,
    ...BODIES,
    ["custom", "custom", "Input or output at path"],
    ...MEASURES,
    ["feedback_scores", "scores", "Score"],
    ...FAILURE,
    ...ORIGIN,
  ],
  threads: [
    ["id", "string_exact", "Thread id"],
    ["first_message", "string", "First message"],
    ["last_message", "string", "Last message"],
    ["number_of_messages", "number", "Messages"],
    ["duration", "number", "Duration", { unit: "ms" }],
    ...TIMES,
    ["feedback_scores", "scores", "Score"],
    ["status", "enum", "Status", { values: ["active", "inactive"] }],
    ["tags", "list", "Tags"],
    ["annotation_queue_ids", "list", "Annotation queue"],
    ...ORIGIN,
  ],
};

function fieldsOf(rows: Row[]): Field[] {
  return rows.map(([name, type, label, extra]) => ({ name, type, label, ...extra }));
}

export const FIELDS: Record<Kind, readonly Field[]> = {
  traces: fieldsOf(CATALOGUE.traces),
  spans: fieldsOf(CATALOGUE.spans),
  threads: fieldsOf(CATALOGUE.threads),
};

export function findField(kind: Kind, name: string): Field | undefined {
  return FIELDS[kind].find((field) => field.name === name);
}
