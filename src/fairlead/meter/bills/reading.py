"""The one query that turns a file into typed rows of FOCUS, and the one that adds up the file's own figures.

Rows are typed in one pass, whatever the file's size. What could not be read as FOCUS has it stands, as the file had it,
in the row's own `row_findings`; a row that must be refused has NULL in one of the columns that may not have it.
"""

# ruff: noqa: S608 - names in the queries are quoted, and values are none of a user's

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fairlead.domain.ledger import COSTS
from fairlead.meter.bills import cells as sql
from fairlead.meter.bills.columns import FINDINGS_COLUMN, FOCUS_COLUMNS
from fairlead.meter.bills.expressions import referenced, text
from fairlead.meter.bills.layout import Layout
from fairlead.meter.bills.steps import Step, as_text, quoted, steps_of

__all__ = ["NO_CURRENCY", "Reading", "read_as"]

NO_CURRENCY = "unknown"
"""Stands for the currency of rows whose currency cannot be read, in the sums of a file."""

_CURRENCY = '"BillingCurrency"'
_EMPTY = "''"

_KEPT = 10_000
"""Characters of a value that a row's findings keep."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Two queries. `rows`: all rows, in the columns of `bills`. `figures`: per currency the rows and four sums."""

    rows: str
    figures: str


def read_as(layout: Layout, relation: str, source_file: str, currency: str = "") -> Reading:
    """The queries for a file.

    `relation` has its columns as c0, c1, ..., beside `source_row`, and `shape`: why a line is no row (NULL: it is one).
    """
    steps = list(steps_of(layout, currency))
    named = f"SELECT {', '.join(_named(layout, steps))}, source_row, shape FROM {relation}"
    return Reading(_rows(layout, steps, named, source_file), _figures(steps, named))


def _named(layout: Layout, steps: Sequence[Step]) -> Iterator[str]:
    """The file's columns under their names, as text but where a step takes them as they are; NULL where it has none."""
    wanted = referenced(step.raw for step in steps)
    identity = {step.column.name for step in steps if layout.schema.columns.get(step.column.name) == step.name}
    for cell in layout.cells:
        place = f"c{cell.place}"
        kept = cell.is_text or (cell.name in identity and not cell.own)
        yield f"{place if kept else as_text(place, cell.type)} AS {quoted(cell.name)}"
    for name in sorted(wanted - {cell.name for cell in layout.cells}):
        yield f"CAST(NULL AS VARCHAR) AS {quoted(name)}"


def _rows(layout: Layout, steps: Sequence[Step], named: str, source_file: str) -> str:
    own = [cell for cell in layout.cells if cell.own]
    raw = [*(f"{step.raw} AS {step.name}" for step in steps), *(f"{quoted(c.name)} AS {quoted(c.own)}" for c in own)]
    told = [*(_told(step.name, typed=step.typed) for step in steps), *(_told(quoted(c.own)) for c in own)]
    read = [f"{step.plain} AS {step.read}" for step in steps if step.lenient]
    good = [f"coalesce({step.good}, FALSE) AS {step.is_good}" for step in steps if step.good]
    by_name = {step.column.name: step for step in steps}
    out = [_out(name, by_name.get(name)) for name in FOCUS_COLUMNS]
    return (
        f"SELECT {', '.join([*out, *(quoted(c.own) for c in own)])}, {text(source_file)} AS source_file, "
        f"source_row, {_findings(steps)} AS {FINDINGS_COLUMN} FROM ("
        f"SELECT {', '.join(['*', *good])} FROM (SELECT {', '.join(['*', *read])} FROM ("
        f"SELECT {', '.join(told)}, source_row, shape FROM ("
        f"SELECT {', '.join(raw)}, source_row, shape FROM ({named})))))"
    )


def _told(name: str, *, typed: bool = False) -> str:
    if name == _CURRENCY:  # whose code says the same with spaces around it
        return f"{sql.known(f'trim({name})')} AS {name}"
    return name if typed else f"{sql.known(name)} AS {name}"


def _out(name: str, step: Step | None) -> str:
    kind = FOCUS_COLUMNS[name].kind
    if step is None:
        return f"CAST(NULL AS {sql.SQL_TYPES[kind]}) AS {quoted(name)}"
    if not step.lenient:
        return f"{step.plain} AS {step.name}"
    value = f"CASE WHEN {step.is_good} OR {step.name} IS NULL THEN {step.read} ELSE {step.lenient} END"
    if name == "BilledCost":  # of a line that is no row, nothing is known to stand in its place
        value = f"CASE WHEN shape IS NULL THEN {value} END"
    return f"{value} AS {step.name}"


def _findings(steps: Sequence[Step]) -> str:
    """A list of column, value and rule as JSON, of the cells that are no plain FOCUS; NULL for nearly every row."""
    conditions, entries = [], []
    for step in steps:
        if step.lenient:
            failed = f"(NOT ({step.is_good}) AND {step.name} IS NOT NULL)"
            value = f"left(CAST({step.name} AS VARCHAR), {_KEPT})"
            kind = step.column.kind
            rule = f"CASE WHEN {step.lenient} IS NULL THEN '{kind}-unreadable' ELSE '{kind}-form' END"
            conditions.append(failed)
            entries.append(f"CASE WHEN {failed} THEN {_entry(step.column.name, value, rule)} END")
    # A lambda over a list would be worked out for every row: a text of objects is so for those that fail.
    told = f"'[' || concat_ws(',', {', '.join(entries)}) || ']'"
    no_row = f"'[' || {_entry('', _EMPTY, 'shape')} || ']'"
    return f"CASE WHEN shape IS NOT NULL THEN {no_row} WHEN {' OR '.join(conditions)} THEN {told} END"


def _entry(column: str, value: str, rule: str) -> str:
    return f"CAST(to_json({{'column': {text(column)}, 'value': {value}, 'rule': {rule}}}) AS VARCHAR)"


def _figures(steps: Sequence[Step], named: str) -> str:
    """What the file itself says, read apart from its rows: nothing of it goes through what is written."""
    by_name = {step.column.name: step for step in steps}
    wanted = [by_name[name] for name in ("BillingCurrency", *COSTS.values()) if name in by_name]
    raw = ", ".join(f"{step.raw} AS {step.name}" for step in wanted)
    told = ", ".join(_told(step.name, typed=step.typed) for step in wanted)
    read = ", ".join(["*", *(f"{step.plain} AS {step.read}" for step in wanted if step.lenient)])
    sums = ", ".join(_sum(name, by_name.get(name)) for name in COSTS.values())
    return (
        f'SELECT coalesce("BillingCurrency", {text(NO_CURRENCY)}) AS currency, count(*) AS rows, {sums} FROM ('
        f"SELECT {read} FROM (SELECT {told}, shape FROM (SELECT {raw}, shape FROM ({named})))) "
        f"WHERE shape IS NULL GROUP BY 1 ORDER BY 1"
    )


def _sum(name: str, step: Step | None) -> str:
    if step is None:
        return f"CAST(NULL AS VARCHAR) AS {quoted(name)}"
    read = step.plain
    if step.lenient:
        read = f"CASE WHEN {step.read} IS NULL AND {step.name} IS NOT NULL THEN {step.lenient} ELSE {step.read} END"
    return f"CAST(sum({read}) AS VARCHAR) AS {quoted(name)}"
