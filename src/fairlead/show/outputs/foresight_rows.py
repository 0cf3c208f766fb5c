"""Foresight's rows for programs, one at a time: CSV, and JSON whose rows are followed by what was made of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TextIO

from fairlead.show.outputs.json import SCHEMA_VERSION, encode

__all__ = ["write_csv", "write_json"]

_TEXTS = frozenset({"series", "time"})

_Rest = Callable[[], Mapping[str, object]]


def write_csv(out: TextIO, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A header and a line per row. Names stand as the data have them: a program finds its own again."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def write_json(out: TextIO, columns: Sequence[str], rows: Iterable[Sequence[str]], rest: _Rest) -> None:
    """One document: `schema_version`, `rows`, and what `rest` gives once all rows are written."""
    out.write(f'{{"schema_version": {SCHEMA_VERSION}, "rows": [')
    keys = [json.dumps(column) for column in columns]
    texts = [column in _TEXTS for column in columns]
    between = "\n"
    for row in rows:
        cells = (json.dumps(cell) if text else cell or "null" for cell, text in zip(row, texts, strict=True))
        out.write(f"{between}{{{', '.join(f'{key}: {cell}' for key, cell in zip(keys, cells, strict=True))}}}")
        between = ",\n"
    tail = json.dumps(encode(rest()), ensure_ascii=True, allow_nan=False)
    out.write(f"\n], {tail[1:]}\n")
