"""A program with @opik.track, as users write them: python tracked.py PROJECT [URL].

With a URL it configures the SDK itself, without one the environment does.
"""
import asyncio
import sys

import intent
import opik
from opik import opik_context

PROJECT = sys.argv[1]
REPORT = intent.Report(PROJECT)
ODD = {"text \u2028": "a\u0000b\n\"\\", "big": 2**70, "small": -1e-300, "": {}}
LARGE = "so much text – " * 350_000  # 5 MB

if len(sys.argv) > 2:
    opik.configure(use_local=True, url_override=sys.argv[2], force=True)


def note_span(**fields):
    """Writes down what the span that runs now shall be."""
    span = opik_context.get_current_span_data()
    intent.span(span.id, span.trace_id, span.parent_span_id, **fields)
    return span


def note_trace(**fields):
    intent.trace(opik_context.get_current_trace_data().id, **fields)


# ---- three levels, with all that a span can say

@opik.track(project_name=PROJECT, tags=["root", "größer"],
            metadata={"version": 3, "深": [1.5, None]})
def answer(question, limit=10):
    opik_context.update_current_trace(name="renamed 🐙", thread_id="thread \u00e4 1",
                                      tags=["trace-tag"], metadata={"of": "trace"})
    common = {"input": {"question": question, "limit": limit}, "output": {"text": "42", **ODD}}
    note_span(name="answer", tags=["root", "größer"],
              metadata={"version": 3, "深": [1.5, None]}, **common)
    note_trace(name="renamed 🐙", thread_id="thread \u00e4 1", tags=["root", "größer", "trace-tag"],
               metadata={"providers": ["acme"], "version": 3, "深": [1.5, None], "of": "trace"},
               usage=intent.openai_usage(7, 5), total_estimated_cost=0.125, span_count=3,
               llm_span_count=1, has_tool_spans=True, providers=["acme"], **common)
    return look_up(question)


@opik.track(name="looks up", type="tool", capture_input=False)
def look_up(question):
    note_span(name="looks up", type="tool", output={"text": "42", **ODD})
    return {"text": ask([question])[0], **ODD}


@opik.track(type="llm")
def ask(messages):
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    opik_context.update_current_span(model="acme-1", provider="acme", usage=usage,
                                     total_cost=0.125)
    note_span(name="ask", type="llm", model="acme-1", provider="acme",
              usage=intent.openai_usage(7, 5), total_estimated_cost=0.125,
              input={"messages": messages}, output={"output": ["42"]},
              metadata={"provider": "acme"})
    return ["42"]


# ---- an exception: on the span that raises and on all above it

@opik.track(project_name=PROJECT)
def fails(depth):
    note_span(name="fails", input={"depth": depth}, error_info=ERROR)
    if depth:
        return fails(depth - 1)
    note_trace(name="fails", input={"depth": 1}, error_info=ERROR, span_count=2)
    raise ValueError("not today: ünmöglich")


ERROR = {"exception_type": "ValueError", "message": "not today: ünmöglich",
         "traceback": "raise ValueError"}  # the test looks for a part of the traceback


# ---- generators, coroutines, a large value

@opik.track(project_name=PROJECT, generations_aggregator=" ".join)
def words(count):
    common = {"name": "words", "input": {"count": count}, "output": {"output": "w0 w1 w2"}}
    note_span(**common)
    note_trace(span_count=count + 1, **common)
    for i in range(count):
        yield word(i)


@opik.track
def word(i):
    note_span(name="word", input={"i": i}, output={"output": f"w{i}"})
    return f"w{i}"


@opik.track(project_name=PROJECT)
async def gathers(n):
    common = {"name": "gathers", "input": {"n": n}, "output": {"output": [0, 1, 4]}}
    note_span(**common)
    note_trace(span_count=n + 1, **common)
    return await asyncio.gather(*(square(i) for i in range(n)))


@opik.track
async def square(i):
    await asyncio.sleep(0.01 * (3 - i))
    note_span(name="square", input={"i": i}, output={"output": i * i})
    return i * i


@opik.track(project_name=PROJECT)
def large():
    common = {"name": "large", "input": {}, "output": {"text": LARGE}}
    note_span(**common)
    note_trace(span_count=1, **common)
    return {"text": LARGE}


answer("Wie heißt du? 你好 🐙")
try:
    fails(1)
except ValueError:
    pass
list(words(3))
asyncio.run(gathers(3))
large()
opik.flush_tracker()
REPORT.print(opik.Opik(project_name=PROJECT))
