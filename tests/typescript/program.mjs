// What a user's program does with the npm package: node program.mjs PROJECT. The last line it
// prints is JSON: what it means to have stored, and what the package reads back.
import { Opik, flushAll, getTrackContext, track } from "opik";

const projectName = process.argv[2];
const began = new Date().toISOString();
const meant = { traces: {}, spans: {} };
const client = new Opik({ projectName });
const end = new Date("2030-01-02T03:04:05.678Z");
const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const error = { exceptionType: "TypeError", message: "nö", traceback: "at program.mjs" };
const storedError = { exception_type: "TypeError", message: "nö", traceback: "at program.mjs" };

function meanTrace({ data }, fields) {
  meant.traces[data.id] = {
    id: data.id, source: "sdk", environment: "", visibility_mode: "default",
    span_count: 0, llm_span_count: 0, has_tool_spans: false, ...fields,
  };
}

function meanSpan({ data }, fields) {
  meant.spans[data.id] = {
    id: data.id, trace_id: data.traceId, source: "sdk", environment: "", ...fields,
    ...(data.parentSpanId && { parent_span_id: data.parentSpanId }),
  };
}

// ---- three levels; some updates before the create leaves the queue, some after

const trace = client.trace({
  name: "Frage 🐙", input: { question: "你好", list: [1, 2.5, null, true] }, tags: ["first"],
  metadata: { version: 1 }, threadId: "thread ü",
});
const outer = trace.span({ name: "outer", type: "general", input: { text: 'a\0b\n"\\\u2028' } });
const inner = outer.span({ name: "inner", type: "llm", model: "acme-1", provider: "acme" });
const tool = inner.span({ name: "tool", type: "tool" });
tool.update({ errorInfo: error, tags: ["ö"] });
tool.end();
trace.update({ metadata: { version: 2, "深": {} } });
await client.flush();
inner.update({ output: { answer: 42 }, usage, totalEstimatedCost: 0.125 });
inner.end();
outer.update({ metadata: { n: -1e-300 }, output: { large: "so much text – ".repeat(10_000) } });
outer.end();
trace.update({ output: { answer: "42" }, tags: ["second", "größer"], endTime: end });
await client.flush();

meanTrace(trace, {
  name: "Frage 🐙", input: { question: "你好", list: [1, 2.5, null, true] },
  output: { answer: "42" }, metadata: { providers: ["acme"], version: 2, "深": {} },
  tags: ["second", "größer"], thread_id: "thread ü", end_time: end.toISOString(), usage,
  total_estimated_cost: 0.125, providers: ["acme"], span_count: 3, llm_span_count: 1,
  has_tool_spans: true,
});
meanSpan(outer, {
  name: "outer", type: "general", input: { text: 'a\0b\n"\\\u2028' },
  output: { large: "so much text – ".repeat(10_000) }, metadata: { n: -1e-300 },
});
meanSpan(inner, {
  name: "inner", type: "llm", model: "acme-1", provider: "acme", metadata: { provider: "acme" },
  output: { answer: 42 }, usage, total_estimated_cost: 0.125,
});
meanSpan(tool, { name: "tool", type: "tool", tags: ["ö"], error_info: storedError });

// ---- ended within one flush, so that create and end are one message

const quick = client.trace({ name: "quick", input: {} });
quick.update({ output: { done: true } }).end();
await client.flush();
meanTrace(quick, { name: "quick", input: {}, output: { done: true } });

// ---- track(): nested functions

const square = track({ name: "square", type: "tool" }, async (x) => {
  meanSpan(getTrackContext().span, {
    name: "square", type: "tool", input: { arguments: [x] }, output: { result: x * x },
  });
  return x * x;
});
const sum = track({ name: "sum", type: "general", projectName }, async (...numbers) => {
  const common = { name: "sum", input: { arguments: numbers }, output: { result: 5 } };
  meanTrace(getTrackContext().trace, { ...common, span_count: 3, has_tool_spans: true });
  meanSpan(getTrackContext().span, { ...common, type: "general" });
  return (await Promise.all(numbers.map((x) => square(x)))).reduce((a, b) => a + b);
});
await sum(1, 2);
await flushAll();

// ---- scores: by traces and spans, by the client; threads by what the package generates

const score = (name, value, fields) => ({ name, value, ...fields });
trace.score(score("quality", 0.75, { reason: "by the trace", categoryName: "gut" }));
inner.score(score("speed", 3));
client.logTracesFeedbackScores([
  { id: quick.data.id, ...score("quality", 0.125, { reason: "by the client" }) },
  { id: quick.data.id, ...score("gone", 1) },
]);
client.logSpansFeedbackScores([{ id: tool.data.id, ...score("speed", -1.5) }]);
await client.flush();
const { traces } = client.api;
await traces.deleteTraceFeedbackScore(quick.data.id, { body: { name: "gone" } });
await traces.scoreBatchOfThreads({ scores: [
  { threadId: "thread ü", projectName, source: "sdk", ...score("helpful", 0.5) },
] });
const found = async (filterString) =>
  (await client.searchThreads({ projectName, filterString })).map((thread) => thread.id);
const threads = {
  all: await client.searchThreads({ projectName }),
  high: await found("feedback_scores.helpful > 0.4"),
  low: await found("feedback_scores.helpful < 0.4"),
  empty: await found('feedback_scores."no such" is_empty'),
  traces: (await client.searchTraces({
    projectName, filterString: "feedback_scores.quality < 0.5",
  })).map(({ id }) => id),
  spans: (await client.searchSpans({
    projectName, filterString: "feedback_scores.speed = -1.5",
  })).map(({ id }) => id),
};
const ids = { trace: trace.data.id, quick: quick.data.id, inner: inner.data.id, tool: tool.data.id };

// ---- read back

const read = { traces: {}, spans: {} };
for (const id of Object.keys(meant.traces)) {
  read.traces[id] = await client.api.traces.getTraceById(id);
}
for (const id of Object.keys(meant.spans)) {
  read.spans[id] = await client.api.spans.getSpanById(id);
}
console.log(JSON.stringify({
  project: projectName, began, ended: new Date().toISOString(), ...meant, read, threads, ids,
}));
