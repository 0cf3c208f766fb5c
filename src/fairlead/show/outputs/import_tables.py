"""What became of an import: for programs the stable JSON, for people files, findings and changes as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.domain.ledger import BillFile, BillFinding, Statement, Sums
from fairlead.flows.ledger.import_result import Change, ImportedPeriod, ImportResult, Replaced
from fairlead.kernel.money import Money, plain
from fairlead.show.outputs.console import Block
from fairlead.show.outputs.figures import count_text, moment_text, money_text
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["import_answer", "import_view"]

_FILES = (
    Column("file", wrap=24),
    Column("schema", priority=3),
    Column("rows", right=True),
    Column("refused", right=True),
    Column("billed", right=True),
    Column("effective", right=True, priority=1),
    Column("billed in the file", right=True, priority=2),
)
_FINDINGS = (
    Column("row", right=True),
    Column("column"),
    Column("value", priority=1, wrap=16),
    Column("rule", priority=3),
    Column("what", wrap=30),
    Column("times", right=True, priority=2),
)
_PERIODS = (
    Column("period"),
    Column("rows", right=True),
    Column("billed", right=True),
    Column("replaced", priority=1),
    Column("rows changed", right=True, priority=2),
    Column("billed changed", right=True),
)
_CHANGES = (
    Column("service", wrap=20),
    Column("category", priority=1),
    Column("rows before", right=True, priority=2),
    Column("rows after", right=True, priority=2),
    Column("billed before", right=True),
    Column("billed after", right=True),
)


def import_answer(result: ImportResult) -> Mapping[str, Any]:
    """The result as programs read it; money is plain text, and null is not known."""
    return {
        "files": [_file(file) for file in result.files],
        "findings": [_finding(finding) for finding in result.findings],
        "periods": [_period(period) for period in result.periods],
        "unchanged": result.unchanged,
        "refused": result.refused,
    }


def _file(file: BillFile) -> Mapping[str, Any]:
    return {
        "path": file.path,
        "sha256": file.sha256,
        "schema": file.schema,
        "rows_read": file.rows_read,
        "rows_accepted": file.rows_accepted,
        "rows_refused": file.rows_refused,
        "sums": file.sums,
        "file_sums": file.file_sums,
    }


def _finding(finding: BillFinding) -> Mapping[str, Any]:
    return {
        "file": finding.path,
        "row": finding.row,
        "column": finding.column,
        "value": finding.value,
        "rule": finding.rule,
        "message": finding.message,
        "mend": finding.mend,
        "refused": finding.refused,
        "count": finding.count,
    }


def _period(period: ImportedPeriod) -> Mapping[str, Any]:
    statement = period.statement
    return {
        "source": statement.part.source,
        "period": statement.part.period,
        "adjusts": statement.part.adjusts,
        "rows": statement.rows,
        "sums": statement.sums,
        "replaced": _replaced(period.replaced) if period.replaced else None,
    }


def _replaced(replaced: Replaced) -> Mapping[str, Any]:
    return {
        "imported": replaced.imported,
        "rows": replaced.rows_before,
        "sums": replaced.sums_before,
        "difference": {
            "rows": replaced.rows,
            "sums": replaced.sums,
            "changes": [_change(change) for change in replaced.changes],
        },
    }


def _change(change: Change) -> Mapping[str, Any]:
    return {
        "currency": change.currency,
        "service": change.service,
        "category": change.category,
        "rows": {"before": change.rows_before, "after": change.rows_after},
        "BilledCost": {"before": change.billed_before, "after": change.billed_after, "difference": change.billed},
        "EffectiveCost": {"before": change.effective_before, "after": change.effective_after},
    }


def import_view(result: ImportResult) -> Iterator[Block]:
    """Files; their findings, file by file; the billing periods, and what changed in those that were there before."""
    yield Table(_FILES, [_file_row(file) for file in result.files], title="Files")
    for file in result.files:
        own = [finding for finding in result.findings if finding.path == file.path]
        if own:
            yield Table(_FINDINGS, [_finding_row(finding) for finding in own], title=f"Findings in {file.path}")
    if result.refused:
        yield "Nothing was imported: --strict allows no finding."
        return
    if result.unchanged:
        yield "Nothing changed: the ledger has these files already."
    yield Table(_PERIODS, [_period_row(each) for each in result.periods], title="Billing periods", empty="No row.")
    for period in result.periods:
        part = period.part
        if part.adjusts:
            yield _booked(period.statement)
        if period.replaced and period.replaced.changes:
            rows = [_change_row(change) for change in period.replaced.changes]
            against = ", against the bill as it was closed" if part.adjusts else ""
            yield Table(
                _CHANGES, rows, title=f"What changed most in {part.adjusts or part.period} of {part.source}{against}"
            )


def _booked(statement: Statement) -> str:
    """Where the difference of a closed month went."""
    part = statement.part
    closed = f"{part.adjusts[:7]} of {part.source} is closed"
    if not statement.rows:
        return f"{closed}, and this bill changes nothing of what is booked for it."
    return f"{closed} and stays as it is: the difference, {count_text(statement.rows)} rows, is in {part.period[:7]}."


def _file_row(file: BillFile) -> list[Cell | str | None]:
    refused = Cell(count_text(file.rows_refused) or "", "bad" if file.rows_refused else "")
    billed, effective = _amounts(file.sums, "BilledCost"), _amounts(file.sums, "EffectiveCost")
    own = _amounts(file.file_sums, "BilledCost")
    return [file.path, file.schema, count_text(file.rows_read), refused, billed, effective, own]


def _finding_row(finding: BillFinding) -> list[Cell | str | None]:
    row = count_text(finding.row) if finding.row else "file"
    message = Cell(finding.message, "bad" if finding.refused else "")
    return [row, finding.column, finding.value, finding.rule, message, count_text(finding.count)]


def _period_row(period: ImportedPeriod) -> list[Cell | str | None]:
    statement, old = period.statement, period.replaced
    billed = _amounts(statement.sums, "BilledCost")
    part = statement.part
    if part.adjusts:  # it takes no bill's place: what stood here before was no bill of this month
        return [f"{part.period}, adjusts {part.adjusts}", count_text(statement.rows), billed, None, None, None]
    if old is None:
        return [part.period, count_text(statement.rows), billed, None, None, None]
    changed = f"{old.rows:+,}" if old.rows else "0"
    when, by = moment_text(old.imported), _amounts(old.sums, "BilledCost")
    return [part.period, count_text(statement.rows), billed, when, changed, by]


def _change_row(change: Change) -> list[Cell | str | None]:
    before, after = (f"{plain(each)} {change.currency}" for each in (change.billed_before, change.billed_after))
    return [
        change.service or "(none)",
        change.category,
        count_text(change.rows_before),
        count_text(change.rows_after),
        before,
        after,
    ]


def _amounts(sums: Sums, name: str) -> str | None:
    amounts = [(amounts.get(name), currency) for currency, amounts in sums.items()]
    return ", ".join(money_text(Money(each, currency)) or "" for each, currency in amounts if each is not None) or None
