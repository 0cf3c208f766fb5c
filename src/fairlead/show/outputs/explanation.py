"""Where a line's money comes from: its rule, the bill rows, the shares of each pool, and the use behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from fairlead.flows.ledger.explaining import Explanation
from fairlead.kernel.money import plain
from fairlead.show.outputs.figures import moment_text
from fairlead.show.outputs.table import Column, Table

__all__ = ["explanation_tables"]

_MOST = 50


def explanation_tables(told: Explanation) -> Iterator[Table]:
    """The line first, then what it was made of; long lists are cut, and JSON has all."""
    facts = [[name.replace("_", " "), _text(value)] for name, value in told.line.items() if _text(value)]
    rule = told.rule.model_dump(mode="json", exclude_defaults=True) if told.rule else {}
    facts += [[f"rule: {name}", str(value)] for name, value in rule.items() if name != "name"]
    yield Table((Column("of the line"), Column("", wrap=40)), facts, title="Line")
    yield _rows(told.bills, "Bill rows", "No bill row is behind it.")
    if told.shares:
        yield _rows(told.shares, "Shares of what was divided", "")
    if told.usage:
        yield _rows(told.usage, "Use that it was divided by", "")


def _rows(rows: Sequence[Mapping[str, Any]], title: str, empty: str) -> Table:
    """Columns that say something in any row; the first of them stay longest."""
    names = [name for name in (rows[0] if rows else {}) if any(_text(row[name]) for row in rows)]
    right = {name for name in names if any(isinstance(row[name], (Decimal, int)) for row in rows)}
    columns = tuple(Column(name.replace("_", " "), right=name in right, priority=at) for at, name in enumerate(names))
    more = f", the first {_MOST} of {len(rows)}" if len(rows) > _MOST else ""
    return Table(columns, [[_text(row[name]) for name in names] for row in rows[:_MOST]], title + more, empty=empty)


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return moment_text(value) or ""
    return "" if value is None or value == {} else str(value)
