"""A price table's text, as providers and rows; what is wrong in it is said with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from fairlead.kernel.errors import UsageError
from fairlead.meter.llm.paths import Json
from fairlead.meter.llm.patterns import Pattern, patterns_of
from fairlead.meter.llm.rates import PriceRow, Rate
from fairlead.meter.llm.units import UNITS

__all__ = ["ModelPrices", "Provider", "TableText", "parsed_table"]

_Found = TypeVar("_Found")

_MEND = "docs/llm-usage.md describes the form"
_ROW_KEYS = {"provider", "model", "match", "from", "daily", "rates"}


@dataclass(frozen=True, slots=True)
class Provider:
    """Who answers and charges.

    `names` are others that it goes by, `models` names of models that point to it; `also` whose models it sells too,
    at their prices; `flavours` the readers of its APIs.
    """

    id: str
    name: str
    url: str = ""
    names: Pattern | None = None
    models: Pattern | None = None
    also: tuple[str, ...] = ()
    flavours: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """The rows of one model of one provider. Of those that hold at a moment, the last one counts."""

    provider: str
    match: Pattern
    rows: tuple[PriceRow, ...]


@dataclass(frozen=True, slots=True)
class TableText:
    """One table."""

    providers: tuple[Provider, ...]
    models: tuple[ModelPrices, ...]


@dataclass(frozen=True, slots=True)
class _About:
    source: str
    as_of: date
    currency: str


def parsed_table(text: str, name: str) -> TableText:
    """The table that `text` holds; UsageError names the entry that is wrong."""
    try:
        table = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no JSON: {error}", where=name, mend=_MEND) from error
    if not isinstance(table, dict):
        raise UsageError("a price table is an object", where=name, mend=_MEND)
    about = _at(name, partial(_about, table.get("about") or {}))
    given = enumerate(_list(table, "providers", name))
    providers = tuple(_at(f"{name}: providers[{place}]", partial(_provider, each)) for place, each in given)
    return TableText(providers, tuple(_models(_list(table, "prices", name), about, name)))


def _models(entries: list[Any], about: _About, name: str) -> Iterator[ModelPrices]:
    """Rows of a model that follow one another belong together."""
    rows = [_at(f"{name}: prices[{place}]", partial(_row, entry, about)) for place, entry in enumerate(entries)]
    for (provider, _), group in groupby(rows, key=lambda each: (each[0].provider, each[0].model)):
        found = list(group)
        yield ModelPrices(provider, found[0][1], tuple(row for row, _ in found))


def _at(place: str, parse: Callable[[], _Found]) -> _Found:
    try:
        return parse()
    except KeyError as error:
        raise UsageError(f"{error.args[0]} is missing", where=place, mend=_MEND) from error
    except (ValueError, TypeError, AttributeError, InvalidOperation, re.error) as error:
        raise UsageError(str(error) or "this is no entry of a price table", where=place, mend=_MEND) from error


def _about(table: Mapping[str, Any]) -> _About:
    return _About(str(table["source"]), date.fromisoformat(table["as_of"]), str(table.get("currency", "USD")))


def _provider(entry: Mapping[str, Any]) -> Provider:
    names, models = (patterns_of(entry[key]) if key in entry else None for key in ("names", "models"))
    url = str(entry.get("url", ""))
    re.compile(url)
    flavours = dict(entry.get("flavours", {}))
    return Provider(
        entry["id"], entry.get("name", entry["id"]), url, names, models, tuple(entry.get("also", ())), flavours
    )


def _row(entry: Mapping[str, Any], about: _About) -> tuple[PriceRow, Pattern]:
    """The row, and the names of models that it is for."""
    unknown = entry.keys() - _ROW_KEYS
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is not known; known: {', '.join(sorted(_ROW_KEYS))}")
    since = date.fromisoformat(entry["from"]) if "from" in entry else None
    rates = {_unit(unit): _rate(value) for unit, value in entry["rates"].items()}
    place = (about.currency, about.source, about.as_of)
    row = PriceRow(str(entry["provider"]), str(entry["model"]), rates, *place, since, _hours(entry.get("daily")))
    return row, patterns_of(entry.get("match", row.model))


def _hours(given: Json) -> tuple[time, time] | None:
    if given is None:
        return None
    begin, end = (time.fromisoformat(each) for each in given)
    return begin, end


def _unit(name: str) -> str:
    if name not in UNITS:
        raise ValueError(f"{name!r} is no unit; known: {', '.join(sorted(UNITS))}")
    return name


def _rate(value: Json) -> Rate:
    if not isinstance(value, dict):
        return Rate(_price(value))
    over = tuple((int(threshold), _price(price)) for threshold, price in value.get("over", ()))
    by = value.get("by", "whole")
    if by not in {"whole", "part"}:
        raise ValueError(f"by {by!r} is not known; known: part, whole")
    return Rate(_price(value["base"]), tuple(sorted(over)), by == "part")


def _price(value: Json) -> Decimal:
    price = Decimal(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else value
    if not isinstance(price, Decimal) or not price.is_finite() or price < 0:
        raise ValueError(f'{value!r} is no price: write it as text, like "0.25"')
    return price


def _list(table: Mapping[str, Any], key: str, name: str) -> list[Any]:
    entries = table.get(key, [])
    if not isinstance(entries, list):
        raise UsageError(f"{key} is no list", where=name, mend=_MEND)
    return entries
