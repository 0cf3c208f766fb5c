"""One file of a bill: opened, typed into a staged Parquet file in one pass, checked, and compared with its own sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from fairlead.domain.ledger import COSTS, BillFile, BillFinding, Sums
from fairlead.domain.ledger_tables import MOST_ADDED
from fairlead.drivers.ledger.bill_files import BillTable, digest_of, stamp_of
from fairlead.drivers.ledger.bill_staging import BillStaging, NotUtf8Error
from fairlead.drivers.ledger.duckdb_connection import literal
from fairlead.flows.ledger.import_result import ImportRequest, added, difference
from fairlead.kernel.errors import IntegrityError, UsageError
from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.checks import checks_of, counts_sql, figures_sql, refused_figures_sql, sizes_sql
from fairlead.meter.bills.layout import Layout, lay_out
from fairlead.meter.bills.reading import NO_CURRENCY, Reading, read_as
from fairlead.meter.bills.schemas import AUTO, missing_marks, recognise, schema_named

__all__ = ["OpenedFile", "PeriodFigures", "StagedFile", "figures_of", "open_bill", "refused_whole", "stage_bill"]

_MOST_PERIODS, _MOST_CURRENCIES = 1_200, 400
"""More than that in one file are no periods and no currencies, but another column."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that can be read: `read` is where its bytes are read, which is a copy where they were no UTF-8."""

    path: Path
    read: Path
    sha256: str
    stamp: tuple[int, int]
    layout: Layout
    reading: Reading
    recoded: bool = False


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """Rows and sums of one billing period of a file; `most` as in `Statement`."""

    rows: int
    sums: Sums
    most: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file's rows as typed Parquet, refused ones included; `counts` answer its checks, in their order."""

    opened: OpenedFile
    parquet: Path
    file: BillFile
    periods: Mapping[str, PeriodFigures]
    counts: Mapping[str, int]

    @property
    def relation(self) -> str:
        """The staged rows, as SQL."""
        return _relation(self.parquet)


def open_bill(
    staging: BillStaging,
    path: Path,
    request: ImportRequest,
    spelt: MutableMapping[str, str],
    *,
    recode: bool = False,
) -> OpenedFile:
    """Recognise a file. `spelt`: see `lay_out`.

    UsageError for one that is empty, of no known schema, or without a column that must be.
    """
    form, stamp = staging.form(path), stamp_of(path)
    encoded = recode or form == "utf-16"
    read = staging.in_utf8(path, "utf-16" if form == "utf-16" else "utf-8") if encoded else path
    schema, table = _recognised(staging, path, read, "csv" if form == "utf-16" else form, request.schema)
    layout = lay_out(schema, table.columns, str(path), request.currency, spelt)
    reading = read_as(layout, table.relation, path.name, request.currency)
    return OpenedFile(path, read, digest_of(path), stamp, layout, reading, recoded=recode)


def _recognised(staging: BillStaging, path: Path, read: Path, form: str, name: str) -> tuple[BillSchema, BillTable]:
    if form == "json":
        schema = recognise([], where=str(path), tables=False) if name == AUTO else schema_named(name)
        if schema.lines is None or schema.rows is None:
            raise UsageError(f"this is JSON, and {name} is not", where=str(path), mend="use --schema auto")
        return schema, staging.json_table(read, schema.lines, schema.rows)
    table = staging.table(read, form)
    names = [column for column, _ in table.columns]
    schema = recognise(names, where=str(path)) if name == AUTO else schema_named(name)
    lacks = missing_marks(schema, names)
    if schema.rows is not None or lacks:
        what = f"it lacks {', '.join(lacks)}" if lacks else "it is no JSON"
        raise UsageError(f"this is no {schema.name}: {what}", where=str(path), mend="use --schema auto")
    return schema, table


def stage_bill(
    staging: BillStaging, opened: OpenedFile, to: Path, request: ImportRequest, told: Callable[[float], None]
) -> StagedFile:
    """Type all rows into `to`, and compare what stands there with what the file itself says.

    IntegrityError where a difference is not that of the refused rows: nothing may be published then.
    """
    try:
        staging.write(opened.reading.rows, to, told, of=opened.path)
    except NotUtf8Error:
        spelt = {cell.own.casefold(): cell.own for cell in opened.layout.cells if cell.own}
        opened = open_bill(staging, opened.path, request, spelt, recode=True)
        staging.write(opened.reading.rows, to, told, of=opened.path)
    relation = _relation(to)
    counts = staging.rows(counts_sql(relation, checks_of(_known(opened, request))), of=to)[0]
    periods = figures_of(staging, to, opened.path)
    if stamp_of(opened.path) != opened.stamp:
        raise IntegrityError("changed while it was read", where=str(opened.path), mend="import it again")
    file = _file(opened, counts, periods, _sums(staging.rows(opened.reading.figures, of=opened.path)))
    refused = _sums(staging.rows(refused_figures_sql(relation, NO_CURRENCY), of=to))
    _compare(file, refused)
    return StagedFile(opened, to, file, periods, counts)


def figures_of(staging: BillStaging, parquet: Path, path: Path) -> dict[str, PeriodFigures]:
    """Rows and sums by billing period, as they stand in a staged file."""
    rows = staging.rows(figures_sql(_relation(parquet)), of=parquet)
    if _too_much(rows):
        sizes = staging.rows(sizes_sql(_relation(parquet)), of=parquet)
        rows = [{**row, "most": size["most"]} for row, size in zip(rows, sizes, strict=True)]
    if _too_much(rows):
        raise UsageError(
            f"the amounts are more than {MOST_ADDED:,} together, and cannot be added up exactly",
            where=str(path),
            mend="look whether BilledCost and the other costs are what they are called",
        )
    return dict(_periods(rows, path))


def _too_much(rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(row["most"] > MOST_ADDED for row in rows)


def _relation(parquet: Path) -> str:
    return f"read_parquet({literal(str(parquet))}, hive_partitioning = false)"


def _known(opened: OpenedFile, request: ImportRequest) -> Sequence[str]:
    return (*opened.layout.known, *(["BillingCurrency"] if request.currency else []))


def _periods(rows: Sequence[Mapping[str, Any]], path: Path) -> Iterator[tuple[str, PeriodFigures]]:
    names = dict.fromkeys(row["period"] for row in rows)
    if len(names) > _MOST_PERIODS or len({row["currency"] for row in rows}) > _MOST_CURRENCIES:
        raise UsageError(
            f"{len(names)} billing periods and {len({row['currency'] for row in rows})} currencies",
            where=str(path),
            mend="look whether BillingPeriodStart and BillingCurrency are what they are called",
        )
    for name in names:
        own = [row for row in rows if row["period"] == name]
        most = {str(row["currency"]): Decimal(math.ceil(row["most"] or 0)) for row in own}
        yield name, PeriodFigures(sum(row["rows"] for row in own), _sums(own), most)


def _sums(rows: Sequence[Mapping[str, Any]]) -> Sums:
    return {
        str(row["currency"]): {name: None if row[name] is None else Decimal(row[name]) for name in COSTS.values()}
        for row in rows
    }


def _file(
    opened: OpenedFile, counts: Mapping[str, int], periods: Mapping[str, PeriodFigures], file_sums: Sums
) -> BillFile:
    sums: Sums = {}
    for figures in periods.values():
        sums = added(sums, figures.sums)
    rows, accepted = counts["rows"], counts["accepted"]
    schema = opened.layout.schema.name
    return BillFile(str(opened.path), opened.sha256, schema, rows, accepted, rows - accepted, sums, file_sums)


def _compare(file: BillFile, refused: Sums) -> None:
    """What the file says, less what was refused of it, is what was staged: to the last digit."""
    left = difference(file.file_sums, added(file.sums, refused))
    wrong = {f"{currency} {name}": amount for currency, sums in left.items() for name, amount in sums.items() if amount}
    if wrong:
        told = ", ".join(f"{name} by {amount}" for name, amount in wrong.items())
        raise IntegrityError(f"its sums are not those of its rows: {told}", where=file.path)


def refused_whole(staged: StagedFile, findings: Sequence[BillFinding]) -> BillFile:
    """The file as --strict has it where it breaks a rule: none of its rows is accepted."""
    if not findings:
        return staged.file
    return replace(staged.file, rows_accepted=0, rows_refused=staged.file.rows_read, sums={})
