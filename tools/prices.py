#!/usr/bin/env python3
"""Makes the built-in table of prices from LiteLLM's public price list.

    tools/prices.py FILE VERSION > src/ingest/prices.tsv

FILE is litellm/model_prices_and_context_window_backup.json of the Python package litellm, VERSION
that of the package; docs/costs.md says how to get it. Rows of providers that spans do not name are
skipped, and of a row everything that no cost is computed from. Prices are exact decimals of USD per
million tokens or characters, and per second of video.
"""

import decimal
import json
import sys

HEAD = """\
# Prices of language models, made by tools/prices.py; do not edit. See docs/costs.md.
# From the price list of the Python package litellm {version}, MIT License,
# Copyright (c) 2023 Berri AI.
"""

# litellm_provider -> provider of spans.
PROVIDERS = {
    "anthropic": "anthropic",
    "azure": "azure",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "elastic": "elastic",
    "gemini": "google_ai",
    "groq": "groq",
    "jina_ai": "jina_ai",
    "microsoft": "azure",
    "mistral": "mistral",
    "openai": "openai",
    "vertex_ai-anthropic_models": "anthropic_vertexai",
    "vertex_ai-language-models": "google_vertexai",
    "xai": "xai",
}

# Column -> member of the list, the only mode that has it or None, and what it is multiplied with.
MILLION = 1000000
RATES = {
    "input": ("input_cost_per_token", None, MILLION),
    "output": ("output_cost_per_token", None, MILLION),
    "cache_write": ("cache_creation_input_token_cost", None, MILLION),
    "cache_read": ("cache_read_input_token_cost", None, MILLION),
    "audio_input": ("input_cost_per_audio_token", None, MILLION),
    "audio_output": ("output_cost_per_audio_token", None, MILLION),
    "input_above_128k": ("input_cost_per_token_above_128k_tokens", None, MILLION),
    "output_above_128k": ("output_cost_per_token_above_128k_tokens", None, MILLION),
    "input_above_200k": ("input_cost_per_token_above_200k_tokens", None, MILLION),
    "output_above_200k": ("output_cost_per_token_above_200k_tokens", None, MILLION),
    "cache_write_above_200k": (
        "cache_creation_input_token_cost_above_200k_tokens", None, MILLION),
    "cache_read_above_200k": ("cache_read_input_token_cost_above_200k_tokens", None, MILLION),
    "input_above_272k": ("input_cost_per_token_above_272k_tokens", None, MILLION),
    "output_above_272k": ("output_cost_per_token_above_272k_tokens", None, MILLION),
    "characters": ("input_cost_per_character", "audio_speech", MILLION),
    "video_seconds": ("output_cost_per_video_per_second", "video_generation", 1),
}
CACHE_RATES = [name for name in RATES if name.startswith("cache_")]


def rate_text(value):
    """A rate as the table has it; empty for none."""
    text = f"{value:f}"
    return "" if value == 0 else text.rstrip("0").rstrip(".") if "." in text else text


def rates_of(row):
    """Column -> text of a row's rates."""
    rates = {}
    for column, (member, mode, factor) in RATES.items():
        value = row.get(member) if mode in (None, row.get("mode")) else None
        rates[column] = rate_text(decimal.Decimal(value) * factor) if value else ""
    return rates


def formula_of(row, rates):
    """The formula, where the server would choose another: prices of the provider "microsoft" are
    azure's, but without its way to tell what came from the cache."""
    caches = any(rates[name] for name in CACHE_RATES)
    return "text" if row["litellm_provider"] == "microsoft" and caches else ""


def convert(prices):
    """(model, provider) -> values of a line, from the list; of a clash the later row wins."""
    lines = {}
    for key, row in prices.items():
        provider = PROVIDERS.get(row.get("litellm_provider"))
        if not provider or (provider == "bedrock" and "/" in key):
            continue
        model = key.split("/", 1)[-1]
        rates = rates_of(row)
        # The server takes off what stands before the first slash, so there must be one to take.
        name = key if "/" in model else model
        lines[model, provider] = [name, provider, formula_of(row, rates), *rates.values()]
    return lines


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: tools/prices.py FILE VERSION")
    with open(sys.argv[1], encoding="utf-8") as file:
        prices = json.load(file, parse_float=decimal.Decimal)
    print(HEAD.format(version=sys.argv[2]), end="")
    print("\t".join(["model", "provider", "formula", *RATES]))
    for _, values in sorted(convert(prices).items()):
        print("\t".join(values).rstrip())


if __name__ == "__main__":
    main()
