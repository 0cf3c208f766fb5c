"""FOCUS for people: a conformance report, with the rows that break its rules; and what an export wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.kernel.money import plain
from fairlead.show.outputs.table import Cell, Column, Table

if TYPE_CHECKING:
    from decimal import Decimal

    from fairlead.flows.ledger.export import Exported
    from fairlead.meter.conformance.report import ConformanceReport, RuleResult
    from fairlead.show.outputs.console import Block

__all__ = ["conformance_view", "exported_view"]

_BROKEN = (
    Column("verdict"),
    Column("rule"),
    Column("rows", right=True, priority=1),
    Column("first row", right=True, priority=2),
    Column("values", priority=4, wrap=20),
    Column("what it says", priority=3, wrap=30),
)

_LEFT = (Column("rules", right=True), Column("why they were not checked", wrap=30))

_TONES = {"conforms": "good", "does-not-conform": "bad", "insufficient": "warn", "fail": "bad", "warn": "warn"}


def conformance_view(report: ConformanceReport) -> Iterator[Block]:
    """The verdict and the counts; the broken rules; why rules were left out; what the verdict rests on."""
    yield _verdict_table(report)
    broken = [rule for rule in report.rules if rule.verdict in {"fail", "warn"} and rule.rows]
    if broken:
        yield Table(_BROKEN, [_row(rule) for rule in broken], title="Broken rules")
    yield _left_out(report)
    yield f"Rules: {report.claim}. Source: {report.source}."


def exported_view(exported: Exported) -> Iterator[Block]:
    """The file, and its sums by currency, exact."""
    costs = list(next(iter(exported.sums.values()), {}))
    columns = (Column("currency"), *(Column(cost, right=True) for cost in costs))
    rows = [[currency, *map(_known, sums.values())] for currency, sums in exported.sums.items()]
    title = f"{exported.path}: {exported.rows:,} lines as FOCUS {exported.focus_version}"
    empty = "No line was charged in that span: bring a bill in with `fairlead ledger import`."
    yield Table(columns, rows, title=title, empty=empty)


def _known(amount: Decimal | None) -> Cell | str:
    return Cell("not known", "warn") if amount is None else plain(amount)


def _verdict_table(report: ConformanceReport) -> Table:
    counts = report.counts
    figures = {
        "rules": counts.rules,
        "checked": counts.checked,
        "passed": counts.passed,
        "failed": counts.failed,
        "warned": counts.warned,
        "not applicable": counts.not_applicable,
        "not checked": counts.not_checked,
    }
    columns = (Column("verdict"), *(Column(name, right=True, priority=place) for place, name in enumerate(figures)))
    verdict = Cell(report.verdict.value, _TONES[report.verdict])
    row: list[Cell | str | None] = [verdict, *(f"{figure:,}" for figure in figures.values())]
    return Table(columns, [row], title=f"FOCUS {report.focus_version}: {report.file}, {report.rows:,} rows")


def _row(rule: RuleResult) -> list[Cell | str | None]:
    first = rule.examples[0] if rule.examples else None
    values = (
        ", ".join(f"{name}={'null' if value is None else value}" for name, value in first.values.items())
        if first
        else ""
    )
    place = f"{first.row:,}" if first and first.row else ""
    text = f"{rule.text} ({rule.reason})" if rule.reason else rule.text
    return [Cell(rule.verdict.value, _TONES[rule.verdict]), rule.id, f"{rule.rows:,}", place, values, text]


def _left_out(report: ConformanceReport) -> Table:
    """How many rules were not checked, by reason; those that are made of others are counted with them."""
    reasons = Counter(
        rule.reason for rule in report.rules if rule.verdict == "not-checked" and rule.function != "Composite"
    )
    rows = [[f"{count:,}", reason] for reason, count in reasons.most_common()]
    return Table(
        _LEFT, rows, title="Not checked, so not counted as passed", empty="Every rule that applies was checked."
    )
