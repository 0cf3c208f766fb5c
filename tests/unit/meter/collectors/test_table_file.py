"""The schema of usage files: which columns are read how, and what refuses a row, tried on the real engine."""

# ruff: noqa: S608 - queries over the test's own files

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from fairlead.domain.ledger_tables import ROW_COLUMNS, USAGE_COLUMNS
from fairlead.domain.measures import MEASURES
from fairlead.meter.collectors.base import UsageRow
from fairlead.meter.collectors.table_file import judged, mistakes, refusals, shape_of

GOOD = {
    "window_start": "2026-11-01T00:00:00Z",
    "window_end": "2026-11-01T00:05:00Z",
    "measure": "gpu_seconds",
    "quantity": "1.5",
}


def read(rows: Sequence[Mapping[str, str | None]], *, doubles: bool = False) -> list[dict[str, Any]]:
    """What becomes of lines of a file, `rule` being the reason's name or ''."""
    names = list(rows[0])
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    columns = ", ".join(f'"{name}" VARCHAR' for name in names)
    engine.execute(f"CREATE TABLE lines ({columns}, source_row BIGINT)")
    for number, row in enumerate(rows, 1):
        engine.execute(f"INSERT INTO lines VALUES ({'?, ' * len(names)}{number})", list(row.values()))
    reasons = refusals(doubles=doubles)
    question = judged(shape_of(names), "lines", reasons)
    found = engine.execute(
        f"SELECT epoch_us(window_start) AS starts, epoch_us(window_end) AS ends, "
        f"* EXCLUDE (window_start, window_end) FROM ({question})"
    )
    heads = [each[0] for each in found.description]
    answers = [dict(zip(heads, row, strict=True)) for row in found.fetchall()]
    return [{**each, "rule": "" if each["refused"] is None else reasons[each["refused"]].rule} for each in answers]


def rule(**changed: str | None) -> str:
    """The rule that refuses a good row with these cells changed; '' where none does."""
    return str(read([{**GOOD, **changed}])[0]["rule"])


def test_rows_have_the_ledgers_columns() -> None:
    """A usage row and the table `usage` have the same fields, so that nothing is lost between them."""
    assert set(UsageRow.__dataclass_fields__) == set(USAGE_COLUMNS)
    assert set(ROW_COLUMNS) < set(USAGE_COLUMNS)


def test_long_row() -> None:
    """A row of measure and quantity is taken exactly; what the file does not say is '', the role `used`."""
    (row,) = read([{**GOOD, "Model": " fraud ", "zone": "eu", "empty": ""}])
    assert row["rule"] == ""
    assert (row["measure"], row["quantity"], row["role"]) == ("gpu_seconds", Decimal("1.5"), "used")
    assert (row["model"], row["team"], row["labels"]) == ("fraud", "", {"zone": "eu"})
    assert row["ends"] - row["starts"] == 300_000_000


def test_wide_row() -> None:
    """A column per measure gives a row per cell that is filled, and none for an empty one."""
    times = {name: GOOD[name] for name in ("window_start", "window_end")}
    rows = read([{**times, "gpu_seconds": "3", "requests": "5", "cpu_seconds": ""}])
    assert {row["measure"]: row["quantity"] for row in rows} == {"gpu_seconds": Decimal(3), "requests": Decimal(5)}
    assert {row["source_row"] for row in rows} == {1}


def test_wide_row_without_any_measure_is_refused() -> None:
    """A wide row that measures nothing is told, not passed over."""
    times = {name: GOOD[name] for name in ("window_start", "window_end")}
    assert [row["rule"] for row in read([{**times, "gpu_seconds": "", "requests": None}])] == ["usage/measure"]


@pytest.mark.parametrize("moment", ["2026-11-01", "2026-11-01 00:00:00", "2026-11-01T02:00:00+02:00"])
def test_moments_are_utc_where_no_zone_is_named(moment: str) -> None:
    """A moment without a zone is UTC; one with a zone is that moment."""
    (row,) = read([{**GOOD, "window_start": moment}])
    assert row["starts"] == 1_793_491_200_000_000


@pytest.mark.parametrize("quantity", ["0", "0.000000001", "1.50000000000", "15E-8", "1e3", "+2", ".5", "0e-30"])
def test_exact_quantities_are_taken(quantity: str) -> None:
    """What has at most 9 digits behind the point is taken as it stands, zeros at the end not counted."""
    (row,) = read([{**GOOD, "quantity": quantity}])
    assert (row["rule"], row["quantity"]) == ("", Decimal(quantity))


@pytest.mark.parametrize("quantity", ["0.0000000001", "1e-10", "15e-10", "1.2345678901"])
def test_digits_are_never_lost(quantity: str) -> None:
    """A quantity that would be rounded is refused; a column of floats is rounded, which is said for the file."""
    assert rule(quantity=quantity) == "usage/digits"
    assert read([{**GOOD, "quantity": quantity}], doubles=True)[0]["rule"] == ""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"window_start": "yesterday"}, "usage/moment"),
        ({"window_end": "infinity"}, "usage/moment"),
        ({"window_end": None}, "usage/moment"),
        ({"window_end": "2026-11-01T00:00:00Z"}, "usage/window"),
        ({"window_end": "2026-12-02T00:00:01Z"}, "usage/window"),
        ({"measure": "gpu_hours"}, "usage/measure"),
        ({"measure": ""}, "usage/measure"),
        ({"role": "wasted"}, "usage/role"),
        ({"role": "capacity", "team": "search"}, "usage/capacity"),
        ({"quantity": "-1"}, "usage/quantity"),
        ({"quantity": "NaN"}, "usage/quantity"),
        ({"quantity": "1_000"}, "usage/quantity"),
        ({"quantity": "1,5"}, "usage/quantity"),
        ({"quantity": "123456789012345678901234567890"}, "usage/quantity"),
        ({"quantity": None}, "usage/quantity"),
        ({"labels": "[1]"}, "usage/labels"),
        ({"labels": '{"a": "1", "a": "2"}'}, "usage/labels"),
    ],
)
def test_refused(changed: dict[str, str | None], expected: str) -> None:
    """Each thing that makes a row unusable is refused under a name of its own."""
    assert rule(**changed) == expected


def test_labels_and_unknown_columns_are_one_map() -> None:
    """Unknown columns stand among the labels, before an object's label of the same name, in one order."""
    (row,) = read([{**GOOD, "zone": "eu", "labels": '{"zone": "us", "app": "x", "none": null}'}])
    assert row["labels"] == {"app": "x", "zone": "eu"}
    assert list(row["labels"]) == ["app", "zone"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["window_start", "window_end", "measure", "quantity"], ""),
        (["window_start", "window_end", *MEASURES], ""),
        (["window_start", "measure", "quantity"], "no column window_end"),
        (["window_start", "window_end", "measure"], "no column quantity"),
        (["window_start", "window_end", "measure", "quantity", "requests"], "columns requests"),
        (["window_start", "window_end", "model"], "neither"),
        (["window_start", "window_end", "Window_End", "requests"], "two columns are named window_end"),
    ],
)
def test_mistakes_of_a_whole_table(columns: list[str], expected: str) -> None:
    """A table that cannot be usage is told so by its columns alone, before a row is read."""
    told = " ".join(mistakes(columns))
    assert expected in told
    assert bool(expected) == bool(told)
