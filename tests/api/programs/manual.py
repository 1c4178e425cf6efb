"""The SDK's client without decorators: python manual.py PROJECT batching|single.

While the create waits in the SDK's queue, the updates go out at once and overtake it.
"""
import datetime
import sys

import intent
import opik

PROJECT, BATCHING = sys.argv[1], sys.argv[2] == "batching"
REPORT = intent.Report(PROJECT)
ERROR = {"exception_type": "E", "message": "m", "traceback": "t"}
END = datetime.datetime(2030, 1, 2, 3, 4, 5, 678901, datetime.timezone.utc)
client = opik.Opik(project_name=PROJECT, batching=BATCHING)


def overtaken_create():
    """Updates of different fields directly after the create."""
    trace = client.trace(name="overtaken ü", input={"a": 1}, metadata={"m": 1}, thread_id="t 1")
    span = trace.span(name="model call", type="llm", input={"q": "你好"})
    child = span.span(name="child", type="tool", tags=["first"], provider="acme")
    trace.update(tags=["later", "größer"])
    span.update(output={"o": [1, 2.5, None]}, total_cost=0.5)
    child.update(metadata={"k": "v"})
    trace.update(output={"r": "🐙"})
    span.end(model="acme-1", provider="acme",
             usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
    child.end(output={"done": True}, error_info=ERROR)
    trace.end(end_time=END)
    intent.trace(trace.id, name="overtaken ü", input={"a": 1}, output={"r": "🐙"},
                 metadata={"providers": ["acme"], "m": 1}, thread_id="t 1",
                 tags=["later", "größer"], end_time="2030-01-02T03:04:05.678901Z",
                 usage=intent.openai_usage(1, 2), total_estimated_cost=0.5, providers=["acme"],
                 span_count=2, llm_span_count=1, has_tool_spans=True)
    intent.span(span.id, trace.id, name="model call", type="llm", input={"q": "你好"},
                output={"o": [1, 2.5, None]}, model="acme-1", provider="acme",
                metadata={"provider": "acme"}, usage=intent.openai_usage(1, 2),
                total_estimated_cost=0.5)
    intent.span(child.id, trace.id, span.id, name="child", type="tool", tags=["first"],
                metadata={"provider": "acme", "k": "v"}, provider="acme", output={"done": True},
                error_info=ERROR)


def updated_after_flush():
    """The create is there when the updates come; they replace and fill."""
    trace = client.trace(name="second", input={"a": 1}, output={"old": 1}, tags=["old"])
    span = trace.span(name="s", input={"b": 1}, metadata={"old": 1}, total_cost=1)
    client.flush()
    trace.update(output={"new": 2}, tags=["new"])
    client.update_span(span.id, trace.id, None, PROJECT, metadata={"new": {"n": 1}}, total_cost=2.5,
                       provider="acme")
    trace.end(metadata={"m": 2}, error_info=ERROR)
    span.end()
    intent.trace(trace.id, name="second", input={"a": 1}, output={"new": 2}, tags=["new"],
                 metadata={"providers": ["acme"], "m": 2}, error_info=ERROR, span_count=1,
                 total_estimated_cost=2.5, providers=["acme"])
    intent.span(span.id, trace.id, name="s", input={"b": 1}, provider="acme",
                metadata={"provider": "acme", "new": {"n": 1}}, total_estimated_cost=2.5)


def sent_twice():
    """The same id again with more fields, as the SDK's manual advises: the later one wins."""
    first = client.trace(name="twice", input={"a": 1}, tags=["gone"])
    client.trace(id=first.id, name="twice", input={"a": 2}, output={"b": 2}, end_time=END)
    intent.trace(first.id, name="twice", input={"a": 2}, output={"b": 2},
                 end_time="2030-01-02T03:04:05.678901Z")


overtaken_create()
updated_after_flush()
if BATCHING:  # a single POST of a known id is refused
    sent_twice()
client.flush()
REPORT.print(client)
client.end()
