"""What becomes of the attributes of OpenTelemetry spans (otel.md 5 and 6)."""
import math
import os

import pytest

from client import has, name
from otlp import accept, event, span, span_uuid, trace_uuid

# target -> type -> names; a name that ends in "*" is a prefix.
RULES = {
    "metadata": {
        None: "agent_name model_name gen_ai.response.finish_reasons gen_ai.tool.* gen_ai.agent.* "
              "gen_ai.token.type gen_ai.framework gen_ai.operation.name livekit.session.id "
              "lk.agent_label lk.speech_id lk.interrupted lk.retry_count lk.llm_metrics "
              "lk.tts_metrics lk.tts.streaming lk.tts.label lk.transcript_confidence "
              "lk.transcription_delay lk.end_of_turn_delay lk.eou.probability "
              "lk.eou.unlikely_threshold lk.eou.endpointing_delay lk.eou.language logfire.msg "
              "code.* llm.is_streaming llm.request.* llm.response.* llm.user metadata.* "
              "hidden_params server.address opik.metadata* smolagents.*",
        "llm": "gen_ai.request.temperature gen_ai.response.id gen_ai.cost.* "
               "langfuse.observation.completion_start_time",
        "tool": "lk.function_tool.name lk.function_tool.is_error",
    },
    "input": {
        None: "all_messages params tools tool_arguments gen_ai.prompt gen_ai.tool.call.arguments "
              "gen_ai.request.* lk.input_text lk.chat_ctx lk.function_tools lk.user_input "
              "lk.user_transcript input* "
              # without a rule
              "gen_ai.prompt.0.content gen_ai.completion.0.content llm.input_messages.0.role "
              "llm.output_messages.0.role llm.invocation_parameters llm.provider llm.system "
              "openinference.span.kind session.id user.id metadata tag.tags ai.model.id "
              "langfuse.trace.name gen_ai.provider.name whatever model user_prompt",
        "llm": "prompt gen_ai.input.* gen_ai.system_instructions llm.invocation_parameters.**",
        "tool": "lk.function_tool.arguments",
    },
    "output": {
        None: "response result tool_responses tool_response final_result gen_ai.completion "
              "gen_ai.tool.call.result gen_ai.response* lk.response.text "
              "lk.response.function_calls output*",
        "llm": "gen_ai.output.*",
        "tool": "lk.function_tool.output",
    },
    None: {None: "logfire.span_type logfire.metrics logfire.msg_template logfire.json_schema "
                 "logfire.level_num"},
}
CLAUDE_RULES = {
    "input": {None: "user_prompt hook_event hook_name hook_definitions", "tool": "tool_input",
              "llm": "system_prompt_preview"},
    "output": {"llm": "response.model_output stop_reason response.has_tool_call"},
    "metadata": {None: "new_context whatever session.idx result.x"},
}
CASES = [(names, target, kind, "step") for target, kinds in RULES.items()
         for kind, names in kinds.items()]
CASES += [(names, target, kind, "claude_code.step") for target, kinds in CLAUDE_RULES.items()
          for kind, names in kinds.items()]


def stored(api, values, *, label="step", scope="logfire", **fields):
    """One root span as it is stored; the trace's id is beside it."""
    sent = span(os.urandom(16), b"", values, name=label, **fields)
    accept(api, sent, project=name(), scope=scope)
    result = api.read("spans", span_uuid(sent.span_id))
    assert result["trace_id"] == trace_uuid(sent.trace_id)
    if "provider" in result:  # shown in the metadata of each span that has one
        assert result["metadata"].pop("provider") == result["provider"]
        if not result["metadata"]:
            del result["metadata"]
    return result


@pytest.mark.parametrize("names, target, kind, label", CASES)
def test_rules(api, names, target, kind, label):
    for rule in names.split():
        attribute = rule[:-1] + "rest" if rule.endswith("*") else rule
        result = stored(api, {attribute: "value"}, label=label)
        assert result["type"] == (kind or "general"), attribute
        buckets = {key: result[key] for key in ("input", "output", "metadata") if key in result}
        assert buckets == ({target: {attribute: "value"}} if target else {}), attribute


def test_single_targets(api):
    for attribute in ("gen_ai.request_model", "gen_ai.response_model", "gen_ai.request.model",
                      "gen_ai.response.model", "llm.model_name"):
        assert has(stored(api, {attribute: "m-1"}), {"model": "m-1", "type": "llm"}, "input")
    assert has(stored(api, {"gen_ai.system": "openai"}), {"provider": "openai", "type": "llm"})
    assert stored(api, {"gen_ai.request.model": "a", "gen_ai.response.model": "b"})["model"] == "b"
    both = {"lk.function_tool.name": "f", "gen_ai.system": "x"}
    assert stored(api, both)["type"] == "llm"
    assert stored(api, dict(reversed(both.items())))["type"] == "tool"
    assert stored(api, {**both, "gen_ai.operation.name": "invoke_agent"})["type"] == "general"
    for attribute in ("thread_id", "gen_ai.conversation.id"):
        result = stored(api, {attribute: "t"})
        assert has(result, {"metadata": {"thread_id": "t"}}, "input")
        assert api.read("traces", result["trace_id"])["thread_id"] == "t"
    result = stored(api, {"gen_ai.conversation.id": " ", "thread_id": "late"})
    assert result["metadata"] == {"thread_id": " "}
    assert "thread_id" not in api.read("traces", result["trace_id"])
    for value, text in ((12, "12"), (1.5, "1.5"), (True, "true")):
        result = stored(api, {"thread_id": value})
        assert result["metadata"] == {"thread_id": value}
        assert api.read("traces", result["trace_id"])["thread_id"] == text
    result = stored(api, {"thread_id": '{"a": 1}'})
    assert "thread_id" not in api.read("traces", result["trace_id"])


def test_integration(api):
    assert stored(api, {}, scope="openai-agents")["metadata"] == {"integration": "openai-agents"}
    for scope in ("LogFire", "", " "):
        assert "metadata" not in stored(api, {}, scope=scope)


def test_values(api):
    values = {"object": '{"b": 1.50, "a": [1]}', "array": '["x"]', "text": "plain", "empty": "",
              "quoted": '"[1, 2]"', "quoted text": '"hello"', "twice": '"\\"inner\\""',
              "broken": "{oops", "tail": '{"a": 1} more', "number": "12", "int": -5,
              "double": 1.0, "bool": True, "nan": math.nan, "inf": -math.inf,
              "texts": ["a", "[1]"], "mixed": [1, True, "x", 2.5, {"k": "v"}],
              "map": {"k": {"deep": [1]}}, "bytes": b"\x00\xff\x10", "none": None}
    assert stored(api, values)["input"] == {
        "object": {"b": 1.50, "a": [1]}, "array": ["x"], "text": "plain", "empty": "",
        "quoted": [1, 2], "quoted text": '"hello"', "twice": "inner", "broken": "{oops",
        "tail": '{"a": 1} more', "number": "12", "int": -5, "double": 1.0, "bool": True,
        "nan": "NaN", "inf": "-Infinity", "texts": ["a", "[1]"],
        "mixed": [1, True, "x", 2.5, {"k": "v"}], "map": {"k": {"deep": [1]}}, "bytes": "AP8Q"}
    sent = span(os.urandom(16), b"", {"a": 1, "b": 2})
    sent.attributes.add(key="a").value.string_value = "later"
    accept(api, sent)
    assert api.read("spans", span_uuid(sent.span_id))["input"] == {"a": "later", "b": 2}


def test_many_attributes(api):
    values = {f"key {i}": i for i in range(20000)}
    assert stored(api, values)["input"] == values


def test_cost(api):
    for value, cost in ((0.25, 0.25), (3, 3), ("1.5", 1.5), (" 2e-3 ", 0.002), (0, None)):
        result = stored(api, {"gen_ai.usage.cost": value})
        assert result.get("total_estimated_cost") == cost and result["type"] == "llm"
        assert "metadata" not in result and "usage" not in result
    for value in ("much", -1.0, [1], True, math.inf):
        result = stored(api, {"gen_ai.usage.cost": value})
        kept = "Infinity" if value == math.inf else value
        assert has(result, {"metadata": {"gen_ai.usage.cost": kept}}, "total_estimated_cost")


def test_tags(api):
    for value, tags in ((" a, b,,a ", ["a", "b"]), ('["x", " y ", "", 1]', ["x", "y"]),
                        ("[x,y]", ["[x", "y]"]), (["p", " ", "q "], ["p", "q"]), ("one", ["one"])):
        result = stored(api, {"opik.tags": value})
        assert has(result, {"tags": tags}, "input", "metadata")
        assert "tags" not in api.read("traces", result["trace_id"])
    sent = span(os.urandom(16), b"", {"opik.tags": "a,b"})
    sent.attributes.add(key="opik.tags").value.string_value = "b,c"
    accept(api, sent)
    assert has(api.read("spans", span_uuid(sent.span_id)), {"tags": ["a", "b", "c"]})
    assert "tags" not in stored(api, {"opik.tags": " , "})


def test_what_a_rule_cannot_use_is_kept(api):
    values = {"gen_ai.usage.double": 1.5, "gen_ai.usage.flag": True, "opik.tags": 5,
              "gen_ai.system": 7, "llm.model_name": ["m"], "usage": "[1]"}
    result = stored(api, values)
    assert has(result, {"metadata": {**values, "usage": [1]}, "type": "llm"},
               "usage", "tags", "provider", "model")


@pytest.mark.parametrize("values, usage", [
    ({"gen_ai.usage.prompt_tokens": 1}, {"prompt_tokens": 1}),
    ({"gen_ai.usage.input_tokens": 1, "gen_ai.usage.output_tokens": "2",
      "gen_ai.usage.cache_read_tokens": 3, "gen_ai.usage.cache_creation_tokens": 4},
     {"prompt_tokens": 1, "completion_tokens": 2, "cache_read_input_tokens": 3,
      "cache_creation_input_tokens": 4, "total_tokens": 3}),
    ({"gen_ai.usage.input_tokens": 1, "gen_ai.usage.output_tokens": 2,
      "gen_ai.usage.total_tokens": 9},
     {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 9}),
    ({"llm.token_count.prompt": 1, "llm.token_count.completion": 2, "llm.token_count.total": 3},
     {"prompt": 1, "completion": 2, "total": 3}),
    ({"gen_ai.usage.details.reasoning": 5}, {"details.reasoning": 5}),
    ({"usage": '{"input_tokens": 1, "output_tokens": 2.0, "details": {"x": 1}, "s": "3"}'},
     {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
    ({"usage": '"{\\"requests\\": 4}"'}, {"requests": 4}),
    ({"usage": 7}, {"usage": 7}),
    ({"gen_ai.usage.x": 2**32 + 5}, {"x": 5}),
    ({"gen_ai.usage.x": "1", "gen_ai.usage.y": 0}, {"x": 1, "y": 0}),
])
def test_usage(api, values, usage):
    assert has(stored(api, values), {"usage": usage, "type": "llm"}, "input", "metadata")


@pytest.mark.parametrize("provider, model, address, expected", [
    ("elastic", "openai-gpt-4", None, ("openai", "gpt-4")),
    ("Elastic", "Anthropic-claude-3", None, ("anthropic", "claude-3")),
    ("elastic", "jina-embed", None, ("jina_ai", "jina-embed")),
    ("elastic", "google-gemini-1", None, ("google_ai", "gemini-1")),
    ("elastic", "Microsoft-phi", None, ("azure", "phi")),
    ("elastic", "rerank", None, ("elastic", "rerank")),
    ("google", "gemini", None, ("google_ai", "gemini")),
    ("google", "gemini", "eu-aiplatform.googleapis.com:443", ("google_vertexai", "gemini")),
    ("openai", "gpt-4", "x", ("openai", "gpt-4")),
])
def test_providers(api, provider, model, address, expected):
    values = {"gen_ai.system": provider, "gen_ai.request.model": model}
    values |= {"server.address": address} if address else {}
    result = stored(api, values)
    assert (result["provider"], result["model"]) == expected
    metadata = {"server.address": address} if address else {}
    if provider.lower() == "elastic" and "-" in model:
        metadata |= {"eis_original_system": provider, "eis_original_model": model}
    assert result.get("metadata", {}) == metadata


def test_claude_code(api):
    values = {"model": "claude-x", "input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 2,
              "session.id": "session", "new_context": "c", "stop_reason": "end_turn"}
    result = stored(api, values, label="claude_code.llm_request")
    assert has(result, {
        "type": "llm", "model": "claude-x", "provider": "anthropic",
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "cache_read_input_tokens": 2,
                  "total_tokens": 15},
        "input": {"new_context": "c"}, "output": {"stop_reason": "end_turn"},
        "metadata": {"thread_id": "session"}})
    assert api.read("traces", result["trace_id"])["thread_id"] == "session"
    assert stored(api, {"gen_ai.system": "other"}, label="claude_code.x")["provider"] == "other"
    result = stored(api, {"tool_input": "{}"}, label="claude_code.tool", events=[
        event("tool.output", {"output": "first"}),
        event("tool.output", {"output": '{"a": 1}', "content": "c", "more": 1})])
    assert has(result, {"type": "tool", "input": {"tool_input": {}},
                        "output": {"output": {"a": 1}, "content": "c"}})
    assert "output" not in stored(api, {}, events=[event("tool.output", {"output": "x"})])
