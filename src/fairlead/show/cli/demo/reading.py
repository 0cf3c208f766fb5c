"""Reads the figures of a table that a command has shown, so that the result says exactly what the reader saw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from fairlead.kernel.money import Money
from fairlead.show.outputs.figures import money_text

__all__ = ["money", "rows"]

_GAP = re.compile(r"\s{2,}")


def rows(text: str, first: str) -> list[dict[str, str]]:
    """Rows of the table whose first column is called `first`, by column; a row that goes on over lines is its first."""
    lines = text.splitlines()
    heads = [place for place, line in enumerate(lines) if _GAP.split(line.strip())[0] == first and _GAP.search(line)]
    return list(_below(lines, heads[0])) if heads else []


def _below(lines: list[str], head: int) -> Iterator[dict[str, str]]:
    titles = _GAP.split(lines[head].strip())
    for line in lines[head + 1 :]:
        if not line.strip():
            return
        cells = _GAP.split(line.strip())
        if len(cells) == len(titles):
            yield dict(zip(titles, cells, strict=True))


def money(raw: Mapping[str, str]) -> str:
    """An amount of a JSON answer, as the tables write it."""
    return money_text(Money(Decimal(raw["amount"]), raw["currency"])) or ""
