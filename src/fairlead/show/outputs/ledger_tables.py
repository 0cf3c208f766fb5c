"""The ledger's tables: cost by anything, and the bridge from the invoice, exact to its last digit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from fairlead.domain.ledger import Charge
from fairlead.kernel.money import Money, plain
from fairlead.meter.ledger.question import EVER
from fairlead.meter.ledger.report import Bridge, Closure, LedgerReport, LedgerRow
from fairlead.meter.ledger.windows import SPREADS, Spread
from fairlead.show.outputs.console import Block
from fairlead.show.outputs.figures import amount_text, count_text, moment_text, money_text
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["bridge_table", "ledger_table", "ledger_tables", "sources_table"]

_BRIDGE = (Column("part"), Column("amount", right=True), Column("lines", right=True, priority=1))

_SOURCES = (
    Column("source"),
    Column("period"),
    Column("adjusts", priority=3),
    Column("rows", right=True, priority=2),
    Column("imported", priority=1),
    Column("state"),
)


def ledger_tables(report: LedgerReport) -> Iterator[Block]:
    """Groups, how they close, then a bridge per currency, then what it all rests on."""
    yield ledger_table(report)
    yield "\n".join([*map(_spread, report.windows), *map(_closing, report.closures)])
    for bridge in report.bridges:
        yield bridge_table(bridge)
    yield sources_table(report)


def ledger_table(report: LedgerReport) -> Table:
    """One row per group, dearest first."""
    keys = [Column(name.replace("_", " "), wrap=12 if name in {"method", "resource"} else 0) for name in report.keys]
    shown = [
        ("cost", 0, _cost),
        (report.per and f"per {report.per.replace('_', ' ')}", 0, _unit),
        ("inferences", 4, lambda row: _count(row.usage.get("inferences"))),
        ("input tokens", 5, lambda row: _count(row.usage.get("input_tokens"))),
        ("output tokens", 5, lambda row: _count(row.usage.get("output_tokens"))),
        ("revenue", 1, lambda row: _money(row.revenue, row)),
        ("margin", 1, _margin),
        ("outcomes", 2, lambda row: _count(row.outcomes)),
        ("per outcome", 2, lambda row: _money(row.cost_per_outcome, row)),
        ("why not known", 3, lambda row: row.insufficient),
    ]
    wanted = [(title, priority, cell) for title, priority, cell in shown if title and _known(cell, report.rows)]
    heads = [
        Column(title, right=title != "why not known", priority=priority, wrap=20 if title == "why not known" else 0)
        for title, priority, _ in wanted
    ]
    rows = [[*(_key(row, name) for name in report.keys), *(cell(row) for _, _, cell in wanted)] for row in report.rows]
    return Table((*keys, *heads), rows, title=_title(report), empty="Nothing is charged in this span.")


def _closing(closure: Closure) -> str:
    """The rows, and what they leave out, as a sum that the reader can do again: no digit is rounded."""
    parts = [(closure.narrowed, "of other values"), *((part.amount, _words(part.charge)) for part in closure.left_out)]
    more = "".join(f" {'-' if amount < 0 else '+'} {_exact(abs(amount))} {name}" for amount, name in parts if amount)
    unknown = f" ({count_text(closure.unknown)} bill rows have no cost in this basis)" if closure.unknown else ""
    return (
        f"{_exact(closure.rows)} in these rows{more} = {_exact(closure.invoiced)} {closure.currency} invoiced{unknown}"
    )


def _spread(spread: Spread) -> str:
    return f"{_exact(spread.amount)} {spread.currency} {SPREADS[spread.spread]}"


def _exact(amount: Decimal) -> str:
    digits = len(plain(amount).partition(".")[2])
    return f"{amount:,.{digits}f}"


def _words(charge: Charge) -> str:
    return charge.replace("-", " ")


def bridge_table(bridge: Bridge) -> Table:
    """What the invoice paid for: parts that sum to it, to the last digit."""
    digits = max(len(plain(each).partition(".")[2]) for each in (bridge.invoiced, *(p.amount for p in bridge.parts)))
    rows: list[Sequence[Cell | str | None]] = [
        [_words(part.charge), f"{part.amount:,.{digits}f}", count_text(part.lines) if part.lines else ""]
        for part in bridge.parts
    ]
    title = f"From the invoice to who is charged, in {bridge.currency}"
    if bridge.unknown:
        title += f" ({count_text(bridge.unknown)} bill rows have no cost in this basis)"
    return Table(_BRIDGE, rows, title=title, total=["invoiced", f"{bridge.invoiced:,.{digits}f}", ""])


def sources_table(report: LedgerReport) -> Table:
    """The statements that the figures rest on."""
    rows = [
        [
            each.source,
            each.period[:7],
            each.adjusts[:7],
            count_text(each.rows),
            moment_text(each.imported),
            Cell("closed", "good") if each.closed else "open",
        ]
        for each in report.sources
    ]
    return Table(_SOURCES, rows, title="Bills", empty="No bill was imported: only this machine's own time is charged.")


def _known(cell: object, rows: Sequence[LedgerRow]) -> bool:
    return any(cell(row) for row in rows)  # type: ignore[operator]  # one of the functions above


def _title(report: LedgerReport) -> str:
    since, until = report.since, report.until
    span = "" if (since, until) == EVER else f" from {moment_text(since)} to {moment_text(until)}"
    seen = f", as it was known {moment_text(report.as_of)}" if report.as_of else ""
    more = f", {' and '.join(report.include)} included" if report.include else ""
    return f"{report.basis.capitalize()} cost by {', '.join(report.by)}{span}{more}{seen}"


def _key(row: LedgerRow, name: str) -> Cell | str:
    return row.key[name] or Cell("(none)", "dim")


def _cost(row: LedgerRow) -> Cell | str | None:
    return Cell("not known", "warn") if row.amount is None else _money(row.amount, row)


def _unit(row: LedgerRow) -> Cell | str | None:
    return Cell("insufficient", "warn") if row.unit_cost is None else _money(row.unit_cost, row)


def _money(amount: Decimal | None, row: LedgerRow) -> str | None:
    return None if amount is None else money_text(Money(amount, row.currency))


def _margin(row: LedgerRow) -> Cell | None:
    return None if row.margin is None else Cell(amount_text(row.margin), "bad" if row.margin < 0 else "good")


def _count(quantity: Decimal | None) -> str | None:
    return None if quantity is None else f"{quantity.normalize():,f}"
