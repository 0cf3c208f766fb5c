"""How each column of FOCUS is read from a file's own: through text, or as it is typed already in a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.meter.bills import cells as sql
from fairlead.meter.bills.columns import FOCUS_COLUMNS, FocusColumn
from fairlead.meter.bills.expressions import text
from fairlead.meter.bills.layout import Cell, Layout

__all__ = ["Step", "as_text", "quoted", "steps_of"]

_PAIR = ("key ", "value ")


@dataclass(frozen=True, slots=True)
class Step:
    """One column of FOCUS on its way. `raw` is SQL over the file's columns; `typed` says that it is text no longer.

    `plain` and `lenient` read the column of `raw`, under its own name; lenient is '' where plain cannot fail. `good`
    asks of what plain gave, under the name `read`, for more than that it is not NULL ('': for no more).
    """

    column: FocusColumn
    raw: str
    typed: bool
    plain: str
    lenient: str = ""
    good: str = ""

    @property
    def name(self) -> str:
        """The column's name in quotes."""
        return quoted(self.column.name)

    @property
    def read(self) -> str:
        """Name of what `plain` gives."""
        return quoted(f"{self.column.name}#")

    @property
    def is_good(self) -> str:
        """Whether `plain` could read the cell."""
        return quoted(f"{self.column.name}?") if self.good else f"{self.read} IS NOT NULL"


def steps_of(layout: Layout, currency: str) -> Iterator[Step]:
    """A step for each column that the file says something about; `currency` for all rows, where it names none."""
    for name, column in FOCUS_COLUMNS.items():
        if name in layout.known:
            yield _step(layout, column)
        elif name == "BillingCurrency" and currency:
            yield Step(column, text(currency), typed=False, plain=quoted(name))


def _step(layout: Layout, column: FocusColumn) -> Step:
    name = quoted(column.name)
    made = layout.schema.columns.get(column.name, "")
    if column.kind == "tags" and (layout.tag_cells or layout.schema.tags):
        return Step(column, _tags(layout), typed=True, plain=name)
    cell = layout.cell(column.name) if made == name else None
    if cell is not None and not cell.is_text:
        ready = _ready(column.kind, name, cell)
        if ready:
            fails = column.kind in {"cost", "quantity"}
            lenient = _lenient(column.kind, as_text(name, cell.type)) if fails else ""
            return Step(column, made, typed=True, plain=ready, lenient=lenient)
        return _through_text(column, as_text(name, cell.type))
    return _through_text(column, made)


def _tags(layout: Layout) -> str:
    """Tags that are no JSON in `Tags`: one column each, or as the schema has them."""
    if not layout.tag_cells:
        return layout.schema.tags
    pairs = ", ".join(
        f"{{'key': {text(cell.tag)}, 'value': {sql.known(quoted(cell.name))}}}" for cell in layout.tag_cells
    )
    return f"map_from_entries(list_filter([{pairs}], lambda pair: pair.value IS NOT NULL))"


def _through_text(column: FocusColumn, made: str) -> Step:
    name = quoted(column.name)
    plain = {
        "cost": sql.amount_plain(name, sql.COST_DIGITS),
        "quantity": sql.amount_plain(name, sql.QUANTITY_DIGITS),
        "moment": sql.moment_plain(name),
        "tags": sql.tags_plain(name),
    }.get(column.kind, name)
    good = sql.tags_once(quoted(f"{column.name}#")) if column.kind == "tags" else ""
    return Step(column, made, typed=False, plain=plain, lenient=_lenient(column.kind, name), good=good)


def _lenient(kind: str, cell: str) -> str:
    if kind == "quantity":
        return f"coalesce({sql.amount_lenient(cell, sql.QUANTITY_DIGITS)}, {sql.quantity_rounded(cell)})"
    return {
        "cost": sql.amount_lenient(cell, sql.COST_DIGITS),
        "moment": sql.moment_lenient(cell),
        "tags": sql.tags_lenient(cell),
    }.get(kind, "")


def _ready(kind: str, name: str, cell: Cell) -> str:
    """SQL that takes a column of another type than text as it is; '' where it must go through text."""
    found = cell.type
    if kind in {"cost", "quantity"}:
        digits = sql.COST_DIGITS if kind == "cost" else sql.QUANTITY_DIGITS
        if found == "DOUBLE":
            return sql.amount_of_double(name, digits)
        whole = found.endswith(("INT", "INTEGER"))
        return f"TRY_CAST({name} AS {sql.SQL_TYPES[kind]})" if whole or _fits(found, digits) else ""
    if kind == "moment" and (found.startswith("TIMESTAMP") or found == "DATE"):
        return name if found.endswith("TIME ZONE") else f"make_timestamptz(epoch_us({name}))"
    if kind == "tags" and found == sql.SQL_TYPES["tags"]:
        return name
    pairs = (
        found.startswith("STRUCT(")
        and found.endswith(")[]")
        and all(part in found.replace('"', "").lower() for part in _PAIR)
    )
    return sql.tags_of_pairs(name) if kind == "tags" and pairs else ""


def _fits(found: str, digits: int) -> bool:
    return found.startswith("DECIMAL(") and int(found[:-1].rpartition(",")[2]) <= digits


def as_text(cell: str, found: str) -> str:
    """A column of any type as text; a nested one as JSON."""
    nested = found.endswith("]") or found.startswith(("STRUCT", "MAP"))
    return f"CAST(to_json({cell}) AS VARCHAR)" if nested else f"CAST({cell} AS VARCHAR)"


def quoted(name: str) -> str:
    """A column's name in SQL; names of schemas hold no quotes."""
    return f'"{name}"'
