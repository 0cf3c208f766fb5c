"""Counts and prices agree with pydantic/genai-prices, body by body and provider by provider."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fairlead.meter.llm.paths import Json
from fairlead.meter.llm.price_table import PriceTable, price_table
from fairlead.meter.llm.pricing import Wanted, priced

DATA = Path(__file__).parents[3] / "data" / "llm"
MOMENT = datetime(2025, 11, 6, 12, tzinfo=UTC)
"""Of the prices that the other implementation gave."""

OURS_ALONE = {
    ("google", "models/gemini-2.5-pro"): "Google's resource name of a model that the table holds without `models/`",
    ("cerebras", "qwen-3-coder-480b"): "a model without any price: unknown here, zero there",
}
"""The only places where the two differ, and why ours is right."""


@cache
def table() -> PriceTable:
    """The package's table."""
    return price_table()


def differences(entries: list[Any]) -> Iterator[tuple[str, str]]:
    """Provider and model of every answer that is not the other's, to the last digit."""
    for entry in entries:
        for found in entry["extracted"]:
            expected = {renamed(key): count for key, count in found["usage"].items()}
            for answer in found["extractors"]:
                if answer_to(entry["body"], answer, expected) is False:
                    yield answer["provider_id"], str(entry.get("model"))


def answer_to(body: Json, answer: Json, expected: dict[str, int]) -> bool:
    """Whether ours is the same: counts, and both prices or none."""
    hints = {"provider": answer["provider_id"], "api_flavor": answer["api_flavor"]}
    ours = priced({**body, **hints}, 1, Wanted(table(), MOMENT, at=MOMENT))
    if {unit: count for unit, count in ours.counts.items() if count} != expected:
        return False
    wanted = {key: Decimal(answer[key]) for key in answer if key.endswith("_price")}
    return (ours.unknown is None) == bool(wanted) and all(getattr(ours, key) == wanted[key] for key in wanted)


def renamed(key: str) -> str:
    """`cache_read_tokens` is our `cache_read`."""
    return {"web_searches": "web_search"}.get(key) or key.removesuffix("_tokens")


def test_golden_bodies_agree() -> None:
    """One or two bodies of every shape, read as every provider's, give the same counts and exactly the same prices."""
    text = (DATA / "usage_bodies.json").read_bytes()
    assert sha256(text).hexdigest() in (DATA / "README.md").read_text("utf-8")
    entries = json.loads(text, parse_float=Decimal)
    assert sum(len(found["extractors"]) for entry in entries for found in entry["extracted"]) > 500
    assert set(differences(entries)) <= OURS_ALONE.keys()


def test_all_bodies_agree() -> None:
    """Every real body at hand, 4,642 answers to 395, agrees but for the two that are named."""
    folder = os.environ.get("FAIRLEAD_DATA")
    if not folder:
        pytest.skip("wants FAIRLEAD_DATA with llm_prices/usages_quarter.json")
    text = Path(folder, "llm_prices", "usages_quarter.json").read_text("utf-8")
    found = list(differences(json.loads(text, parse_float=Decimal)))
    assert sorted(found) == sorted(OURS_ALONE)


def test_bodies_are_recognised_without_being_told() -> None:
    """A body's own looks and its model's name lead to the provider that it came from."""
    entries = json.loads((DATA / "usage_bodies.json").read_text("utf-8"))
    wanted = Wanted(table(), MOMENT)
    found = {
        (entry["body"]["file"].split("/")[-2], result.provider)
        for entry in entries
        if (result := priced(entry["body"], 1, wanted)).price is not None
    }
    expected = {
        "test_groq": "groq",
        "test_openrouter": "openrouter",
        "test_zai": "zhipuai",
        "test_deepseek": "deepseek",
    }
    assert {provider for place, provider in found if place in expected} <= set(expected.values())
    assert {"anthropic", "openai", "google", "mistral", "groq", "openrouter", "aws"} <= {each for _, each in found}
