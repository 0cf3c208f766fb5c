"""A late change of a closed bill: what is booked and what is added sum to what the later statement says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fairlead.drivers.ledger.adjustment import write_adjustment

_TYPES = "BilledCost DECIMAL(38,24), ServiceName VARCHAR, Tags MAP(VARCHAR, VARCHAR), ChargeClass VARCHAR"
_PLACE = "source_file VARCHAR, source_row BIGINT"

_Row = tuple[int, str | None, dict[str, str]]

_rows: SearchStrategy[list[_Row]] = st.lists(
    st.tuples(
        st.integers(-3, 3), st.sampled_from(["a", "b", None]), st.dictionaries(st.just("k"), st.sampled_from("xy"))
    ),
    max_size=6,
)


def _write(path: Path, rows: list[_Row], more: str = "") -> str:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({_TYPES}, {_PLACE}{more})")
        for number, (cost, service, tags) in enumerate(rows, 1):
            values = [Decimal(cost), service, tags, path.name, number]
            connection.execute(
                "INSERT INTO t (BilledCost, ServiceName, Tags, source_file, source_row) VALUES (?, ?, ?, ?, ?)", values
            )
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return str(path)


def _read(*paths: str) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        relation = connection.execute("SELECT * FROM read_parquet(?, union_by_name = true)", [list(paths)])
        names = [column[0] for column in relation.description or ()]
        return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]


def _sums(rows: list[dict[str, Any]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows:
        key = f"{row['ServiceName']}/{row['Tags']}"
        found[key] = found.get(key, Decimal(0)) + row["BilledCost"]
    return {key: amount for key, amount in found.items() if amount}


@settings(deadline=None, max_examples=40)
@given(before=_rows, after=_rows)
def test_booked_and_adjustment_are_what_was_restated(
    tmp_path_factory: Any,  # noqa: ANN401 - pytest's factory
    before: list[_Row],
    after: list[_Row],
) -> None:
    """In every group, for any two statements; and no row that both have is in the adjustment."""
    folder = tmp_path_factory.mktemp("adjustment")
    booked, restated = _write(folder / "b.parquet", before), _write(folder / "r.parquet", after)
    out = folder / "out.parquet"
    count = write_adjustment([booked], [restated], out, folder / "spill")
    adjustment = _read(str(out))
    assert _sums(_read(booked) + adjustment) == _sums(_read(restated))
    assert count == len(adjustment) <= len(before) + len(after)
    assert {row["ChargeClass"] for row in adjustment} <= {"Correction"}
    if sorted(map(str, before)) == sorted(map(str, after)):
        assert not adjustment


def test_a_column_that_is_empty_in_one_statement_and_missing_in_the_other_changes_nothing(tmp_path: Path) -> None:
    """What is not said is not said, with a column for it or without."""
    booked = _write(tmp_path / "b.parquet", [(2, "a", {})])
    restated = _write(tmp_path / "r.parquet", [(2, "a", {})], more=", x_Note VARCHAR")
    assert write_adjustment([booked], [restated], tmp_path / "out.parquet", tmp_path / "spill") == 0


def test_a_reversal_keeps_where_the_row_stood(tmp_path: Path) -> None:
    """A reversed row leads to the file and row that it takes back."""
    booked = _write(tmp_path / "first.parquet", [(1, "a", {}), (2, "b", {"k": "x"})])
    restated = _write(tmp_path / "second.parquet", [(1, "a", {}), (3, "b", {"k": "x"})])
    write_adjustment([booked], [restated], tmp_path / "out.parquet", tmp_path / "spill")
    found = {(row["source_file"], row["source_row"], row["BilledCost"]) for row in _read(str(tmp_path / "out.parquet"))}
    assert found == {("first.parquet", 2, Decimal(-2)), ("second.parquet", 2, Decimal(3))}


def test_a_bill_of_a_closed_month_that_nobody_had_is_added_whole(tmp_path: Path) -> None:
    """A source whose first bill comes after the closing."""
    restated = _write(tmp_path / "r.parquet", [(2, "a", {}), (3, "b", {})])
    assert write_adjustment([], [restated], tmp_path / "out.parquet", tmp_path / "spill") == 2
    assert _sums(_read(str(tmp_path / "out.parquet"))) == _sums(_read(restated))
