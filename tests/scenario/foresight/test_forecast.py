"""`fairlead forecast` on files: intervals that nest, columns that are documented, and an answer to whatever is odd."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenario.foresight.asking import START, STEP, ask, column, rows_of, usual, written


def test_the_csv_is_as_documented(tmp_path: Path) -> None:
    """A row per step ahead, from the step after the last one on; columns by level."""
    rows = rows_of(ask("forecast", written(tmp_path / "cpu.csv", usual(900)), "--horizon", "12", "--format", "csv"))
    assert list(rows[0]) == ["series", "time", "mean", "lo-80", "hi-80", "lo-95", "hi-95"]
    assert column(rows, "time") == [str(START + (900 + ahead) * STEP) for ahead in range(12)]
    assert set(column(rows, "series")) == {"cpu"}


@given(st.integers(0, 1000), st.integers(1, 24))
@settings(deadline=None, max_examples=5)
def test_intervals_nest(seed: int, horizon: int) -> None:
    """A wider level contains a narrower one, and all contain the mean."""
    with TemporaryDirectory() as folder:
        path = written(Path(folder) / "cpu.csv", usual(400, seed))
        asked = ask("forecast", path, "--horizon", str(horizon), "--level", "95,50,80", "--format", "csv")
    names = ("lo-95", "lo-80", "lo-50", "mean", "hi-50", "hi-80", "hi-95")
    for row in rows_of(asked):
        assert all(low <= high for low, high in pairwise(float(row[name]) for name in names))


@given(st.floats(1e-3, 1e3), st.integers(-50, 50), st.integers(0, 1000))
@settings(deadline=None, max_examples=4)
def test_a_disguised_series_gets_the_same_answer(factor: float, weeks: int, seed: int) -> None:
    """Scaled, shifted by weeks and renamed: the same numbers, scaled."""
    values = usual(700, seed)
    with TemporaryDirectory() as folder:
        plain = written(Path(folder) / "a.csv", values)
        other = written(Path(folder) / "b.csv", values * factor, first=weeks * 7 * 288, header="ds,y")
        answers = [rows_of(ask("forecast", path, "--horizon", "6", "--format", "csv")) for path in (plain, other)]
    for expected, found in zip(*answers, strict=True):
        for name in ("mean", "lo-80", "hi-95"):
            assert float(found[name]) == pytest.approx(float(expected[name]) * factor, rel=1e-3)


@pytest.mark.parametrize("values", [[5.0], [0.0] * 50, [3.0] * 50, [1e149, 0.0] * 30, [1.0, 2.0]], ids=str)
def test_degenerate_series_are_answered(tmp_path: Path, values: list[float]) -> None:
    """One point, zeros, a constant, the largest numbers: a mean for each step; an interval only where one is backed."""
    result = ask("forecast", written(tmp_path / "s.csv", values), "--horizon", "3", "--format", "csv")
    rows = rows_of(result)
    assert [bool(row["mean"]) for row in rows] == [True] * 3
    assert ("no interval is given" in result.stderr) == (not rows[0]["lo-80"])


def test_rows_out_of_order_with_gaps_are_answered_as_if_they_were_whole(tmp_path: Path) -> None:
    """Sorted, the last of equal times, a line through a gap; each is told."""
    path = tmp_path / "s.csv"
    days = [f"2026-01-{day:02},{day}" for day in range(1, 29) if day != 9]
    path.write_text("\n".join(["date,value", "2026-01-05,100", *days[14:], *days[:14], "2026-01-10,10", "never,7"]))
    result = ask("forecast", path, "--horizon", "1", "--format", "csv")
    (row,) = rows_of(result)
    assert row["time"] == "2026-01-29T00:00:00"
    assert float(row["mean"]) == pytest.approx(29, abs=1.5)
    for told in ("are earlier", "stand twice", "1 step is missing", "is unreadable", "through 1 step without a value"):
        assert told in result.stderr


def test_several_series_and_files_are_one_panel(tmp_path: Path) -> None:
    """All series of all files, by first appearance; a series without any value is told and left out."""
    both = tmp_path / "both.csv"
    lines = [f"{name},{START + place * STEP},{place % 12}" for place in range(80) for name in ("b", "a")]
    both.write_text("\n".join(["unique_id,ds,y", *lines, f"none,{START},"]))
    alone = written(tmp_path / "alone.csv", usual(100))
    result = ask("forecast", both, alone, "--horizon", "2", "--format", "csv")
    assert column(rows_of(result), "series") == ["b", "b", "a", "a", "alone", "alone"]
    assert "none: no row has both a time and a value" in result.stderr


def test_json_says_which_forecaster_and_why(tmp_path: Path) -> None:
    """Beside the rows: the forecaster, its backtest error beside the yardsticks, the notes and the sentence."""
    path = written(tmp_path / "cpu.csv", usual(1200))
    told = json.loads(ask("forecast", path, "--horizon", "24", "--season", "288", "--format", "json").stdout)
    (series,) = told["series"]
    assert (told["schema_version"], told["horizon"], told["levels"], len(told["rows"])) == (1, 24, [80, 95], 24)
    assert (series["series"], series["seasons"], told["notes"]) == ("cpu", [288], [])
    errors = series["backtest_errors"]
    assert {"last-value", "seasonal-naive", series["forecaster"]} <= set(errors)
    assert errors[series["forecaster"]] <= errors["last-value"]
    assert told["summary"].startswith(f"cpu is forecast by {series['forecaster']}")


def test_people_read_a_table_and_a_sentence(tmp_path: Path) -> None:
    """It fits 80 columns and ends with the choice, its error against the yardsticks, and what the interval means."""
    result = ask("forecast", written(tmp_path / "cpu.csv", usual(900)), "--horizon", "3")
    said = " ".join(result.stdout.split())
    assert "Forecast of cpu time mean lo-80 hi-80 lo-95 hi-95" in said
    assert re.search(r"off by [0-9.]+ usual steps on average, the last (value|season) by [0-9.]+", said)
    assert "Of 100 values to come about 80 will lie between lo-80 and hi-80." in said
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_long_answer_is_cut_for_people_only(tmp_path: Path) -> None:
    """The table stops where nobody reads on, and says where the rest is."""
    path = written(tmp_path / "cpu.csv", usual(900))
    assert "50 more rows with --format csv." in ask("forecast", path, "--horizon", "250").stdout
    assert len(rows_of(ask("forecast", path, "--horizon", "250", "--format", "csv"))) == 250


def test_the_chart_is_a_fan_in_80_columns(tmp_path: Path) -> None:
    """History, mean and both intervals, and the first and the last time below."""
    path = written(tmp_path / "cpu.csv", usual(900))
    lines = ask("forecast", path, "--horizon", "48", "--format", "chart").stdout.splitlines()
    assert max(map(len, lines[:15])) <= 80
    picture = "".join(lines[1:13])
    assert "▒" in picture
    assert any(0x2800 < ord(character) < 0x2900 for character in picture)
    assert lines[13].split() == [str(START + (900 - 144) * STEP), str(START + (900 + 47) * STEP)]
    assert "95 %" in lines[14]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--horizon", "0"),
        ("--horizon", "10001"),
        ("--horizon", "soon"),
        ("--horizon", "3", "--level", "0"),
        ("--horizon", "3", "--level", "80,100"),
        ("--horizon", "3", "--level", "high"),
        ("--horizon", "3", "--season", "1"),
        ("--horizon", "3", "--season", "weekly"),
        ("--horizon", "3", "--value-col", "cost"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    """It ends with 2, and stdout stays empty."""
    result = ask("forecast", written(tmp_path / "cpu.csv", usual(50)), *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


def test_bills_of_a_month_go_on_by_months(tmp_path: Path) -> None:
    """The first of each month, a year ahead."""
    path = tmp_path / "spend.csv"
    months = [f"{2023 + place // 12}-{place % 12 + 1:02}-01,{100 + place}" for place in range(36)]
    path.write_text("\n".join(["date,value", *months]))
    rows = rows_of(ask("forecast", path, "--horizon", "3", "--format", "csv"))
    assert column(rows, "time") == ["2026-01-01T00:00:00", "2026-02-01T00:00:00", "2026-03-01T00:00:00"]


def test_a_known_future_is_counted_in(tmp_path: Path) -> None:
    """A price that moved the series before, and is planned to fall again, moves the forecast by as much."""
    prices = [10.0 if place // 40 % 2 else 5.0 for place in range(400)]
    path = written(tmp_path / "s.csv", [100 + 4 * price + place % 3 for place, price in enumerate(prices)])
    changes = [f"{START + place * STEP},{10 if place // 40 % 2 else 5}" for place in range(0, 400, 40)]
    future = tmp_path / "future.csv"
    future.write_text("\n".join(["time,price", *changes, f"{START + 405 * STEP},5"]))
    known = rows_of(ask("forecast", path, "--horizon", "10", "--future", future, "--format", "csv"))
    means = [float(mean) for mean in column(known, "mean")]
    assert means == pytest.approx([141] * 5 + [121] * 5, abs=8)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("time\n0\n", "0 columns beside time"),
        ("time,price\n0,much\n", "no value can be read"),
        ("time,price\nsoon,5\n", "no time can be read"),
        ("series,time,price\na,0,5\nb,0,5\n", "price is not given for the series s"),
    ],
)
def test_a_future_that_says_nothing_is_refused(tmp_path: Path, content: str, what: str) -> None:
    """It would else be left out in silence."""
    future = tmp_path / "future.csv"
    future.write_text(content)
    result = ask("forecast", written(tmp_path / "s.csv", usual(100)), "--horizon", "2", "--future", future)
    assert (result.exit_code, result.stdout) == (2, "")
    assert what in result.stderr
