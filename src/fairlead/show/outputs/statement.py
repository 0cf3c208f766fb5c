"""A team's statement for people: a printable page with its picture, CSV, and tables for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from fairlead.flows.ledger.statement import TeamStatement
from fairlead.kernel.money import Money, less, plain
from fairlead.kernel.windows import iso
from fairlead.show.outputs.charts import DayCost, cost_trend
from fairlead.show.outputs.charts.svg import chart_svg
from fairlead.show.outputs.console import Block
from fairlead.show.outputs.figures import amount_text, as_shown, money_text
from fairlead.show.outputs.ledger_rows import inert
from fairlead.show.outputs.table import Cell, Column, Table
from fairlead.show.outputs.text import safe

__all__ = ["statement_csv", "statement_page", "statement_tables"]

_COLUMNS = ("model", "environment", "stage", "customer", "service", "charge")


def statement_tables(statements: Iterable[TeamStatement]) -> Iterator[Block]:
    """One table per team and currency, with its total; where rounded rows may not sum to it, the exact one below."""
    heads = (*(Column(name, priority=place) for place, name in enumerate(_COLUMNS)), Column("cost", right=True))
    for each in statements:
        rows = [
            [*(row.key[name] or Cell("-", "dim") for name in _COLUMNS), _money(row.amount, each.currency)]
            for row in each.items
        ]
        title = f"{each.team}, {each.period}: {each.basis} cost, {'closed' if each.closed else 'open'}"
        total = ["total", *[""] * (len(_COLUMNS) - 1), _money(each.total, each.currency)]
        yield Table(heads, rows, title=title, total=total)
        if each.total is not None and any(row.amount != as_shown(row.amount) for row in each.items if row.amount):
            exact = f"{plain(each.total)} {each.currency}"
            yield f"Rows are rounded here. Exactly they sum to {exact}: --format csv has each to its last digit."


def statement_csv(statements: Iterable[TeamStatement]) -> str:
    """One line per item: team, period, currency, the item's columns, its exact amount."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["team", "period", "currency", "basis", *_COLUMNS, "amount"])
    for each in statements:
        for row in each.items:
            words = (each.team, each.period, each.currency, each.basis, *(row.key[name] for name in _COLUMNS))
            writer.writerow([*map(inert, words), "" if row.amount is None else plain(row.amount)])
    return text.getvalue()


def statement_page(statement: TeamStatement) -> str:
    """One HTML file that needs nothing else: its picture is in it, and it prints on paper."""
    days = [
        DayCost(date.fromisoformat(row.key["day"]), statement.team, row.amount)
        for row in statement.days
        if row.amount is not None
    ]
    picture = chart_svg(cost_trend(days, statement.currency)) if any(each.amount for each in days) else ""
    template = _templates().get_template("statement.html")
    return template.render(statement=statement, columns=_COLUMNS, picture=picture)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("fairlead.show.outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: safe(value) if type(value) is str else value,
        trim_blocks=True,
    )
    environment.filters.update({"iso": iso, "less": less, "plain": plain, "short": amount_text, "signed": _signed})
    return environment


def _signed(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else ''}{amount_text(amount)}"


def _money(amount: Decimal | None, currency: str) -> Cell | str | None:
    return Cell("not known", "warn") if amount is None else money_text(Money(amount, currency))
