"""Several threads that log at the same time: python parallel.py PROJECT THREADS TRACES."""
import sys
import threading

import intent
import opik
from opik import opik_context

PROJECT, THREADS, TRACES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
REPORT = intent.Report(PROJECT)


@opik.track(project_name=PROJECT)
def outer(thread, i):
    span = opik_context.get_current_span_data()
    common = {"name": "outer", "input": {"thread": thread, "i": i}, "output": {"output": i * 2}}
    intent.trace(span.trace_id, span_count=2, **common)
    intent.span(span.id, span.trace_id, **common)
    return inner(i)


@opik.track
def inner(i):
    span = opik_context.get_current_span_data()
    intent.span(span.id, span.trace_id, span.parent_span_id, name="inner", input={"i": i},
                output={"output": i * 2})
    return i * 2


def run(thread):
    for i in range(TRACES):
        outer(thread, i)


threads = [threading.Thread(target=run, args=(n,)) for n in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
opik.flush_tracker()
REPORT.print()
