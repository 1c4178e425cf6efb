"""Every operation of the Traces resource through the SDK: python discussed.py PROJECT.

Where the SDK has a method of its own this is it, else the package's generated client. Prints what
the SDK read, as JSON.
"""
import datetime
import json
import sys

import opik
from opik.rest_api.types import (FeedbackScoreBatchItem, FeedbackScoreBatchItemThread,
                                 TraceThreadUpdate, TraceUpdate)

PROJECT, THREAD, QUEUE = sys.argv[1], "thread ü", "0190babc-62a0-71d2-832a-0feffa4676ec"
client = opik.Opik(project_name=PROJECT)
rest, threads = client.rest_client.traces, client.get_threads_client()
read = {}


def keep(name, value):
    """Notes what the SDK read."""
    read[name] = json.loads(value.model_dump_json(exclude_unset=True)) \
        if hasattr(value, "model_dump_json") else value
    return value


def plain(models):
    return [json.loads(model.model_dump_json(exclude_unset=True)) for model in models]


# ---- traces and spans: batches of creates, scores by the client and by the entities

traces = [client.trace(name=f"turn {i}", thread_id=THREAD, input={"q": i}, output={"a": i})
          for i in range(3)]
span = traces[0].span(name="call", type="llm", usage={"total_tokens": 5}, total_cost=0.5)
span.end()
for trace in traces:
    trace.end()
client.flush()
traces[0].log_feedback_score("quality", 0.75, category_name="good", reason="by the trace")
span.log_feedback_score("speed", 3, reason="by the span")
client.log_traces_feedback_scores([
    {"id": traces[1].id, "name": "quality", "value": 0.25, "reason": "by the client"},
    {"id": traces[1].id, "name": "gone", "value": 1}])
client.log_spans_feedback_scores([{"id": span.id, "name": "gone", "value": 1}])
client.log_threads_feedback_scores([{"id": THREAD, "name": "helpful", "value": 1,
                                     "category_name": "yes", "reason": "by the client"}])
threads.log_threads_feedback_scores([{"id": THREAD, "name": "gone", "value": 0.5}], PROJECT)
client.flush()
client.delete_trace_feedback_score(traces[1].id, "gone")
client.delete_span_feedback_score(span.id, "gone")
rest.delete_thread_feedback_scores(project_name=PROJECT, thread_id=THREAD, names=["gone"])

# ---- what only the generated client has

single = "0190babc-62a0-71d2-832a-0feffa467600"
rest.create_trace(start_time=datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc),
                  id=single, project_name=PROJECT, name="single", source="playground")
rest.update_trace(single, project_name=PROJECT, tags=["one"])
rest.batch_update_traces(ids=[single], update=TraceUpdate(tags=["two"]), merge_tags=True)
rest.add_trace_feedback_score(single, name="quality", value=0.5, source="ui",
                              source_queue_id=QUEUE)
rest.score_batch_of_traces(scores=[FeedbackScoreBatchItem(
    id=single, project_name=PROJECT, name="quality", value=0.125, source="online_scoring")])
rest.score_batch_of_threads(scores=[FeedbackScoreBatchItemThread(
    thread_id=THREAD, project_name=PROJECT, name="helpful", value=0, source="ui",
    source_queue_id=QUEUE)])
rest.add_trace_comment(single, text="first")
made = rest.get_trace_by_id(single).comments[0].id
rest.update_trace_comment(made, text="second")
keep("trace comment", rest.get_trace_comment(single, made))
keep("single", rest.get_trace_by_id(single))
rest.delete_trace_comments(ids=[made])
keep("trace names", [one.name for one in rest.find_feedback_score_names2().scores])
keep("exist", rest.exist(project_name=PROJECT, thread_only=True).exists)
keep("traces page", rest.get_traces_by_project(project_name=PROJECT, size=1).total)
keep("trace stats", {one.name: one.value for one in rest.get_trace_stats(
    project_name=PROJECT).stats if one.name.startswith("feedback_scores")})
keep("traces by score", [one.id for one in client.search_traces(
    project_name=PROJECT, filter_string="feedback_scores.quality > 0.5")])
keep("spans by score", [one.id for one in client.search_spans(
    project_name=PROJECT, filter_string="feedback_scores.speed = 3")])
keep("traces by span score", [one.id for one in client.search_traces(
    project_name=PROJECT, filter_string="span_feedback_scores.speed is_not_empty")])

# ---- the thread

page = rest.get_trace_threads(project_name=PROJECT)
keep("page", page)
model_id = page.content[0].thread_model_id
rest.update_thread(model_id, tags=["a", "b"])
rest.batch_update_threads(ids=[model_id], update=TraceThreadUpdate(tags=["c"]), merge_tags=True)
rest.add_thread_comment(model_id, text="first")
comment = rest.get_trace_thread(thread_id=THREAD, project_name=PROJECT).comments[0].id
rest.update_thread_comment(comment, text="second")
keep("thread comment", rest.get_thread_comment(model_id, comment))
keep("thread names", [one.name for one in
                      rest.find_trace_threads_feedback_score_names().scores])
keep("thread stats", {one.name: one.value for one in rest.get_trace_thread_stats(
    project_name=PROJECT).stats})
rest.close_trace_thread(thread_id=THREAD, project_name=PROJECT)
keep("closed", plain(client.search_threads(project_name=PROJECT,
                                           filter_string='status = "inactive"')))
rest.open_trace_thread(thread_id=THREAD, project_name=PROJECT)
keep("thread", rest.get_trace_thread(thread_id=THREAD, project_name=PROJECT))
keep("by score", [one.id for one in threads.search_threads(
    PROJECT, 'feedback_scores.helpful = 0.5 and tags contains "c"')])
keep("no score", [one.id for one in threads.search_threads(
    PROJECT, "feedback_scores.helpful is_empty")])
rest.delete_thread_comments(ids=[comment])
keep("comments", rest.get_trace_thread(thread_id=THREAD, project_name=PROJECT).comments)
rest.delete_trace_by_id(traces[2].id)
rest.delete_traces(ids=[single])
keep("messages", rest.get_trace_thread(thread_id=THREAD,
                                       project_name=PROJECT).number_of_messages)
rest.delete_trace_threads(thread_ids=[THREAD], project_name=PROJECT)
keep("left", rest.get_trace_threads(project_name=PROJECT).total)

json.dump({"project": PROJECT, "thread": THREAD, "queue": QUEUE, "single": single,
           "traces": [trace.id for trace in traces], "span": span.id, "read": read},
          sys.stdout, default=str)
client.end()
