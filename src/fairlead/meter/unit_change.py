"""Pure: whether a new release costs more per inference than the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from fairlead.kernel.money import from_pico, round_to_pico
from fairlead.meter.report import CostRow
from fairlead.meter.unit_costs import per_units

__all__ = ["MIN_REQUESTS", "UnitCost", "UnitCostChange", "unit_cost_change"]

MIN_REQUESTS = 200
"""Inferences of each release below which a comparison says nothing."""


@dataclass(frozen=True, slots=True)
class UnitCost:
    """Cost of a thousand inferences of one release, over the windows that count."""

    release: str
    name: str
    requests: int
    amount: Decimal
    per_1k: Decimal | None


@dataclass(frozen=True, slots=True)
class UnitCostChange:
    """`ratio` is new / old, rounded half to even to 12 digits; None where `insufficient` says why."""

    model: str
    environment: str
    new: UnitCost | None
    old: UnitCost | None
    currency: str
    ratio: Decimal | None
    insufficient: str


def unit_cost_change(model: str, environment: str, rows: Iterable[CostRow]) -> UnitCostChange:
    """Compare the newest release with the one before it, by when each answered first.

    `rows` are by release and window, of one model in one environment. A release's windows up to and including the
    first in which it answered are left out where later ones answer often enough: they hold the CPU of its start.
    """
    priced = [row for row in rows if row.amount is not None]
    by_release: dict[str, list[CostRow]] = {}
    for row in sorted(priced, key=_start):
        if row.inferences or str(row.key["release"]) in by_release:
            by_release.setdefault(str(row.key["release"]), []).append(row)
    order = [_unit_cost(own) for own in by_release.values()][-2:]
    new, old = (order[-1] if order else None), (order[0] if len(order) > 1 else None)
    currency = priced[-1].currency if priced else ""
    why = _insufficient(new, old, {row.currency for own in list(by_release.values())[-2:] for row in own})
    ratio = None if why or new is None or old is None else _ratio(new, old)
    return UnitCostChange(model, environment, new, old, currency, ratio, why)


def _start(row: CostRow) -> datetime:
    start = row.key["window_start"]
    assert isinstance(start, datetime)  # noqa: S101 - a report by window has moments here
    return start


def _unit_cost(rows: Sequence[CostRow]) -> UnitCost:
    """Over all windows but the first in which the release answered, if what is left is enough."""
    settled = [row for row in rows[1:] if row.inferences]
    counted = settled if _answered(settled) >= MIN_REQUESTS else rows
    pico = sum(round_to_pico(row.amount or Decimal(0)) for row in counted)
    key = rows[0].key
    amount, answered = from_pico(pico), _answered(counted)
    return UnitCost(str(key["release"]), str(key["name"]), answered, amount, per_units(amount, answered, 1_000))


def _answered(rows: Iterable[CostRow]) -> int:
    return sum(row.inferences for row in rows)


def _insufficient(new: UnitCost | None, old: UnitCost | None, currencies: set[str]) -> str:
    if new is None or old is None:
        return "there are not two releases with a priced window"
    if len(currencies) > 1:
        return "the releases were priced in different currencies"
    few = [each for each in (new, old) if each.requests < MIN_REQUESTS]
    if few:
        return f"{few[0].name or few[0].release} answered {few[0].requests} requests, fewer than {MIN_REQUESTS}"
    return "the earlier release cost nothing" if not old.amount else ""


def _ratio(new: UnitCost, old: UnitCost) -> Decimal:
    ratio = Fraction(new.amount) * old.requests / (Fraction(old.amount) * new.requests)
    return from_pico(round_to_pico(ratio))
