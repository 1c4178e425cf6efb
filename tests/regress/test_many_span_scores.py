import time

import client
from wire import Wire

SPANS = 20_000


def test_a_trace_of_many_scored_spans(start_server):
    """Each part of a score of spans was looked for among those before it: a trace of 20,000 scored
    spans took seconds to open."""
    with Wire(start_server(plain=True).url) as wire:
        trace = client.trace("p")
        wire.must(201, "POST", "traces", trace)
        for _ in range(SPANS // 1000):
            spans = [client.span("p", trace["id"]) for _ in range(1000)]
            wire.must(204, "POST", "spans/batch", {"spans": spans})
            wire.must(204, "PUT", "spans/feedback-scores", {"scores": [
                {"id": span["id"], "project_name": "p", "name": "n", "value": 1, "source": "sdk"}
                for span in spans]})
        began = time.monotonic()
        record = wire.must(200, "GET", f"traces/{trace['id']}")
        assert time.monotonic() - began < 2
        [score] = record["span_feedback_scores"]
        assert len(score["value_by_author"]) == SPANS
