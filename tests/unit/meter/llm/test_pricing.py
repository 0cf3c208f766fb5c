"""What a body costs, and when nobody can say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fairlead.kernel.errors import UsageError
from fairlead.meter.llm.paths import Json
from fairlead.meter.llm.price_table import PriceTable, price_table
from fairlead.meter.llm.pricing import PricedBody, Wanted, priced
from fairlead.meter.llm.units import UNITS, CountsError, shares

BODIES = Path(__file__).parents[3] / "data" / "llm" / "usage_bodies.json"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
CLAUDE = {"model": "claude-sonnet-4-5", "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 0}}


@cache
def built_in() -> PriceTable:
    """The package's table."""
    return price_table()


def answer(body: Json, own: str = "", at: datetime | None = None, model: str = "") -> PricedBody:
    """`body` priced on a day in November 2026."""
    return priced(body, 1, Wanted(price_table(own, "own.json") if own else built_in(), NOW, model=model, at=at))


def own_table(*rows: dict[str, Any]) -> str:
    """A user's own table with these rows."""
    return json.dumps({"about": {"source": "our contract", "as_of": "2026-11-01"}, "prices": rows})


def test_cached_tokens_are_paid_once() -> None:
    """OpenAI's cached tokens are in the prompt: 700 at the full price, 300 at the cached one."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 300}}
    found = answer({"model": "gpt-4o", "usage": usage})
    assert (found.input_tokens, found.cached_tokens) == (1000, 300)
    assert found.input_price == (700 * Decimal("2.5") + 300 * Decimal("1.25")) / 1_000_000


def test_anthropic_counts_leave_the_cache_out() -> None:
    """Anthropic's input is what it says plus what came from and went to the cache; an hour's write is dearer."""
    usage = {
        "input_tokens": 10,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 50,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30},
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 3},
    }
    found = answer({"model": "claude-sonnet-4-5", "usage": usage})
    counts = (found.input_tokens, found.cached_tokens, found.cache_write_tokens, found.output_tokens)
    assert (*counts, found.reasoning_tokens) == (160, 100, 50, 7, 3)
    per_million = 10 * 3 + 100 * Decimal("0.3") + 20 * Decimal("3.75") + 30 * 6
    assert found.input_price == per_million / 1_000_000


def test_google_thoughts_and_tool_prompts_are_added() -> None:
    """Gemini's thoughts stand beside its candidates, and a tool's prompt beside the prompt."""
    usage = {
        "promptTokenCount": 100,
        "toolUsePromptTokenCount": 20,
        "candidatesTokenCount": 30,
        "thoughtsTokenCount": 40,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 90}, {"modality": "AUDIO", "tokenCount": 10}],
    }
    found = answer({"modelVersion": "gemini-2.5-flash", "usageMetadata": usage})
    assert (found.input_tokens, found.output_tokens, found.reasoning_tokens) == (120, 70, 40)
    assert found.input_price == (110 * Decimal("0.3") + 10 * 1) / 1_000_000


@pytest.mark.parametrize(("tokens", "price"), [(200_000, Decimal("0.6")), (200_001, Decimal(200_001) * 6 / 1_000_000)])
def test_a_long_context_costs_more_for_all_of_it(tokens: int, price: Decimal) -> None:
    """Above the threshold every token pays the higher price, on it none."""
    body = {"model": "claude-sonnet-4-5", "usage": {"input_tokens": tokens, "output_tokens": 0}}
    assert answer(body).input_price == price


def test_prices_by_part() -> None:
    """A table of one's own may charge only what lies above each threshold at its price."""
    rate = {"base": "1", "over": [[1000, "2"], [2000, "3"]], "by": "part"}
    own = own_table({"provider": "vllm", "model": "m", "rates": {"input": rate, "output": "0"}})
    body = {"provider": "vllm", "model": "m", "usage": {"prompt_tokens": 2500, "completion_tokens": 0}}
    assert answer(body, own).input_price == Decimal(1000 * 1 + 1000 * 2 + 500 * 3) / 1_000_000


@pytest.mark.parametrize(("day", "price"), [("2026-08-31", "2"), ("2026-09-01", "3")])
def test_prices_are_dated(day: str, price: str) -> None:
    """The price is that of the day that is asked for, and the answer names its row and where that came from."""
    body = {"model": "claude-sonnet-5", "usage": {"input_tokens": 1_000_000, "output_tokens": 0}}
    found = answer(body, at=datetime.fromisoformat(day).replace(tzinfo=UTC))
    assert found.input_price == Decimal(price)
    assert found.price is not None
    assert found.price.row == "anthropic/claude-sonnet-5"
    assert "genai-prices" in found.price.source


@pytest.mark.parametrize(("hour", "price"), [(0, "0.135"), (1, "0.27"), (16, "0.27"), (17, "0.135")])
def test_prices_by_the_hour(hour: int, price: str) -> None:
    """DeepSeek was cheaper from 16:30 to 00:30 UTC; a body that says when it was answered needs no --at."""
    moment = int(datetime(2025, 3, 1, hour, tzinfo=UTC).timestamp())
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    assert answer({"model": "deepseek-chat", "created": moment, "usage": usage}).input_price == Decimal(price)


def test_requests_and_searches_cost_too() -> None:
    """What is neither input nor output is in the total: Perplexity charges per request."""
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    found = answer({"provider": "perplexity", "model": "sonar", "usage": usage})
    assert (found.input_price, found.other_price) == (Decimal(1), Decimal("0.012"))
    assert found.total_price == Decimal("1.012")


def test_a_users_row_goes_before_ours_from_its_day_on() -> None:
    """A row of one's own holds from its date; before it ours does."""
    row = {"provider": "anthropic", "model": "claude-sonnet-4-5", "match": ["claude-sonnet-4-5*"]}
    own = own_table({**row, "from": "2026-11-01", "rates": {"input": "1", "output": "1"}})
    body = {"model": "claude-sonnet-4-5", "usage": {"input_tokens": 1_000, "output_tokens": 0}}
    assert answer(body, own).input_price == Decimal("0.001")
    assert answer(body, own, at=datetime(2026, 10, 31, tzinfo=UTC)).input_price == Decimal("0.003")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], "no JSON object"),
        ({}, "no known API"),
        ({"usage": {"prompt_tokens": 1, "completion_tokens": 1}}, "names neither a model nor a provider"),
        ({"model": "claude-sonnet-4-5"}, "no known API"),
        ({"model": "no-such-model", "usage": CLAUDE["usage"]}, "no provider in the price table sells"),
        ({"usage": {"inputTokens": 5, "outputTokens": 5}}, "names no model"),
        ({**CLAUDE, "usage": {"input_tokens": -1, "output_tokens": 1}}, "negative"),
        ({**CLAUDE, "usage": {"input_tokens": 10**30, "output_tokens": 1}}, "beyond"),
        ({**CLAUDE, "usage": {"input_tokens": "10", "output_tokens": 1}}, "no whole number"),
        ({**CLAUDE, "usage": {"input_tokens": True, "output_tokens": 1}}, "no whole number"),
        ({**CLAUDE, "usage": {"input_tokens": 1}}, "missing"),
        ({**CLAUDE, "usage": None}, "no known API"),
        ({**CLAUDE, "provider": "nobody"}, "no provider is called"),
        ({"model": "deepseek-ai/DeepSeek-R1", "usage": {"prompt_tokens": 1, "completion_tokens": 1}}, "is sold by"),
        (
            {
                "model": "gpt-4o",
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 2}},
            },
            "more than the 1",
        ),
        ({"model": "qwen3", "prompt_eval_count": 5, "eval_count": 6}, "no row"),
    ],
)
def test_what_nobody_can_price_says_why(body: Json, reason: str) -> None:
    """No price is ever zero for want of knowledge: it is unknown, with the reason, and no count is lost for it."""
    found = answer(body)
    assert found.unknown is not None
    assert reason in found.unknown
    assert found.total_price is None


def test_counts_are_kept_where_only_the_price_is_unknown() -> None:
    """Bedrock's Converse names no model: its tokens are told all the same; --model gives the price."""
    body = {"usage": {"inputTokens": 5, "cacheReadInputTokens": 3, "outputTokens": 6}}
    found = answer(body)
    assert (found.provider, found.input_tokens, found.cached_tokens, found.output_tokens) == ("aws", 8, 3, 6)
    assert answer(body, model="us.amazon.nova-lite-v1:0").unknown is None


@pytest.mark.parametrize(
    "body",
    [
        {"custom_id": "a", "response": {"status_code": 200, "body": CLAUDE}},
        {"custom_id": "a", "result": {"type": "succeeded", "message": CLAUDE}},
        {"url": "https://api.anthropic.com/v1/messages", "response": CLAUDE},
        {"provider": "anthropic", "body": CLAUDE},
    ],
)
def test_envelopes_are_opened(body: Json) -> None:
    """Lines of a batch, and bodies with hints around them, are priced as the body inside."""
    assert answer(body).total_price == answer(CLAUDE).total_price


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ("{", "no JSON"),
        ("[]", "an object"),
        ("{}", "source is missing"),
        (own_table({"provider": "x", "model": "m", "rates": {"inputs": "1"}}), "known: "),
        (own_table({"provider": "x", "model": "m", "rates": {"input": "-1"}}), "no price"),
        (own_table({"provider": "x", "model": "m", "rates": {"input": "NaN"}}), "no price"),
        (own_table({"provider": "x", "model": "m", "since": "2026-01-01", "rates": {}}), "since is not known"),
        (own_table({"provider": "x", "model": "m", "match": ["re:("], "rates": {}}), "missing )"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(own: str, reason: str) -> None:
    """A table of one's own that is wrong is never used in part."""
    with pytest.raises(UsageError, match=r"own\.json") as caught:
        price_table(own, "own.json")
    assert reason in str(caught.value)


@given(some.dictionaries(some.sampled_from(sorted(UNITS)), some.integers(0, 1000)))
def test_shares_never_pay_a_token_twice(counts: dict[str, int]) -> None:
    """What is paid for adds up to the whole of each direction, whatever parts are priced; or the counts are refused."""
    priced_units = ["input", "cache_read", "cache_write", "cache_write_1h", "output", "output_reasoning"]
    try:
        left = shares(priced_units, counts)
    except CountsError:
        return
    assert sum(left[unit] for unit in priced_units[:4]) == counts.get("input", 0)
    assert sum(left[unit] for unit in priced_units[4:]) == counts.get("output", 0)
    assert min(left.values()) >= 0


ODD: some.SearchStrategy[Json] = some.sampled_from(
    [None, True, -1, 0, 10**40, "", "x", "\ud800", "0001-01-01T00:00:00+14:00", [], {}, [[]], [{}]]
)


@settings(max_examples=300, deadline=None)
@given(some.data())
def test_no_body_is_too_odd(data: some.DataObject) -> None:
    """Whatever stands in whichever place of a real body, the answer is a price or a reason, and is never an error."""
    entries = json.loads(BODIES.read_text("utf-8"))
    body = data.draw(some.sampled_from(entries))["body"]
    for _ in range(data.draw(some.integers(1, 3))):
        holder: Json = body
        while isinstance(holder, dict) and holder:
            key = data.draw(some.sampled_from([*sorted(holder), "provider", "url", "created", "response"]))
            inner = holder.get(key)
            if not isinstance(inner, dict) or not inner or data.draw(some.booleans()):
                holder[key] = data.draw(ODD)
                break
            holder = inner
    found = answer(body)
    assert (found.unknown is None) == (found.total_price is not None)
