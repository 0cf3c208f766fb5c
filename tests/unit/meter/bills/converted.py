"""Bills as a schema's expressions read them, and the same sums taken without them: for the tests of mappings."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.expressions import referenced, text

__all__ = ["BILLS", "by_currency", "cells", "converted", "read", "relation"]

BILLS = Path("tests/data/bills")
Row = dict[str, str | None]


def converted(schema: BillSchema, path: Path) -> list[Row]:
    """The file's rows as FOCUS columns, in its order, every value text as the expression gives it."""
    with duckdb.connect() as connection, relation(schema, path) as source:
        connection.execute(f"CREATE TABLE file AS SELECT * FROM {source}")  # noqa: S608 - a test's
        there = {_folded(name): name for name, *_ in connection.execute("DESCRIBE file").fetchall()}
        wanted = sorted(referenced(schema.columns.values()))
        given = {name: f'"{there[_folded(name)]}"' if _folded(name) in there else "NULL::VARCHAR" for name in wanted}
        named = ", ".join(f'{cell} AS "{name}"' for name, cell in given.items())
        chosen = ", ".join(f'{expression} AS "{column}"' for column, expression in schema.columns.items())
        found = connection.execute(f"SELECT {chosen} FROM (SELECT {named} FROM file)")  # noqa: S608 - a test's
        names = [name for name, *_ in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@contextmanager
def relation(schema: BillSchema, path: Path) -> Iterator[str]:
    """SQL of the file as a table; JSON is taken apart into lines first, in pieces as small as can be."""
    if schema.lines is None or schema.rows is None:
        yield f"READ_CSV({text(str(path))}, all_varchar = true)"
        return
    with TemporaryDirectory() as folder, path.open() as file:
        lines = Path(folder) / "lines.json"
        pieces = iter(lambda: file.read(7), "")
        lines.write_text("".join(f"{line}\n" for line in schema.lines(pieces)))
        yield schema.rows(text(str(lines)))


def _folded(name: str) -> str:
    """Headings are told apart by their letters alone."""
    return "".join(sign for sign in name if sign.isalnum()).casefold()


def cells(path: Path) -> list[Mapping[str, str]]:
    """The file's rows as Python's own reader of CSV sees them."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def read(value: str | None) -> Decimal:
    """An amount; what is not known counts nothing."""
    return Decimal(value) if value is not None else Decimal(0)


def by_currency(rows: Iterable[Mapping[str, str | None]], currency: str, amount: str) -> dict[str, Decimal]:
    """Exact sums of a column."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[str(row[currency])] += read(row[amount] or None)
    return dict(sums)
