"""What is asked of rows once they are typed: counts first, which are cheap, and rows only where a count is not zero."""

# ruff: noqa: S608 - names in the queries are FOCUS's own, and values are quoted

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fairlead.domain.ledger import COSTS
from fairlead.meter.bills.columns import FINDINGS_COLUMN, FOCUS_COLUMNS, FocusColumn
from fairlead.meter.bills.expressions import listed, text
from fairlead.meter.bills.focus import REQUIRED
from fairlead.meter.bills.rules import LISTED
from fairlead.meter.bills.steps import quoted

__all__ = [
    "ACCEPTED",
    "Check",
    "canonical_sql",
    "checks_of",
    "counts_sql",
    "entries_sql",
    "entry_counts_sql",
    "enumerations",
    "figures_sql",
    "refused_figures_sql",
    "rows_sql",
    "sizes_sql",
    "values_sql",
]

ACCEPTED = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in REQUIRED)
"""What every row of the ledger fulfils."""

_FIRST = f"ORDER BY source_row LIMIT {LISTED}"

_ENTRIES = '[{"column":"VARCHAR","value":"VARCHAR","rule":"VARCHAR"}]'


@dataclass(frozen=True, slots=True)
class Check:
    """Rows that fulfil `condition` break `rule` in `column`; `value` is what to show of it."""

    rule: str
    column: str
    condition: str
    value: str
    refuses: bool = False


def checks_of(known: Iterable[str]) -> tuple[Check, ...]:
    """Checks of a file that says something about these columns of FOCUS."""
    columns = [FOCUS_COLUMNS[name] for name in FOCUS_COLUMNS if name in set(known)]
    return tuple(check for column in columns for check in _checks(column))


def _checks(column: FocusColumn) -> Iterator[Check]:
    name = quoted(column.name)
    shown = f"CAST({name} AS VARCHAR)"
    if column.name in REQUIRED:
        yield Check("required-missing", column.name, f"{name} IS NULL AND {_untold(column.name)}", "''", refuses=True)
    elif not column.nullable:
        missing = f'{name} IS NULL AND "BilledCost" IS NOT NULL AND {_untold(column.name)}'
        yield Check("value-missing", column.name, missing, "''")
    if column.kind == "quantity":
        plain = "\"ChargeClass\" IS DISTINCT FROM 'Correction'"
        digits = f"regexp_replace({shown}, '\\.?0+$', '')"
        yield Check("negative", column.name, f"{name} < 0 AND {plain}", digits)
    if column.name.endswith("PeriodEnd"):
        start = quoted(column.name.replace("End", "Start"))
        written = f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ')"
        yield Check("period-turned", column.name, f"{name} < {start}", written)
    if column.kind == "json":
        yield Check("json-unreadable", column.name, f"{name} IS NOT NULL AND NOT json_valid({name})", name)


def _untold(column: str) -> str:
    """Whether the row itself does not say already why the value is not there."""
    told = text(f'"column":"{column}"')
    short = " OR ".join(f"""contains({FINDINGS_COLUMN}, '"rule":"{rule}"')""" for rule in ("row-short", "row-long"))
    return f"({FINDINGS_COLUMN} IS NULL OR NOT (contains({FINDINGS_COLUMN}, {told}) OR {short}))"


def counts_sql(staged: str, checks: Iterable[Check]) -> str:
    """One row: `rows`, `accepted`, `told` (rows with findings of their own), and n0, n1, ... of the checks."""
    counts = [f"count(*) FILTER (WHERE {check.condition}) AS n{place}" for place, check in enumerate(checks)]
    always = f"count(*) AS rows, count(*) FILTER (WHERE {ACCEPTED}) AS accepted, count({FINDINGS_COLUMN}) AS told"
    return f"SELECT {', '.join([always, *counts])} FROM {staged}"


def rows_sql(staged: str, check: Check) -> str:
    """`source_row` and `value` of the first rows that break a rule."""
    return f"SELECT source_row, {check.value} AS value FROM {staged} WHERE {check.condition} {_FIRST}"


def entry_counts_sql(staged: str) -> str:
    """How often the rows tell of each rule and column."""
    told = "entry.rule AS rule, entry.column AS column, count(*) AS n"
    return f"SELECT {told} FROM ({_entries(staged)}) GROUP BY 1, 2 ORDER BY 1, 2"


def entries_sql(staged: str, rule: str, column: str) -> str:
    """`source_row` and `value` of the first rows that tell of a rule in a column."""
    only = f"entry.rule = {text(rule)} AND entry.column = {text(column)}"
    return f"SELECT source_row, entry.value AS value FROM ({_entries(staged)}) WHERE {only} {_FIRST}"


def _entries(staged: str) -> str:
    made = f"unnest(from_json({FINDINGS_COLUMN}, '{_ENTRIES}'))"
    return f"SELECT source_row, {made} AS entry FROM {staged} WHERE {FINDINGS_COLUMN} IS NOT NULL"


def enumerations(known: Iterable[str]) -> tuple[FocusColumn, ...]:
    """Columns whose values FOCUS lists."""
    there = set(known)
    return tuple(column for column in FOCUS_COLUMNS.values() if column.allowed and column.name in there)


def values_sql(staged: str, column: FocusColumn) -> str:
    """Values that FOCUS does not list, how often each stands there, and the one that is meant (NULL: none)."""
    name = quoted(column.name)
    counted = f"SELECT {name} AS value, count(*) AS n FROM {staged} WHERE {name} IS NOT NULL GROUP BY 1"
    return (
        f"SELECT value, n, {canonical_sql(column, 'value')} AS meant FROM ({counted}) "
        f"WHERE value NOT IN {listed(column.allowed)} ORDER BY n DESC, value LIMIT {LISTED}"
    )


def canonical_sql(column: FocusColumn, value: str) -> str:
    """The listed value that differs in case and spaces only; NULL where there is none."""
    folded = f"lower(trim({value}))"
    arms = " ".join(f"WHEN {text(allowed.lower())} THEN {text(allowed)}" for allowed in column.allowed)
    return f"CASE {folded} {arms} END"


def figures_sql(staged: str) -> str:
    """Per billing period and currency of the accepted rows: `rows`, the four sums as text, and `most`.

    No amount without its sign, and no sum of them, is more than `most`: beyond some, a sum turns over in silence.
    """
    ends = ", ".join(f"abs(CAST({end}({quoted(name)}) AS DOUBLE))" for name in COSTS.values() for end in ("min", "max"))
    return _by_period(staged, f"{_sums()}, count(*) * greatest({ends}) AS most")


def sizes_sql(staged: str) -> str:
    """Per billing period and currency of the accepted rows, `most`: roughly the amounts' sum without their signs."""
    sizes = ", ".join(f"coalesce(sum(abs(CAST({quoted(name)} AS DOUBLE))), 0)" for name in COSTS.values())
    return _by_period(staged, f"greatest({sizes}) AS most")


def _by_period(staged: str, told: str) -> str:
    return (
        f"SELECT strftime(start, '%Y-%m-%d') AS period, * EXCLUDE (start) FROM ("
        f'SELECT date_trunc(\'day\', "BillingPeriodStart") AS start, "BillingCurrency" AS currency, count(*) AS rows, '
        f"{told} FROM {staged} WHERE {ACCEPTED} GROUP BY 1, 2) ORDER BY 1, 2"
    )


def refused_figures_sql(staged: str, unknown: str) -> str:
    """Per currency of the refused rows, the four sums as text."""
    return (
        f'SELECT coalesce("BillingCurrency", {text(unknown)}) AS currency, count(*) AS rows, {_sums()} FROM {staged} '
        f"WHERE NOT ({ACCEPTED}) AND NOT ({_no_row()}) GROUP BY 1"
    )


def _no_row() -> str:
    return " OR ".join(
        f"""coalesce(contains({FINDINGS_COLUMN}, '"rule":"{rule}"'), FALSE)""" for rule in ("row-short", "row-long")
    )


def _sums() -> str:
    return ", ".join(f"CAST(sum({quoted(name)}) AS VARCHAR) AS {quoted(name)}" for name in COSTS.values())
