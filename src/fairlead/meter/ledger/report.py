"""Pure: the ledger's cost report. Rows of groups, unit costs, and the bridge from each invoice to what it paid for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from fairlead.domain.ledger import Charge
from fairlead.kernel.money import added, less
from fairlead.meter.ledger.question import CostQuestion, keys_of
from fairlead.meter.ledger.units import UnitCost, unit_cost
from fairlead.meter.ledger.use import Use, strays
from fairlead.meter.ledger.windows import Spread

__all__ = ["Bridge", "BridgePart", "Closure", "LedgerReport", "LedgerRow", "SourceState", "bridges", "ledger_rows"]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One group. `amount` is exact, None where a line's cost is not known in this basis; `known` sums the others.

    `units` is what the amount is divided by, `unit_cost` the quotient, rounded half to even to 12 digits, for show;
    None with the reason in `insufficient`. `usage` holds every measure of the group that was asked for.
    """

    key: Mapping[str, str]
    amount: Decimal | None
    currency: str
    lines: int
    usage: Mapping[str, Decimal]
    units: Decimal | None = None
    unit_cost: Decimal | None = None
    insufficient: str = ""
    revenue: Decimal | None = None
    margin: Decimal | None = None
    outcomes: Decimal | None = None
    cost_per_outcome: Decimal | None = None
    known: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class BridgePart:
    """What an invoice paid for, of one kind."""

    charge: Charge
    amount: Decimal
    lines: int


@dataclass(frozen=True, slots=True)
class Bridge:
    """One currency: `invoiced` is the sum of `parts`, to the last digit.

    `invoiced` comes from the bills themselves, the parts from the lines. The residual is what is in a bill and in no
    line: rows that were refused. `unknown` counts bill rows, or lines where they are more, without a cost in this
    basis: with one of them the bridge holds what is known.
    """

    currency: str
    invoiced: Decimal
    parts: tuple[BridgePart, ...]
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Closure:
    """One currency: `rows` + `narrowed` + the sum of `left_out` = `invoiced`, to the last digit.

    `rows` is the sum of the report's rows; `narrowed` what has another value than the question asks for (`--only`);
    `left_out` the charges that the rows do not hold, and the residual. Where `unknown` lines have no cost in this basis
    the sums are of what is known.
    """

    currency: str
    rows: Decimal
    narrowed: Decimal
    left_out: tuple[BridgePart, ...]
    invoiced: Decimal
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class SourceState:
    """A statement that the report rests on."""

    source: str
    period: str
    adjusts: str
    imported: datetime
    rows: int
    closed: bool


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """Cost by anything.

    Rows come dearest first; the bridges hold all charges of the span, whatever the rows leave out, and the closures
    lead from the rows to the bridges. `windows` says how the money came to its windows, where these were asked for.
    """

    by: tuple[str, ...]
    basis: str
    per: str
    include: tuple[str, ...]
    since: datetime
    until: datetime
    as_of: datetime | None
    rows: tuple[LedgerRow, ...]
    bridges: tuple[Bridge, ...]
    sources: tuple[SourceState, ...]
    closures: tuple[Closure, ...] = ()
    windows: tuple[Spread, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of what a row is told apart by."""
        return keys_of(self.by)


def ledger_rows(question: CostQuestion, groups: Iterable[Mapping[str, Any]], use: Use) -> tuple[LedgerRow, ...]:
    """Rows of `grouped`, joined with the use of the same groups, dearest first."""
    usage: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for each in use.rows:
        usage.setdefault(_values(question, each), {})[str(each["measure"])] = Decimal(each["quantity"])
    keyed = [(_values(question, group), group) for group in groups]
    known = {key for key, _ in keyed}
    rows = [
        _row(question, group, usage.get(key, {}), (question.per and (use.doubled or strays(key, known, usage))) or "")
        for key, group in keyed
    ]
    return tuple(sorted(rows, key=lambda row: (-(row.amount or 0), *row.key.values(), row.currency)))


def bridges(
    invoices: Iterable[Mapping[str, Any]], parts: Iterable[Mapping[str, Any]], refused: Mapping[str, Decimal]
) -> tuple[Bridge, ...]:
    """One bridge per currency. `refused` is what bills name beside their accepted rows, by currency."""
    invoiced: dict[str, Decimal] = {}
    unknown: dict[str, int] = {}
    for each in invoices:
        currency = str(each["currency"])
        invoiced[currency] = _add(invoiced.get(currency), each["amount"])
        unknown[currency] = unknown.get(currency, 0) + int(each["missing"] or 0)
    of_lines: dict[str, int] = {}
    charged: dict[str, list[BridgePart]] = {currency: [] for currency in (*invoiced, *refused)}
    for each in parts:
        part = BridgePart(Charge(each["charge"]), each["amount"] or Decimal(0), int(each["lines"]))
        currency = str(each["currency"])
        charged.setdefault(currency, []).append(part)
        of_lines[currency] = of_lines.get(currency, 0) + int(each["missing"] or 0)
    for currency, amount in refused.items():
        invoiced[currency] = _add(invoiced.get(currency), amount)
    return tuple(
        _bridge(
            currency, invoiced.get(currency, Decimal(0)), own, max(unknown.get(currency, 0), of_lines.get(currency, 0))
        )
        for currency, own in sorted(charged.items())
    )


def _bridge(currency: str, invoiced: Decimal, parts: Sequence[BridgePart], unknown: int) -> Bridge:
    """The residual is the difference, and always there: 0 is an answer too."""
    order = list(Charge)
    told = added(part.amount for part in parts)
    residual = BridgePart(Charge.RESIDUAL, less(invoiced, told), 0)
    ordered = sorted(parts, key=lambda part: order.index(part.charge))
    return Bridge(currency, invoiced, (*ordered, residual), unknown)


def _add(left: Decimal | None, right: Decimal | None) -> Decimal:
    return added((left or Decimal(0), right or Decimal(0)))


def _values(question: CostQuestion, row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_text(name, row[name]) for name in question.keys)


def _text(name: str, value: object) -> str:
    if not isinstance(value, datetime):
        return str(value)
    form = {"day": "%Y-%m-%d", "month": "%Y-%m"}.get(name, "%Y-%m-%dT%H:%M:%SZ")
    return value.strftime(form)


def _row(question: CostQuestion, group: Mapping[str, Any], usage: Mapping[str, Decimal], doubt: str) -> LedgerRow:
    amount = None if group["missing"] else group["amount"]
    cost = UnitCost(insufficient=doubt) if doubt else unit_cost(question, amount, int(group["customers"]), usage)
    return LedgerRow(
        key=dict(zip(question.keys, _values(question, group), strict=True)),
        amount=amount,
        currency=str(group["currency"]),
        lines=int(group["lines"]),
        usage=usage,
        units=cost.units,
        unit_cost=cost.amount,
        insufficient=cost.insufficient,
        known=group["amount"] or Decimal(0),
    )
