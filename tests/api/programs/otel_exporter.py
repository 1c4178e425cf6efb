"""A program that is traced by OpenTelemetry's SDK and knows of no server: the exporter takes all
from its environment. Prints the ids."""
import json
import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
compression = Compression.Gzip if "gzip" in sys.argv else None
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(compression=compression),
                                               max_export_batch_size=2))
tracer = provider.get_tracer("shop.agent")
ids = {}
with tracer.start_as_current_span("conversation") as root:
    root.set_attribute("input", json.dumps({"question": "6 times 7?"}))
    root.set_attribute("gen_ai.conversation.id", "c-1")
    ids["trace"] = f"{root.get_span_context().trace_id:032x}"
    ids["root"] = f"{root.get_span_context().span_id:016x}"
    for number in range(3):
        with tracer.start_as_current_span(f"call {number}") as call:
            call.set_attributes({"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o",
                                 "gen_ai.usage.input_tokens": 10 + number,
                                 "gen_ai.usage.output_tokens": 5})
    try:
        with tracer.start_as_current_span("tool"):
            raise ValueError("out of order")
    except ValueError:
        pass
    root.set_attribute("output", "42")
if not provider.force_flush():
    sys.exit("not flushed")
provider.shutdown()
print(json.dumps(ids))
