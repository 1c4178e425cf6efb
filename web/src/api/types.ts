/** The records of the REST API, as far as the client shows them. */

export interface Page<T> {
  page: number;
  size: number;
  total: number;
  content: T[];
  sortable_by?: string[];
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface ErrorInfo {
  exception_type?: string;
  message?: string;
  traceback?: string;
}

export interface ScoreByAuthor {
  value: number;
  reason?: string;
  category_name?: string;
  source?: string;
  author?: string;
}

export interface Score {
  name: string;
  value: number;
  category_name?: string;
  reason?: string;
  source?: string;
  created_by?: string;
  last_updated_at?: string;
  value_by_author?: Record<string, ScoreByAuthor>;
}

export interface Comment {
  id: string;
  text: string;
  created_at?: string;
  last_updated_at?: string;
  created_by?: string;
}

/** What traces and spans have alike. */
export interface Entity {
  id: string;
  project_id: string;
  name?: string;
  start_time: string;
  end_time?: string;
  duration?: number;
  ttft?: number;
  input?: Json;
  output?: Json;
  metadata?: Json;
  tags?: string[];
  error_info?: ErrorInfo;
  usage?: Record<string, number>;
  total_estimated_cost?: number;
  feedback_scores?: Score[];
  comments?: Comment[];
  environment?: string;
  source?: string;
  created_at?: string;
  created_by?: string;
  last_updated_at?: string;
  last_updated_by?: string;
}

export interface Trace extends Entity {
  thread_id?: string;
  span_count?: number;
  llm_span_count?: number;
  has_tool_spans?: boolean;
  providers?: string[];
  visibility_mode?: string;
  span_feedback_scores?: Score[];
}

export type SpanType = "general" | "tool" | "llm" | "guardrail";

export interface Span extends Entity {
  trace_id: string;
  parent_span_id?: string;
  type?: SpanType;
  model?: string;
  provider?: string;
  total_estimated_cost_version?: string;
}

export interface Thread {
  id: string;
  project_id: string;
  thread_model_id?: string;
  start_time: string;
  end_time?: string;
  duration?: number;
  first_message?: Json;
  last_message?: Json;
  feedback_scores?: Score[];
  comments?: Comment[];
  status?: "active" | "inactive";
  number_of_messages?: number;
  total_estimated_cost?: number;
  usage?: Record<string, number>;
  tags?: string[];
  environment?: string;
  created_at?: string;
  created_by?: string;
  last_updated_at?: string;
}

export interface Project {
  id: string;
  name: string;
  description?: string;
  visibility?: string;
  created_at?: string;
  last_updated_at?: string;
  last_updated_trace_at?: string;
}

export interface ProjectStats {
  project_id: string;
  trace_count?: number;
  thread_count?: number;
  duration?: { p50: number; p90: number; p99: number };
  total_estimated_cost?: number;
  total_estimated_cost_sum?: number;
  usage?: Record<string, number>;
  error_count?: { count: number; deviation?: number; deviation_percentage?: number };
  feedback_scores?: { name: string; value: number }[];
}

export interface Stat {
  name: string;
  type: "COUNT" | "AVG" | "PERCENTAGE";
  value: number | { p50: number; p90: number; p99: number };
}

export interface MetricSeries {
  name: string;
  data: { time: string; value: number | null }[];
}

export interface Metric {
  metric_type: string;
  interval: string;
  results: MetricSeries[];
}

export type DefinitionType = "numerical" | "categorical" | "boolean";

export interface DefinitionDetails {
  min?: number;
  max?: number;
  categories?: Record<string, number>;
  true_label?: string;
  false_label?: string;
  trueLabel?: string;
  falseLabel?: string;
}

export interface FeedbackDefinition {
  id: string;
  name: string;
  type: DefinitionType;
  description?: string;
  details: DefinitionDetails;
}

export interface Environment {
  id: string;
  name: string;
  description?: string;
  color?: string;
  position?: number;
}

export interface WorkspaceConfiguration {
  timeout_to_mark_thread_as_inactive?: string;
  truncation_on_tables?: boolean;
  color_map?: Record<string, string>;
}
