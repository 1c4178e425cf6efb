"""Costs that the server estimates (stats.md 8, spans.md 7, docs/costs.md)."""
import json
import os
import pathlib
import random
import subprocess

import pytest

import otlp
from client import Api, EPOCH, has, name, now_iso, span, trace, uuid7
from server import run

# 0.15 and 0.60 USD per million tokens.
MODEL = {"model": "gpt-4o-mini", "provider": "openai"}
USAGE = {"usage": {"prompt_tokens": 1000, "completion_tokens": 200}}
PRICED = {**MODEL, **USAGE}
COST = 0.00027
SAYS = {"metadata": {"cost": {"currency": "USD", "total_cost": 0.42}}}
SHOWN = ("total_estimated_cost", "total_estimated_cost_version")


def cost(api, item_id):
    """(cost, version) of a span; None for what it lacks."""
    read = api.read("spans", item_id)
    return tuple(read.get(key) for key in SHOWN)


def estimated(value):
    return value, "1.1"


def manual(value):
    return value, None


NOTHING = None, None


def create(api, item):
    api.create("spans", item)


def batch(api, item):
    api.batch("spans", item)


def update(api, item, **fields):
    keys = {key: item[key] for key in ("project_name", "trace_id")}
    api.update("spans", item["id"], {**keys, **fields})


def update_many(api, item, **fields):
    response = api.patch("spans/batch", {"ids": [item["id"]], "update": {
        "trace_id": item["trace_id"], **fields}})
    assert response.status_code == 204, response.text


CREATES = pytest.mark.parametrize("write", [create, batch], ids=["create", "batch"])


# ---- creating -----------------------------------------------------------------------------------

GOLDEN = [
    ("gpt-4o-mini", "openai", {"prompt_tokens": 1000, "completion_tokens": 200,
     "original_usage.prompt_tokens_details.audio_tokens": 300}, 0.00027),
    ("gpt-4o-audio-preview", "openai", {"prompt_tokens": 1000, "completion_tokens": 200,
     "prompt_tokens_details.audio_tokens": 300}, 0.01575),
    ("vertex_ai/claude-haiku-4-5", "anthropic_vertexai", {
        "original_usage.input_tokens": 1000, "original_usage.output_tokens": 100,
        "original_usage.cache_read_input_tokens": 200,
        "original_usage.cache_creation_input_tokens": 50}, 0.0015825),
    ("anthropic.claude-3-5-haiku-20241022-v1:0", "bedrock", {
        "original_usage.inputTokens": 100, "original_usage.outputTokens": 20,
        "original_usage.cacheReadInputTokens": 10, "original_usage.cacheWriteInputTokens": 5},
     0.0001658),
    ("gemini-2.5-flash", "google_vertexai", {
        "original_usage.prompt_token_count": 1000, "completion_tokens": 100,
        "original_usage.cached_content_token_count": 400}, 0.000442),
    ("gemini-2.5-pro", "google_vertexai",
     {"prompt_tokens": 200000, "completion_tokens": 1000}, 0.26),
    ("gemini-2.5-pro", "google_vertexai",
     {"prompt_tokens": 300000, "completion_tokens": 1000}, 0.765),
    ("gpt-5.4", "openai", {"prompt_tokens": 272000, "completion_tokens": 1000}, 0.695),
    ("gpt-5.4", "openai", {"prompt_tokens": 300000, "completion_tokens": 1000}, 1.5225),
    ("sora-2", "openai", {"video_duration_seconds": 4}, 0.4),
    ("tts-1", "openai", {"input_characters": 1000}, 0.015),
]


@CREATES
@pytest.mark.parametrize("model,provider,usage,value", GOLDEN, ids=lambda value: str(value)[:30])
def test_golden_values(api, project, write, model, provider, usage, value):
    item = span(project, model=model, provider=provider, usage=usage)
    write(api, item)
    assert cost(api, item["id"]) == estimated(value)


@CREATES
@pytest.mark.parametrize("fields,wanted", [
    (PRICED, estimated(COST)),
    ({**PRICED, "model": "openai/GPT-4o-mini-2024-07-18"}, estimated(COST)),
    ({**PRICED, "model": "GPT-4O-MINI"}, NOTHING),
    ({**PRICED, "provider": "OpenAI"}, NOTHING),
    ({**PRICED, "model": " "}, NOTHING),
    ({**PRICED, "provider": ""}, NOTHING),
    (MODEL, NOTHING),
    (USAGE, NOTHING),
    ({**PRICED, "model": None, "metadata": {"model": "gpt-4o-mini"}}, estimated(COST)),
    ({**PRICED, "model": "x", "metadata": {"model": "gpt-4o-mini"}}, NOTHING),
    ({"model": "gemini-2.5-pro", "provider": "gemini", "usage": {"prompt_tokens": 8}},
     estimated(0.00001)),
    ({"model": "gemini-2.5-pro", "provider": "vertex-ai", "usage": {"prompt_tokens": 8}},
     estimated(0.00001)),
    ({"model": "unknown-model", "provider": "unknown", **SAYS}, estimated(0.42)),
    (SAYS, estimated(0.42)),
    ({**PRICED, **SAYS}, estimated(COST)),
    ({"metadata": {"cost": {"currency": "EUR", "total_cost": 0.42}}}, NOTHING),
    ({"metadata": {"cost": {"currency": "USD", "total_cost": "a lot"}}}, NOTHING),
    ({"metadata": {"cost": {"currency": "USD", "total_cost": 0.42},
                   "text": "long " * 500}}, estimated(0.42)),
    ({**PRICED, "total_estimated_cost": 7}, manual(7)),
    ({**SAYS, "total_estimated_cost": 7}, manual(7)),
    ({**PRICED, "total_estimated_cost": 0}, NOTHING),
    ({**PRICED, "total_estimated_cost_version": "9"}, estimated(COST)),
], ids=lambda value: json.dumps(value)[:60])
def test_creates(api, project, write, fields, wanted):
    item = span(project, **fields)
    write(api, item)
    assert cost(api, item["id"]) == wanted


@pytest.mark.parametrize("kind", ["general", "tool", "llm", "guardrail", None])
def test_every_type_of_span(api, project, kind):
    item = span(project, type=kind, **PRICED)
    create(api, item)
    assert cost(api, item["id"]) == estimated(COST)


def test_digits(api, project):
    """Twelve, cut; and the sum is exact."""
    parent = trace(project)
    api.create("traces", parent)
    for _ in range(3):
        api.create("spans", span(project, parent["id"], model="text-embedding-3-small",
                                 provider="openai", usage={"prompt_tokens": 7}))
    assert api.read("traces", parent["id"])["total_estimated_cost"] == 0.00000042
    item = span(project, metadata={"cost": {"currency": "USD", "total_cost": 0.1234567890129}})
    create(api, item)
    assert cost(api, item["id"]) == estimated(0.123456789012)


# ---- updates ------------------------------------------------------------------------------------

@CREATES
@pytest.mark.parametrize("first,then,wanted", [
    # Of model, provider and usage the missing ones come from what is stored.
    (PRICED, {"usage": {"prompt_tokens": 2000}}, estimated(0.0003)),
    (PRICED, {"model": "gpt-4o"}, estimated(0.0045)),
    ({**PRICED, "provider": "nobody"}, {"provider": "openai"}, estimated(COST)),
    (MODEL, USAGE, estimated(COST)),
    (USAGE, MODEL, estimated(COST)),
    ({}, PRICED, estimated(COST)),
    # Nothing new: the old stays.
    (PRICED, {"model": "unknown"}, estimated(COST)),
    (PRICED, {"usage": {}}, estimated(COST)),
    (PRICED, {"name": "n"}, estimated(COST)),
    # Metadata counts only where the update brings it, and its model never.
    ({**USAGE, "provider": "openai"}, {"metadata": {"model": "gpt-4o-mini"}}, NOTHING),
    ({}, SAYS, estimated(0.42)),
    (PRICED, SAYS, estimated(0.42)),
    (PRICED, {"usage": {"prompt_tokens": 2000}, **SAYS}, estimated(0.0003)),
    (SAYS, {"model": "unknown"}, estimated(0.42)),
    # Manual costs.
    (PRICED, {"total_estimated_cost": 3}, manual(3)),
    (PRICED, {"total_estimated_cost": 3, **USAGE}, manual(3)),
    ({**PRICED, "total_estimated_cost": 3}, USAGE, manual(3)),
    ({**PRICED, "total_estimated_cost": 3}, SAYS, manual(3)),
    ({"total_estimated_cost": 3}, {"total_estimated_cost": 4}, manual(4)),
    ({**PRICED, "total_estimated_cost": 0}, USAGE, estimated(COST)),
    (PRICED, {"total_estimated_cost": 0}, NOTHING),
], ids=lambda value: json.dumps(value)[:50])
def test_updates(api, project, write, first, then, wanted):
    item = span(project, **first)
    write(api, item)
    update(api, item, **then)
    assert cost(api, item["id"]) == wanted


@pytest.mark.parametrize("first,then,wanted", [
    (PRICED, {"usage": {"prompt_tokens": 2000}}, estimated(COST)),
    ({}, PRICED, NOTHING),
    ({}, SAYS, NOTHING),
    (PRICED, {"total_estimated_cost": 3}, manual(3)),
    ({"total_estimated_cost": 3}, {"total_estimated_cost": 4}, manual(4)),
    ({"total_estimated_cost": 3}, PRICED, manual(3)),
], ids=lambda value: json.dumps(value)[:50])
def test_updates_of_many(api, project, first, then, wanted):
    item = span(project, **first)
    create(api, item)
    update_many(api, item, **then)
    assert cost(api, item["id"]) == wanted


def test_manual_cost_holds_over_many_updates(api, project):
    item = span(project, **PRICED)
    create(api, item)
    update(api, item, total_estimated_cost=3)
    for fields in (USAGE, {"model": "gpt-4o"}, SAYS):
        update(api, item, **fields)
        assert cost(api, item["id"]) == manual(3)


@CREATES
def test_negative_cost_is_refused(api, project, write):
    item = span(project, **PRICED, total_estimated_cost=-1)
    path, body = ("spans", item) if write is create else ("spans/batch", {"spans": [item]})
    assert api.post(path, body, bad=True).status_code == 422


# ---- orders of arrival --------------------------------------------------------------------------

@CREATES
@pytest.mark.parametrize("patches,then,wanted", [
    ([PRICED], {}, estimated(COST)),
    # A cost that is stored stays.
    ([PRICED], {**PRICED, "model": "gpt-4o"}, estimated(COST)),
    ([SAYS], PRICED, estimated(0.42)),
    ([{"total_estimated_cost": 3}], PRICED, manual(3)),
    ([{"total_estimated_cost": 3}], {"total_estimated_cost": 4}, manual(3)),
    # What comes together costs together.
    ([USAGE], MODEL, estimated(COST)),
    ([MODEL], USAGE, estimated(COST)),
    ([{"model": "gpt-4o-mini"}, {"provider": "openai"}], USAGE, estimated(COST)),
    ([{"model": "gpt-4o-mini"}], {**PRICED, "model": "gpt-4o"}, estimated(COST)),
    ([{"name": "n"}], PRICED, estimated(COST)),
    ([{"model": "unknown"}], PRICED, estimated(COST)),
    # What the create tells is more than an estimate.
    ([PRICED], {"total_estimated_cost": 4}, manual(4)),
    ([{"total_estimated_cost": 0}], {"total_estimated_cost": 4}, manual(4)),
    ([{"total_estimated_cost": 0}], PRICED, estimated(COST)),
], ids=lambda value: json.dumps(value)[:50])
def test_updates_before_the_create(api, project, write, patches, then, wanted):
    item = span(project, **then)
    for fields in patches:
        update(api, item, **fields)
    assert has(api.read("spans", item["id"]), {"start_time": EPOCH})
    write(api, item)
    assert cost(api, item["id"]) == wanted


def test_an_update_alone(api, project):
    item = span(project)
    update(api, item, **PRICED)
    assert cost(api, item["id"]) == estimated(COST)


def test_a_second_create_changes_nothing(api, project):
    item = span(project, **PRICED)
    create(api, item)
    create(api, {**item, "model": "gpt-4o"})
    assert cost(api, item["id"]) == estimated(COST)


@pytest.mark.parametrize("first,then,wanted", [
    (PRICED, {**PRICED, "model": "gpt-4o"}, estimated(0.0045)),
    (PRICED, {}, NOTHING),
    (PRICED, {"total_estimated_cost": 3}, manual(3)),
    ({"total_estimated_cost": 3}, PRICED, estimated(COST)),
    ({"total_estimated_cost": 3}, {}, NOTHING),
], ids=lambda value: json.dumps(value)[:50])
@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "reversed"])
def test_newer_items_replace(api, project, first, then, wanted, in_order):
    item = span(project)
    items = [{**item, **first, "last_updated_at": now_iso(-20)},
             {**item, **then, "last_updated_at": now_iso(-10)}]
    for sent in items if in_order else items[::-1]:
        batch(api, sent)
    assert cost(api, item["id"]) == wanted


@pytest.mark.parametrize("patch,closing,wanted", [
    (PRICED, {}, estimated(COST)),
    (USAGE, MODEL, estimated(COST)),
    (SAYS, {}, estimated(0.42)),
    ({"total_estimated_cost": 3}, PRICED, manual(3)),
    (PRICED, {"total_estimated_cost": 3}, manual(3)),
    (PRICED, {**PRICED, "model": "gpt-4o"}, estimated(0.0045)),
], ids=lambda value: json.dumps(value)[:50])
def test_closing_items_after_an_update(api, project, patch, closing, wanted):
    item = span(project)
    batch(api, {**item, "last_updated_at": now_iso(-20)})
    update(api, item, **patch)
    batch(api, {**item, **closing, "last_updated_at": now_iso(10)})
    assert cost(api, item["id"]) == wanted


# ---- what is made of it -------------------------------------------------------------------------

def test_sums_follow(api, project):
    thread = name("thread")
    parent = trace(project, thread_id=thread)
    api.create("traces", parent)
    items = [span(project, parent["id"], **PRICED) for _ in range(3)]
    api.batch("spans", *items)

    def sums():
        found = api.post("traces/threads/retrieve", {"project_name": project, "thread_id": thread})
        return (api.read("traces", parent["id"]).get("total_estimated_cost"),
                found.json().get("total_estimated_cost"))

    assert sums() == (0.00081, 0.00081)
    update(api, items[0], model="gpt-4o")
    assert sums() == (0.00504, 0.00504)
    update(api, items[1], total_estimated_cost=1)
    assert sums() == (1.00477, 1.00477)
    update(api, items[1], total_estimated_cost=0)
    update(api, items[0], total_estimated_cost=0)
    assert sums() == (COST, COST)
    api.delete(f"spans/{items[2]['id']}")
    assert sums() == (None, None)
    assert "total_estimated_cost_version" not in api.read("traces", parent["id"])


@pytest.mark.parametrize("seed", range(8))
def test_sums_follow_whatever_comes(api, project, seed):
    rng = random.Random(seed)
    thread, trace_id = name("thread"), uuid7()
    items = [span(project, trace_id) for _ in range(3)]
    bodies = [PRICED, MODEL, USAGE, SAYS, {"model": "gpt-4o"}, {"usage": {"prompt_tokens": 7}}, {},
              {"total_estimated_cost": 0}, {"total_estimated_cost": 0.5}]
    api.create("traces", trace(project, id=trace_id, thread_id=thread))
    for _ in range(25):
        item = {**rng.choice(items), **rng.choice(bodies)}
        write = rng.choice([create, batch, update, update_many])
        if write in (create, batch):
            write(api, item)
        else:
            write(api, item, **{key: item[key] for key in item
                                if key not in ("id", "project_name", "trace_id", "start_time")})
        shown = api.page("spans", project_name=project, trace_id=trace_id)["content"]
        total = sum(round(each.get("total_estimated_cost", 0) * 10**12) for each in shown)
        found = api.post("traces/threads/retrieve", {"project_name": project, "thread_id": thread})
        for sums in (api.read("traces", trace_id), found.json()):
            assert round(sums.get("total_estimated_cost", 0) * 10**12) == total
        for each in shown:
            assert "total_estimated_cost_version" not in each or each["total_estimated_cost"] > 0


def test_spans_before_their_trace(api, project):
    item = span(project, **PRICED)
    create(api, item)
    api.create("traces", trace(project, id=item["trace_id"]))
    assert api.read("traces", item["trace_id"])["total_estimated_cost"] == COST


def test_lists_filters_sorting_statistics(api, project):
    dear = span(project, **{**PRICED, "model": "gpt-4o"})
    cheap = span(project, **PRICED)
    free = span(project, **MODEL)
    api.batch("spans", dear, cheap, free)

    def matching(operator, value):
        condition = {"field": "total_estimated_cost", "operator": operator, "value": str(value)}
        return set(api.ids("spans", project_name=project, filters=json.dumps([condition])))

    assert matching(">", 0) == {dear["id"], cheap["id"]}
    assert matching("=", "0.00027") == {cheap["id"]}
    assert matching("=", 0) == {free["id"]}
    assert matching("<", 0.001) == {cheap["id"], free["id"]}
    sorting = json.dumps([{"field": "total_estimated_cost", "direction": "DESC"}])
    assert api.ids("spans", project_name=project, sorting=sorting) == [
        dear["id"], cheap["id"], free["id"]]
    stats = {entry["name"]: entry["value"]
             for entry in api.page("spans/stats", project_name=project)["stats"]}
    assert stats["total_estimated_cost_sum"] == 0.00477
    assert [line.get("total_estimated_cost_version")
            for line in api.search("spans", project_name=project)] == [None, "1.1", "1.1"]


# ---- OpenTelemetry ------------------------------------------------------------------------------

def attributes(**more):
    return {"gen_ai.request.model": "gpt-4o-mini", "gen_ai.system": "openai",
            "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 200, **more}


@pytest.mark.parametrize("values,wanted", [
    (attributes(), estimated(COST)),
    (attributes(**{"gen_ai.usage.cost": 3}), manual(3)),
    (attributes(**{"gen_ai.request.model": "unknown"}), NOTHING),
    ({**attributes(), "gen_ai.system": "google", "gen_ai.request.model": "gemini-2.5-pro"},
     estimated(0.00325)),
], ids=["estimated", "manual", "unknown", "google"])
def test_opentelemetry(api, values, wanted):
    sent = otlp.span(os.urandom(16), b"", values)
    otlp.accept(api, sent, project=name())
    shown, version = wanted
    assert cost(api, otlp.span_uuid(sent.span_id)) == wanted
    read = api.read("traces", otlp.trace_uuid(sent.trace_id))
    assert read.get("total_estimated_cost") == shown


def test_usage_that_opentelemetry_repeats_costs_once(api):
    """otel.md 4.3."""
    root = otlp.span(os.urandom(16), b"", attributes())
    child = otlp.span(root.trace_id, root.span_id, attributes())
    otlp.accept(api, root, child, project=name())
    assert cost(api, otlp.span_uuid(root.span_id)) == NOTHING
    assert cost(api, otlp.span_uuid(child.span_id)) == estimated(COST)
    assert api.read("traces", otlp.trace_uuid(root.trace_id))["total_estimated_cost"] == COST


# ---- prices of one's own ------------------------------------------------------------------------

OWN = """# My models.
model\tprovider\tformula\tlike\tinput\toutput\tcache_read
my-model\tmy-host\t\t\t2\t4
gpt-4o-mini\topenai\t\t\t1000\t1000
my-gateway\tmy-host\topenai\t\t2\t4\t1
mine\tmy-host\t\topenai/gpt-4o
"""


def test_prices_file(start_server, tmp_path):
    path = tmp_path / "prices.tsv"
    path.write_text(OWN)
    api = Api(start_server("--prices", path).url)
    cached = {"prompt_tokens": 1000, "cache_read_input_tokens": 400}
    for fields, value in (
            ({**USAGE, "model": "my-model", "provider": "my-host"}, 0.0028),
            (PRICED, 1.2),
            ({**PRICED, "model": "gpt-4o"}, 0.0045),
            ({**USAGE, "model": "x/MINE:7", "provider": "my-host"}, 0.0045),
            ({"model": "my-gateway", "provider": "my-host", "usage": cached}, 0.0016)):
        item = span(**fields)
        create(api, item)
        assert cost(api, item["id"]) == estimated(value)


@pytest.mark.parametrize("text,message", [
    (None, "cannot read the prices {path}: No such file or directory"),
    ("", "{path}: line 1: no names of columns"),
    ("model\tprice\n", '{path}: line 1: no such column: "price"'),
    ("model\tprovider\tinput\n\nm\tp\tfree\n", '{path}: line 3: no price: "free"'),
    ("model\tprovider\tlike\nm\tp\to/g\n", '{path}: line 2: no price of its own has "o/g"'),
], ids=["missing", "empty", "column", "price", "like"])
def test_a_bad_prices_file_is_a_start_error(tmp_path, text, message):
    path = tmp_path / "prices.tsv"
    if text is not None:
        path.write_text(text)
    done = run("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--prices", path)
    assert done.returncode == 1
    assert done.stderr == "ocelli: " + message.format(path=path) + "\n"
    assert not (tmp_path / "data").exists()


# ---- the tool -----------------------------------------------------------------------------------

def test_tool_makes_the_table(start_server, tmp_path):
    tool = pathlib.Path(__file__).parents[2] / "tools" / "prices.py"
    path = tmp_path / "list.json"
    path.write_text(json.dumps({
        "sample_spec": {"litellm_provider": "one of many", "mode": "chat"},
        "b": {"litellm_provider": "openai", "input_cost_per_token": 1.5e-07,
              "output_cost_per_token": 0, "input_cost_per_token_above_128k_tokens": 1e-3},
        "a": {"litellm_provider": "vertex_ai-language-models",
              "cache_read_input_token_cost_above_200k_tokens": 0.5},
        "openai/b": {"litellm_provider": "openai", "input_cost_per_token": 2e-06},
        "azure/eu/b": {"litellm_provider": "azure", "input_cost_per_token": 3e-06},
        "bedrock/b": {"litellm_provider": "bedrock", "input_cost_per_token": 3e-06},
        "speech": {"litellm_provider": "openai", "mode": "audio_speech",
                   "input_cost_per_character": 1.5e-05},
        "chat": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_character": 1.5e-05},
        "video": {"litellm_provider": "openai", "mode": "video_generation",
                  "output_cost_per_video_per_second": 0.1},
        "phi": {"litellm_provider": "microsoft", "input_cost_per_token": 1e-06,
                "cache_read_input_token_cost": 1e-06},
        "other": {"litellm_provider": "other", "input_cost_per_token": 1e-06},
    }))
    done = subprocess.run([tool, path, "1.2.3"], capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.split("\n") if not line.startswith("#")]
    assert "litellm 1.2.3, MIT License" in done.stdout
    columns = lines[0].split("\t")
    rows = [{key: value for key, value in zip(columns, line.split("\t")) if value}
            for line in lines[1:-1]]
    assert rows == [
        {"model": "a", "provider": "google_vertexai", "cache_read_above_200k": "500000"},
        {"model": "b", "provider": "openai", "input": "2"},
        {"model": "chat", "provider": "openai"},
        {"model": "azure/eu/b", "provider": "azure", "input": "3"},
        {"model": "phi", "provider": "azure", "formula": "text", "input": "1", "cache_read": "1"},
        {"model": "speech", "provider": "openai", "characters": "15"},
        {"model": "video", "provider": "openai", "video_seconds": "0.1"},
    ]
    own = tmp_path / "prices.tsv"
    own.write_text(done.stdout)
    start_server("--prices", own)
