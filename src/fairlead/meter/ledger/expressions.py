"""Questions to the ledger, written once: Ibis expressions that any engine answers. Money is only added up in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fairlead.domain.ledger import COSTS, Basis
from fairlead.meter.allocation.spans import seconds
from fairlead.meter.ledger.question import WINDOW, CostQuestion
from fairlead.meter.ledger.windows import celled

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["AMOUNTS", "asked", "bridge", "grouped", "invoiced", "measured", "spread", "told_by"]

AMOUNTS: Mapping[Basis, str] = {
    Basis.BILLED: "billed",
    Basis.EFFECTIVE: "effective",
    Basis.CONTRACTED: "contracted",
    Basis.LIST: "listed",
}
"""Column of `lines` that holds each basis."""

_MOMENTS = {"day": "D", "month": "M"}


def grouped(lines: ir.Table, question: CostQuestion) -> ir.Table:
    """Amount per group and currency: columns of the question's `keys`, currency, amount, lines, customers.

    An amount is null where one of its lines has none in this basis: what is not known is not zero. Where windows are
    asked for, lines have theirs (`windows.windowed`), and a line counts in each.
    """
    chosen = asked(lines, question)
    keys = [*_keys(chosen, question.keys, "charge_start"), chosen.currency]
    customers = chosen.customer.nullif("").nunique()
    count = chosen.line.nunique() if WINDOW in question.by else chosen.count()
    return chosen.group_by(keys).agg(**_amount(chosen, question.basis), lines=count, customers=customers)


def spread(lines: ir.Table, question: CostQuestion) -> ir.Table:
    """How lines came to their windows, of `windows.windowed`: spread, currency, amount, lines."""
    chosen = asked(lines, question)
    return chosen.group_by("spread", "currency").agg(**_amount(chosen, question.basis), lines=chosen.line.nunique())


def bridge(lines: ir.Table, question: CostQuestion) -> ir.Table:
    """Amount per currency and charge, over all charges: currency, charge, amount, lines."""
    chosen = lines.filter(_within(lines, question, "charge_start"))
    return chosen.group_by("currency", "charge").agg(**_amount(chosen, question.basis), lines=chosen.count())


def invoiced(bills: ir.Table, question: CostQuestion) -> ir.Table:
    """What was invoiced, from the bill rows themselves: currency, amount, rows."""
    chosen = bills.filter(_within(bills, question, "ChargePeriodStart"))
    amount = chosen[COSTS[question.basis]]
    known = amount.sum()
    missing = amount.isnull().sum()
    return chosen.group_by(currency=chosen.BillingCurrency).agg(amount=known, missing=missing, rows=chosen.count())


def measured(usage: ir.Table, question: CostQuestion, measures: tuple[str, ...]) -> ir.Table:
    """Use per group and measure, of these measures: columns of the question's `keys`, measure, quantity."""
    chosen = usage.filter(usage.measure.isin(measures), usage.role == "used")
    chosen = chosen.filter(_within(chosen, question, "window_start"), *_only(chosen, question.only))
    if WINDOW in question.by:
        chosen = celled(chosen.mutate(since=seconds(chosen.window_start), until=seconds(chosen.window_end)))
    keys = [*_keys(chosen, question.keys, "window_start"), chosen.measure]
    return chosen.group_by(keys).agg(quantity=chosen.quantity.sum())


def told_by(usage: ir.Table, question: CostQuestion, measures: tuple[str, ...]) -> ir.Table:
    """Which sources measured what of which model: measure, model, source."""
    chosen = usage.filter(usage.measure.isin(measures), usage.role == "used")
    chosen = chosen.filter(_within(chosen, question, "window_start"), *_only(chosen, question.only))
    return chosen.select("measure", "model", "source").distinct()


def asked(lines: ir.Table, question: CostQuestion) -> ir.Table:
    """The lines that the question's rows are of."""
    charges = sorted(each.value for each in question.charges)
    kept = lines.filter(lines.charge.isin(charges), _within(lines, question, "charge_start"))
    return kept.filter(*_only(kept, question.only)) if question.only else kept


def _amount(lines: ir.Table, basis: Basis) -> dict[str, ir.Value]:
    column = lines[AMOUNTS[basis]]
    return {"amount": column.sum(), "missing": column.isnull().sum()}


def _within(table: ir.Table, question: CostQuestion, column: str) -> ir.BooleanValue:
    import ibis

    moment = table[column]
    within = (moment >= ibis.literal(question.since)) & (moment < ibis.literal(question.until))
    return within & table.period.startswith(question.period) if question.period else within


def _only(table: ir.Table, only: Mapping[str, str]) -> list[Any]:
    return [table[name] == value for name, value in only.items()]


def _keys(table: ir.Table, by: tuple[str, ...], moment: str) -> list[ir.Value]:
    """Columns of the dimensions; `day` and `month` are made of the moment."""
    return [_key(table, name, moment).name(name) for name in by]


def _key(table: ir.Table, name: str, moment: str) -> ir.Value:
    if name in _MOMENTS:
        return table[moment].truncate(_MOMENTS[name])
    return table["window_start" if name == WINDOW else name]
