"""Queries of the last step: the rows that a billing period is published with, and what changed in it."""

# ruff: noqa: S608 - names are FOCUS's own, and values are quoted

from __future__ import annotations

from collections.abc import Iterable

from fairlead.meter.bills.checks import ACCEPTED, canonical_sql
from fairlead.meter.bills.columns import FOCUS_COLUMNS
from fairlead.meter.bills.expressions import text
from fairlead.meter.bills.steps import quoted

__all__ = ["CHANGES", "changes_sql", "period_sql"]

CHANGES = 20
"""Changes between two statements that are listed, the greatest first."""


def period_sql(staged: str, period: str, misspelt: Iterable[str] = ()) -> str:
    """The accepted rows of one period; values that are only written otherwise than in FOCUS are set right."""
    fixed = [
        f"coalesce({canonical_sql(FOCUS_COLUMNS[name], quoted(name))}, {quoted(name)}) AS {quoted(name)}"
        for name in sorted(misspelt)
    ]
    columns = f"* REPLACE ({', '.join(fixed)})" if fixed else "*"
    own = f"strftime(\"BillingPeriodStart\", '%Y-%m-%d') = {text(period)}"
    return f"SELECT {columns} FROM {staged} WHERE {ACCEPTED} AND {own}"


def changes_sql(before: str, after: str) -> str:
    """Services and categories of charge whose cost or number of rows changed, the greatest change first."""
    keys = "currency, service, category"
    told = ", ".join(
        f"coalesce({side}.rows, 0) AS rows_{name}, CAST(coalesce({side}.billed, 0) AS VARCHAR) AS billed_{name}, "
        f"CAST({side}.effective AS VARCHAR) AS effective_{name}"
        for side, name in (("b", "before"), ("a", "after"))
    )
    changed = " OR ".join(f"b.{name} IS DISTINCT FROM a.{name}" for name in ("rows", "billed", "effective"))
    return (
        f"SELECT {keys}, {told} FROM ({_grouped(before)}) b FULL JOIN ({_grouped(after)}) a USING ({keys}) "
        f"WHERE {changed} ORDER BY abs(coalesce(a.billed, 0) - coalesce(b.billed, 0)) DESC, {keys} LIMIT {CHANGES}"
    )


def _grouped(rows: str) -> str:
    return (
        'SELECT "BillingCurrency" AS currency, coalesce("ServiceName", \'\') AS service, '
        'coalesce("ChargeCategory", \'\') AS category, count(*) AS rows, sum("BilledCost") AS billed, '
        f'sum("EffectiveCost") AS effective FROM {rows} GROUP BY 1, 2, 3'
    )
