"""What a program means to have stored, printed as JSON for the test that runs it.

Each record names all fields that are not times or ids of projects; a field that is not named is
meant to be absent.
"""
import datetime
import json
import sys

traces, spans = {}, {}


def trace(trace_id, **fields):
    traces.setdefault(trace_id, {"id": trace_id, "source": "sdk", "environment": "",
                                 "visibility_mode": "default", "span_count": 0,
                                 "llm_span_count": 0, "has_tool_spans": False}).update(fields)


def span(span_id, trace_id, parent_span_id=None, **fields):
    spans.setdefault(span_id, {"id": span_id, "trace_id": trace_id, "source": "sdk",
                               "environment": "", "type": "general"}).update(fields)
    if parent_span_id:
        spans[span_id]["parent_span_id"] = parent_span_id


def openai_usage(prompt, completion):
    """The usage that the SDK makes of OpenAI's three keys."""
    usage = {"prompt_tokens": prompt, "completion_tokens": completion,
             "total_tokens": prompt + completion}
    return {**usage, **{f"original_usage.{key}": value for key, value in usage.items()}}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


class Report:
    """Notes when the program began, and at the end prints everything."""

    def __init__(self, project):
        self.project, self.began = project, now()

    def print(self, client=None, **more):
        """With a client also what the SDK reads back."""
        ended = now()
        read = {"traces": {}, "spans": {}}
        if client:
            read["traces"] = {i: _plain(client.get_trace_content(i)) for i in traces}
            read["spans"] = {i: _plain(client.get_span_content(i)) for i in spans}
        json.dump({"project": self.project, "began": self.began, "ended": ended, **more,
                   "traces": traces, "spans": spans, "read": read}, sys.stdout)


def _plain(model):
    return json.loads(model.model_dump_json(exclude_unset=True))
