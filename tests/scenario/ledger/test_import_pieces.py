"""CSVs larger than what the engine reads at once: rows keep their numbers, whatever stands where a piece ends."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.drivers.ledger.bill_staging import staging

_ROWS = 450_000
"""Some 40 MB: the engine takes 32 at once."""


def lines(odd: str, last: str = "") -> Iterator[str]:
    """Rows of three cells with quotes in them; here and there an odd one, and a last one."""
    chance = random.Random(5)
    yield "a,b,c\n"
    for place in range(_ROWS):
        text = "y" * chance.randrange(120)
        yield f"{place},{odd},z\n" if odd and place % 997 == 7 else f'{place},"x ""q"" {text}",z\n'
    if last:
        yield last


@pytest.mark.parametrize(
    ("odd", "last"),
    [("", ""), ('"1,2,3\n4,5,6\n"', ""), ("", f'{_ROWS},"never closed, z\n')],
    ids=["plain", "rows within a cell", "open end"],
)
def test_rows_are_numbered_in_their_order(tmp_path: Path, odd: str, last: str) -> None:
    """By what stands in their first cell, which is their number; also where a cell holds lines, or is never closed."""
    path = tmp_path / "bill.csv"
    path.write_text("".join(lines(odd, last)), encoding="utf-8")
    with staging(tmp_path) as engine:
        table = engine.table(path, "csv")
        wrong = "count(*) FILTER (WHERE TRY_CAST(c0 AS BIGINT) IS DISTINCT FROM source_row - 1)"
        kept = "count(*) FILTER (WHERE c1 = " + (odd.replace('"', "'") if "\n" in odd else "'no'") + ")"
        told = f"SELECT count(*) AS rows, {wrong} AS wrong, {kept} AS kept FROM {table.relation}"  # noqa: S608 - ours
        (found,) = engine.rows(told, of=path)
    assert found["rows"] == _ROWS + bool(last)
    assert found["wrong"] == 0
    assert found["kept"] == (len(range(7, _ROWS, 997)) if odd else 0)
