"""Files of usage on the stage, and what was wrong with each: the first step of collecting them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from fairlead.domain.ledger import BillFinding
from fairlead.drivers.ledger.text_table import BadLine, TextTable
from fairlead.drivers.ledger.usage_staging import UsageStaging
from fairlead.flows.ledger.usage_documents import is_document, take_document
from fairlead.kernel.errors import UsageError
from fairlead.meter.collectors.outcome import CollectedFile
from fairlead.meter.collectors.table_file import Refusal, judged, mistakes, refusals, shape_of
from fairlead.ports import Progress

__all__ = ["take_files"]

_LISTED = 10
"""Findings of one rule that are told one by one; the last stands for the rest as well."""


def take_files(
    stage: UsageStaging, paths: Sequence[Path], progress: Progress
) -> tuple[tuple[CollectedFile, ...], tuple[BillFinding, ...]]:
    """Stage every file; rows that repeat one of the same or an earlier file are refused."""
    files: list[CollectedFile] = []
    findings: list[BillFinding] = []
    staged: list[int] = []
    for number, path in enumerate(paths):
        progress(number, len(paths), f"reading {path.name}")
        file, found = _take(stage, path)
        if file is not None:
            staged.append(len(files))
        files.append(file or CollectedFile(str(path), 0, 0, 0))
        findings += found
    if staged:
        listed, counted = stage.drop_repeated(_LISTED)
        names = [files[each].path for each in staged]
        findings += _repeated(names, listed, sum(counted.values()))
        for place, count in counted.items():
            files[staged[place]] = _less(files[staged[place]], count)
        findings += _beyond(names, stage.beyond_devices(_LISTED))
    return tuple(files), tuple(findings)


def _take(stage: UsageStaging, path: Path) -> tuple[CollectedFile | None, list[BillFinding]]:
    import duckdb

    try:
        if is_document(path):
            return take_document(stage, path)
        table = stage.open_table(path)
        wrong = list(mistakes(table.columns))
        if wrong:
            return None, [_no_table(path, each) for each in wrong]
        return _read(stage, path, table)
    except UsageError as error:
        return None, [_no_table(path, error.what)]
    except (ValueError, OSError, duckdb.InvalidInputException, duckdb.ConversionException) as error:
        return None, [_no_table(path, str(error).partition("\n")[0])]


def _read(stage: UsageStaging, path: Path, table: TextTable) -> tuple[CollectedFile, list[BillFinding]]:
    shape = shape_of(table.columns)
    quantities = {shape.columns.get("quantity", ""), *shape.measures.values()}
    floats = sorted(quantities & table.floats)
    reasons = refusals(doubles=bool(floats))
    staged, lines = stage.take_table(path.name, judged(shape, table.relation, reasons))
    found = [
        _bad_line(path, line, len(lines) - place if place == _LISTED - 1 else 1)
        for place, line in enumerate(lines[:_LISTED])
    ]
    apart = [place for place, reason in enumerate(reasons) if reason.column in {"measure", "quantity"}]
    for row in stage.refused(staged, _LISTED, apart):
        reason = reasons[row.reason]
        column = shape.measures.get(row.measure, "") if reason.column == "quantity" else ""
        found.append(_refused(path, row.row, reason, column, row.shown, row.count))
    found += [_rounded(path, column) for column in floats]
    return CollectedFile(str(path), staged.rows, staged.accepted, staged.rows - staged.accepted), found


def _less(file: CollectedFile, count: int) -> CollectedFile:
    return replace(file, rows_accepted=file.rows_accepted - count, rows_refused=file.rows_refused + count)


def _no_table(path: Path, what: str) -> BillFinding:
    mend = "docs/usage.md has the columns of a usage file, with an example"
    return BillFinding(str(path), 0, "", "", "usage/file", f"this is no usage: {what}", mend, refused=True)


def _bad_line(path: Path, line: BadLine, count: int) -> BillFinding:
    mend = "quote what has a separator or a line break in it, and double the quotes within"
    message = f"the line is no row: {line.reason}"
    return BillFinding(str(path), line.row, "", line.text[:200], "usage/line", message, mend, refused=True, count=count)


def _refused(path: Path, row: int, reason: Refusal, column: str, shown: str, count: int) -> BillFinding:
    column = column or reason.column
    return BillFinding(
        str(path), row, column, shown, reason.rule, reason.message, reason.mend, refused=True, count=count
    )


def _rounded(path: Path, column: str) -> BillFinding:
    message = "the column holds floats; each was rounded to 9 digits behind the point"
    return BillFinding(
        str(path), 0, column, "", "usage/float", message, "write decimals or text, and nothing is rounded"
    )


def _beyond(names: Sequence[str], listed: Sequence[tuple[int, int, str, int]]) -> Iterator[BillFinding]:
    message = "more seconds of this GPU were used or reserved in the window than it has"
    mend = "shares of one GPU sum to 1 at most; quantities are seconds of the whole physical GPU"
    for number, (place, row, device, whole) in enumerate(listed, 1):
        times = whole - number + 1 if number == len(listed) else 1
        yield BillFinding(names[place], row, "quantity", device, "usage/gpu-over", message, mend, count=times)


def _repeated(names: Sequence[str], listed: Sequence[tuple[int, int, str]], count: int) -> Iterator[BillFinding]:
    message = "a row before it has the same window, resource, consumer, labels, measure and role"
    mend = "give the sum in one row, or tell the two apart by a label"
    for number, (place, row, measure) in enumerate(listed, 1):
        times = count - number + 1 if number == len(listed) else 1
        yield BillFinding(
            names[place], row, "measure", measure, "usage/repeated", message, mend, refused=True, count=times
        )
