"""What a collection of usage did, as tables: files, queries, gaps, months, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.domain.ledger import BillFinding
from fairlead.kernel.money import plain
from fairlead.meter.collectors.base import Gap
from fairlead.meter.collectors.outcome import Collected, CollectedFile, CollectedMonth, QueryReport
from fairlead.show.outputs.console import Block
from fairlead.show.outputs.figures import count_text, moment_text
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["collected_view"]

_FILES = (Column("file"), *(Column(each, right=True) for each in ("rows", "accepted", "refused")))
_QUERIES = (
    Column("query"),
    Column("metric", priority=3),
    Column("answer", priority=1),
    *(Column(each, right=True) for each in ("series", "windows", "gaps")),
    *(Column(each, right=True, priority=2) for each in ("samples", "resets", "begun", "uncounted")),
)
_GAPS = (
    Column("query"),
    Column("series", priority=1, wrap=24),
    Column("from"),
    Column("to"),
    Column("missed", right=True),
)
_MONTHS = (
    Column("month"),
    *(Column(each, right=True) for each in ("collected", "replaced", "rows now")),
    Column("in the ledger"),
)


def collected_view(answer: Collected) -> Iterator[Block]:
    """Tables of what there is, and findings last, each with its mend below it."""
    if answer.files:
        yield Table(_FILES, [_file(each) for each in answer.files])
    if answer.queries:
        yield Table(_QUERIES, [_query(each) for each in answer.queries])
    if answer.gaps:
        yield Table(_GAPS, [_gap(each) for each in answer.gaps], title="Not measured, and in no row")
    empty = "Nothing was collected, and the ledger is as it was."
    yield Table(_MONTHS, [_month(each) for each in answer.months], title=f"Usage of {answer.source}", empty=empty)
    if answer.findings:
        yield "\n".join(_findings(answer.findings))


def _file(file: CollectedFile) -> list[Cell | str | None]:
    refused = Cell(count_text(file.rows_refused) or "", "bad" if file.rows_refused else "")
    return [file.path, count_text(file.rows_read), count_text(file.rows_accepted), refused]


def _query(query: QueryReport) -> list[Cell | str | None]:
    counts = (query.series, query.windows, query.gaps, query.samples, query.resets, query.begun)
    answer = Cell(query.answer, "" if query.answer == "data" else "warn")
    return [query.name, query.metric, answer, *(count_text(each) for each in counts), plain(query.uncounted)]


def _gap(gap: Gap) -> list[Cell | str | None]:
    missed = plain(gap.missed) if gap.missed else None
    return [gap.query, gap.series, moment_text(gap.start), moment_text(gap.end), missed]


def _month(month: CollectedMonth) -> list[Cell | str | None]:
    state = "changed" if month.changed else "as it was"
    return [month.period[:7], count_text(month.collected), count_text(month.replaced), count_text(month.rows), state]


def _findings(findings: Sequence[BillFinding]) -> Iterator[str]:
    for finding in findings:
        place = ":".join(str(each) for each in (finding.path, finding.row or "", finding.column) if each != "")
        value = f" ({finding.value})" if finding.value else ""
        times = f", {finding.count:,} times from here on" if finding.count > 1 else ""
        weight = "refused" if finding.refused else "note"
        yield f"{place} {weight} {finding.rule}: {finding.message}{value}{times}"
        if finding.mend:
            yield f"    {finding.mend}"
