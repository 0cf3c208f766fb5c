# ruff: noqa: INP001 - a script, not a package
"""Re-state the price table of pydantic/genai-prices (MIT) as `src/fairlead/meter/llm/prices.json`.

Run: python tools/llm_prices.py DATA_SLIM.json COMMIT AS_OF

DATA_SLIM.json is that project's `prices/new_data/v2/data_slim.json` at COMMIT, AS_OF the commit's date. The form that
is written is the one that `docs/llm-usage.md` describes for tables of a user's own. Providers' flavours name readers of
`readers.toml`; a flavour that has none there stops the run, so that no API is left unread in silence.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parents[1] / "src" / "fairlead" / "meter" / "llm" / "prices.json"

FLAVOURS: Mapping[str, Mapping[str, str]] = {
    "anthropic": {"default": "anthropic", "chat": "anthropic-chat"},
    "aws": {"default": "bedrock-converse", "anthropic": "anthropic-hosted"},
    "azure": {
        "chat": "azure-chat",
        "responses": "azure-responses",
        "anthropic": "anthropic-hosted",
        "embeddings": "embeddings",
    },
    "cerebras": {"chat": "cerebras-chat"},
    "cohere": {"default": "cohere-billed", "tokens": "cohere-tokens", "embeddings": "cohere-embed"},
    "deepseek": {"chat": "deepseek-chat"},
    "doubleword": {"chat": "doubleword-chat", "responses": "plain-responses", "embeddings": "embeddings"},
    "fireworks": {"chat": "deepseek-chat"},
    "google": {"default": "gemini", "chat": "azure-chat", "anthropic": "anthropic-hosted"},
    "groq": {"default": "azure-chat"},
    "minimax": {"default": "anthropic-hosted", "responses": "plain-responses", "chat": "mistral-chat"},
    "mistral": {"default": "mistral-chat"},
    "modal": {"chat": "modal-chat", "responses": "openai-responses"},
    "moonshotai": {"chat": "moonshot-chat"},
    "openai": {
        "chat": "openai-chat",
        "responses": "openai-responses",
        "embeddings": "embeddings",
        "realtime": "openai-realtime",
        "images": "openai-images",
    },
    "openrouter": {"chat": "openai-chat"},
    "ovhcloud": {"chat": "openai-chat"},
    "perplexity": {"default": "perplexity"},
    "x-ai": {"default": "xai-native", "chat": "xai-chat"},
    "zai": {"chat": "mistral-chat"},
    "zhipuai": {"chat": "mistral-chat"},
}
HUGGING_FACE = {"chat": "openai-chat"}
OWN_MACHINE = [
    {"id": "ollama", "name": "Ollama", "names": ["ollama"], "flavours": {"default": "ollama", "chat": "openai-chat"}},
    {"id": "vllm", "name": "vLLM", "names": ["vllm", "hosted_vllm"], "flavours": {"chat": "openai-chat"}},
]
"""Servers of a user's own: nobody publishes a price for them."""

PLACES = {"starts_with": "{}*", "ends_with": "*{}", "contains": "*{}*", "equals": "{}", "regex": "re:{}"}


def main(source: Path, commit: str, as_of: str) -> None:
    """Write the table."""
    providers = json.loads(source.read_text("utf-8"), parse_float=Decimal)
    about = {
        "source": f"pydantic/genai-prices, prices/new_data/v2/data_slim.json at {commit[:12]}",
        "licence": "MIT, Copyright (c) Pydantic Services Inc. 2025 to present",
        "as_of": as_of,
        "currency": "USD",
    }
    rows = [row for each in providers for row in _rows(each)]
    text = [f'{{\n"about": {json.dumps(about)},\n"providers": [\n']
    text.append(",\n".join(json.dumps(each) for each in [*map(_provider, providers), *OWN_MACHINE]))
    text.append('\n],\n"prices": [\n')
    text.append(",\n".join(json.dumps(row, separators=(",", ":")) for row in rows))
    text.append("\n]\n}\n")
    PLACE.write_text("".join(text), "utf-8")


def _provider(given: Mapping[str, Any]) -> dict[str, Any]:
    flavours = HUGGING_FACE if given["id"].startswith("huggingface_") else FLAVOURS.get(given["id"], {})
    theirs = {each["api_flavor"] for each in given.get("extractors", [])}
    if theirs != set(flavours):
        raise SystemExit(f"{given['id']}: flavours {sorted(theirs)}, of which we read {sorted(flavours)}")
    found: dict[str, Any] = {"id": given["id"], "name": given["name"], "url": given["api_pattern"]}
    for ours, key in (("names", "provider_match"), ("models", "model_match")):
        if given.get(key):
            found[ours] = list(_patterns(given[key]))
    if given.get("fallback_model_providers"):
        found["also"] = given["fallback_model_providers"]
    return {**found, "flavours": flavours}


def _patterns(clause: Mapping[str, Any]) -> Iterator[str | list[str]]:
    ((kind, value),) = clause.items()
    if kind == "or":
        for each in value:
            yield from _patterns(each)
    elif kind == "and":
        yield [part for each in value for part in _patterns(each) if isinstance(part, str)]
    else:
        yield PLACES[kind].format(value)


def _rows(provider: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for model in provider["models"]:
        prices = model["prices"] if isinstance(model["prices"], list) else [{"prices": model["prices"]}]
        for each in prices:
            row: dict[str, Any] = {"provider": provider["id"], "model": model["id"]}
            row["match"] = list(_patterns(model["match"]))
            yield {**row, **_constraint(each.get("constraint") or {}), "rates": _rates(each["prices"])}


def _constraint(given: Mapping[str, Any]) -> dict[str, Any]:
    if "start_date" in given:
        return {"from": given["start_date"]}
    if "start_time" in given:
        return {"daily": [given["start_time"].removesuffix("Z"), given["end_time"].removesuffix("Z")]}
    return {}


def _rates(prices: Mapping[str, Any]) -> dict[str, Any]:
    return {_unit(key): _rate(value) for key, value in prices.items()}


def _unit(key: str) -> str:
    """`web_searches_kcount` is our `web_search`, `requests_kcount` our `request`."""
    counted = {"web_searches_kcount": "web_search", "requests_kcount": "request"}
    return counted.get(key) or key.removesuffix("_mtok")


def _rate(value: Decimal | dict[str, Any]) -> str | dict[str, Any]:
    if isinstance(value, dict):
        return {"base": str(value["base"]), "over": [[tier["start"], str(tier["price"])] for tier in value["tiers"]]}
    return str(value)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
