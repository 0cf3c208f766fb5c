"""One body in, one priced body out: what it counted, what that costs, and by which row; or why nobody can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

from fairlead.meter.llm.paths import Json
from fairlead.meter.llm.price_table import PriceTable
from fairlead.meter.llm.price_text import Provider
from fairlead.meter.llm.rates import PriceRow
from fairlead.meter.llm.readers import Reading, ReadingError
from fairlead.meter.llm.recognition import Envelope, RecognitionError, opened, provider_of, reader_for
from fairlead.meter.llm.units import INPUT, OUTPUT, UNITS, CountsError, shares

__all__ = ["PricedBody", "RowName", "Wanted", "priced", "priced_counts"]

_WIDE = Context(prec=80)


@dataclass(frozen=True, slots=True)
class RowName:
    """Which row a price came from. `since` None: the row has no beginning."""

    row: str
    source: str
    as_of: date
    since: date | None


@dataclass(frozen=True, slots=True)
class PricedBody:
    """What one body says and costs.

    Counts are tokens; None where the body could not be read. `cached_tokens` (read from a cache) and
    `cache_write_tokens` are parts of `input_tokens`, `reasoning_tokens` of `output_tokens`; `counts` holds every unit
    that the body reports, by its name. Prices are exact, in `currency`: `other_price` pays for what is neither input
    nor output, such as searches. `unknown` says why there is no price, and then there is none: never zero.
    """

    place: int
    provider: str | None = None
    model: str | None = None
    api: str | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    other_price: Decimal | None = None
    total_price: Decimal | None = None
    currency: str | None = None
    at: datetime | None = None
    price: RowName | None = None
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """How bodies are to be priced.

    `provider` is whose they are, whatever they say; `model` is the model of those that name none; `at` is the moment of
    the prices (None: when each was answered, or `now` where it does not say).
    """

    table: PriceTable
    now: datetime
    provider: str = ""
    model: str = ""
    at: datetime | None = None


def priced(given: Json, place: int, wanted: Wanted) -> PricedBody:
    """The body at `place` (from 1), read and priced."""
    if not isinstance(given, dict):
        return PricedBody(place, unknown="this is no JSON object")
    envelope = opened(given)
    model = envelope.model or wanted.model
    known: dict[str, Any] = {"model": model or None, "at": wanted.at or envelope.moment or wanted.now}
    try:
        provider, doubt = _provider(envelope, model, wanted)
        known["provider"] = provider and provider.id
        reader = reader_for(envelope, provider)
        known |= {"api": reader.name, **_counted(reader.read(envelope.body))}
        row = _row(provider, doubt, model, known["at"], wanted.table)
        prices = priced_counts(row, known["counts"])
    except (RecognitionError, ReadingError, CountsError) as error:
        return PricedBody(place, **known, unknown=str(error))
    name = RowName(f"{row.provider}/{row.model}", row.source, row.as_of, row.since)
    known |= {**prices, "currency": row.currency, "price": name}
    return PricedBody(place, **known)


def _provider(envelope: Envelope, model: str, wanted: Wanted) -> tuple[Provider | None, str]:
    """Who answered; or None and why nobody can tell: the counts are worth reading all the same."""
    try:
        return provider_of(envelope, model, wanted.table, wanted.provider), ""
    except RecognitionError as error:
        return None, str(error)


def _row(provider: Provider | None, doubt: str, model: str, at: datetime, table: PriceTable) -> PriceRow:
    if provider is None:
        raise RecognitionError(doubt)
    if not model:
        raise RecognitionError("the body names no model")
    row = table.row(provider, model, at)
    if row is None:
        raise RecognitionError(f"the price table has no row for {model!r} of {provider.id}")
    return row


def _counted(reading: Reading) -> dict[str, Any]:
    """The counts that everybody asks for; a part that its API does not report is 0."""
    counts = reading.counts
    return {
        "input_tokens": counts.get("input", 0),
        "cached_tokens": counts.get("cache_read", 0),
        "cache_write_tokens": counts.get("cache_write", 0),
        "output_tokens": counts.get("output", 0),
        "reasoning_tokens": counts.get("output_reasoning", 0),
        "counts": counts,
    }


def priced_counts(row: PriceRow, counts: Mapping[str, int]) -> dict[str, Decimal]:
    """Prices of the input, the output, all else, and the total.

    CountsError where counts contradict one another or where something was used that the row has no price for.
    """
    _refuse_unpriced(row, counts)
    parts = {INPUT: Decimal(0), OUTPUT: Decimal(0), "other": Decimal(0)}
    asked = {**counts, "request": 1}
    for name, count in shares(row.rates, asked).items():
        unit = UNITS[name]
        direction = next(iter(unit.traits & {INPUT, OUTPUT}), "other")
        cost = row.rates[name].cost(count, counts.get(INPUT, 0), unit.scale)
        parts[direction] = _WIDE.add(parts[direction], cost)
    total = _WIDE.add(_WIDE.add(parts[INPUT], parts[OUTPUT]), parts["other"])
    return {f"{direction}_price": cost for direction, cost in parts.items()} | {"total_price": total}


def _refuse_unpriced(row: PriceRow, counts: Mapping[str, int]) -> None:
    """Every token must be paid by some rate: at least by that of the whole it is a part of."""
    for name, count in counts.items():
        unit = UNITS[name]
        paid = any(UNITS[rate] == unit or UNITS[rate].holds(unit) for rate in row.rates)
        if count and not paid and unit.traits & {INPUT, OUTPUT}:
            raise CountsError(f"{row.provider}/{row.model} has no price for {name}")
