"""A table of one's own: `provider,region,name,price`, and where it differs `unit,term,currency,asOf`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TextIO

from fairlead.domain.price_list import HOUR, Term
from fairlead.plan.price_lists.base import Item, Line, Problem, column, day_of, exact_price
from fairlead.plan.price_lists.csv_rows import csv_rows, with_header

__all__ = ["read_table"]

_NEEDED = ("provider", "region", "name", "price")
_PROVIDERS = {"aws": "aws", "azure": "azure", "google": "google", "gcp": "google"}


def read_table(_head: str, text: TextIO) -> Iterator[Item]:
    """The rows, each by itself: a name is an instance type, or a service with a unit of its own."""
    for number, row in with_header(csv_rows(text), _NEEDED):
        try:
            yield _line(number, row)
        except ValueError as error:
            yield Problem(number, str(error))


def _line(number: int, row: Mapping[str, str]) -> Line:
    provider = _PROVIDERS.get(column(row, "provider").lower())
    if provider is None:
        message = f"unknown provider `{column(row, 'provider')[:40]}`; known are {', '.join(_PROVIDERS)}"
        raise ValueError(message)
    place, name, told = column(row, "region"), column(row, "name"), column(row, "asOf")
    if not (place and name):
        message = "the row has no region or no name"
        raise ValueError(message)
    day = day_of(told)
    if told and day is None:
        message = f"`{told[:40]}` is no day: write 2026-11-01"
        raise ValueError(message)
    term = column(row, "term") or Term.ON_DEMAND.value
    if term not in set(Term):
        message = f"unknown term `{term[:40]}`; known are {', '.join(Term)}"
        raise ValueError(message)
    unit = column(row, "unit") or HOUR
    return Line(
        number, provider, place, name, exact_price(column(row, "price")), column(row, "currency"), unit, Term(term), day
    )
