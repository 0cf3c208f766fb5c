"""Breaches in a staged file as findings: counted for all of it, listed for the first rows of each rule and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from fairlead.domain.ledger import BillFinding
from fairlead.drivers.ledger.bill_staging import BillStaging
from fairlead.flows.ledger.bill_reading import StagedFile
from fairlead.flows.ledger.import_result import ImportRequest
from fairlead.meter.bills.checks import (
    Check,
    canonical_sql,
    checks_of,
    entries_sql,
    entry_counts_sql,
    enumerations,
    rows_sql,
    values_sql,
)
from fairlead.meter.bills.columns import FOCUS_COLUMNS, FocusColumn
from fairlead.meter.bills.currencies import CURRENCIES
from fairlead.meter.bills.expressions import listed, text
from fairlead.meter.bills.focus import REQUIRED
from fairlead.meter.bills.rules import LISTED, RULES

__all__ = ["findings_of", "misspelt"]

_CUT = 200
_NO_ROW = ("row-long", "row-short")


def findings_of(staging: BillStaging, staged: StagedFile, request: ImportRequest, today: date) -> list[BillFinding]:
    """All findings of a file, those of the file as a whole first. A day that is not over, `today`, is never missing."""
    told = [*staged.opened.layout.findings]
    if staged.counts["told"]:
        told += _told_by_rows(staging, staged)
    known = (*staged.opened.layout.known, *(["BillingCurrency"] if request.currency else []))
    for place, check in enumerate(checks_of(known)):
        if staged.counts[f"n{place}"]:
            told += _checked(staging, staged, check, staged.counts[f"n{place}"])
    for column in enumerations(known):
        told += _values(staging, staged, column)
    told += _currencies(staging, staged)
    if staged.opened.recoded:
        told += _recoded(staging, staged)
    if request.since is not None and request.until is not None:
        told += _missing_days(staging, staged, request.since, min(request.until, today))
    return told


def misspelt(findings: Sequence[BillFinding]) -> frozenset[str]:
    """Columns whose values must be set right before they are published."""
    return frozenset(finding.column for finding in findings if finding.rule == "value-case")


def _told_by_rows(staging: BillStaging, staged: StagedFile) -> Iterator[BillFinding]:
    for group in staging.rows(entry_counts_sql(staged.relation), of=staged.parquet):
        rule, column = group["rule"], group["column"]
        rows = staging.rows(entries_sql(staged.relation, rule, column), of=staged.parquet)
        refuses = rule in _NO_ROW or (column in REQUIRED and rule.endswith("-unreadable"))
        yield from _listed(staged, column, rule, rows, group["n"], refuses=refuses)


def _checked(staging: BillStaging, staged: StagedFile, check: Check, count: int) -> Iterator[BillFinding]:
    rows = staging.rows(rows_sql(staged.relation, check), of=staged.parquet)
    return _listed(staged, check.column, check.rule, rows, count, refuses=check.refuses)


def _values(staging: BillStaging, staged: StagedFile, column: FocusColumn) -> Iterator[BillFinding]:
    """Values of an enumeration that FOCUS does not list: those that are only written otherwise, and the others."""
    found = staging.rows(values_sql(staged.relation, column), of=staged.parquet)
    meant = f"{canonical_sql(column, column.name)} IS NOT NULL"
    for rule, condition, values in (
        ("value-case", meant, [row for row in found if row["meant"]]),
        ("value-unknown", f"NOT ({meant})", [row for row in found if not row["meant"]]),
    ):
        if not values:
            continue
        odd = f"{column.name} NOT IN {listed(column.allowed)} AND {condition}"
        check = Check(rule, column.name, odd, column.name)
        mend = f"one of {', '.join(column.allowed[:20])}"
        for finding in _checked(staging, staged, check, sum(row["n"] for row in values)):
            yield replace(finding, mend=mend)


def _currencies(staging: BillStaging, staged: StagedFile) -> Iterator[BillFinding]:
    wrong = [currency for currency in staged.file.sums if currency not in CURRENCIES]
    for currency in wrong[:LISTED]:
        check = Check("currency-unknown", "BillingCurrency", f"BillingCurrency = {text(currency)}", "BillingCurrency")
        (count,) = staging.rows(
            f"SELECT count(*) AS n FROM {staged.relation} WHERE {check.condition}",  # noqa: S608 - quoted
            of=staged.parquet,
        )
        yield from _checked(staging, staged, check, count["n"])


def _missing_days(staging: BillStaging, staged: StagedFile, since: date, until: date) -> Iterator[BillFinding]:
    """Days of a fetched span that no charge covers: a source that forgot a day must not look like one without cost."""
    spans = staging.rows(
        'SELECT DISTINCT CAST("ChargePeriodStart" AS DATE) AS first, '  # noqa: S608 - FOCUS's names
        'CAST("ChargePeriodEnd" - INTERVAL 1 MICROSECOND AS DATE) AS last '
        f'FROM {staged.relation} WHERE "ChargePeriodStart" < "ChargePeriodEnd"',
        of=staged.parquet,
    )
    known = {
        each["first"] + timedelta(days=day) for each in spans for day in range((each["last"] - each["first"]).days + 1)
    }
    days = (since + timedelta(days=day) for day in range((until - since).days))
    told, path = RULES["day-missing"], str(staged.opened.path)
    for day in days:
        if day not in known:
            yield BillFinding(path, 0, "ChargePeriodStart", day.isoformat(), "day-missing", told.message, told.mend)


def _recoded(staging: BillStaging, staged: StagedFile) -> Iterator[BillFinding]:
    """Where bytes were replaced, in columns of text."""
    for name in staged.opened.layout.known:
        if FOCUS_COLUMNS[name].kind != "text":
            continue
        check = Check("encoding", name, f"contains({name}, chr(65533))", name)
        (count,) = staging.rows(
            f"SELECT count(*) AS n FROM {staged.relation} WHERE {check.condition}",  # noqa: S608 - FOCUS's names
            of=staged.parquet,
        )
        if count["n"]:
            yield from _checked(staging, staged, check, count["n"])


def _listed(
    staged: StagedFile, column: str, rule: str, rows: Sequence[Mapping[str, Any]], count: int, *, refuses: bool
) -> Iterator[BillFinding]:
    """One finding per listed row; the last stands for all that are not listed."""
    told = RULES[rule]
    path = str(staged.opened.path)
    for place, row in enumerate(rows, 1):
        value = str(row["value"] or "")[:_CUT]
        of = count if place == len(rows) and count > len(rows) else 1
        yield BillFinding(path, row["source_row"], column, value, rule, told.message, told.mend, refuses, of)
