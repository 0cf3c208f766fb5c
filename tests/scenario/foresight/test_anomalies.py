"""`fairlead anomalies` on files: one row for each row, whatever they hold; a stream that can be stopped and resumed."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.scenario.foresight.asking import START, STEP, ask, column, rows_of, usual, written

ODD = """\
id,time,y
b,1700000600,1
a,1700000000,2

b,1700000000,inf
a,soon,4
b,1700000300,nan
"c, ""quoted"" d",1700000300,7
a,1700000000,-inf
b,1700000600,x
a,1700000300
"""


def spiked(rows: int = 2600, at: int = 2300) -> NDArray[np.float64]:
    """Usual days with a spike after the detector has learnt."""
    values = usual(rows)
    values[at : at + 3] += 150
    return values


def test_odd_rows_are_answered_in_their_order(tmp_path: Path) -> None:
    """Every row of the input has a row in the output, whatever it holds; no score is empty; all oddities are told."""
    path = tmp_path / "odd.csv"
    path.write_text(ODD)
    result = ask("anomalies", path, "--format", "csv")
    rows = rows_of(result)
    assert list(rows[0]) == ["series", "time", "value", "score", "expected", "low", "high", "alarm"]
    assert column(rows, "series") == ["b", "a", "b", "a", "b", 'c, "quoted" d', "a", "b", "a"]
    assert column(rows, "value") == ["1", "2", "", "4", "", "7", "", "", ""]
    assert column(rows, "time")[:4] == ["1700000600", "1700000000", "1700000000", ""]
    assert all(0 <= float(row["score"]) <= 1 and row["alarm"] in "01" for row in rows)
    for told in ("unreadable", "earlier", "stands twice", "infinite", "missing", "no numbers", "one point"):
        assert told in result.stderr


@pytest.mark.parametrize("values", [[5.0], [3.0] * 400, [0.0] * 400, [1e149, -1e149] * 200, [1e-300] * 300], ids=str)
def test_degenerate_series_are_answered(tmp_path: Path, values: list[float]) -> None:
    """One point, constants, zeros, the largest and the smallest numbers: a score for each row, and no alarm."""
    rows = rows_of(ask("anomalies", written(tmp_path / "s.csv", values), "--format", "csv"))
    assert len(rows) == len(values)
    assert all(0 <= float(row["score"]) <= 1 for row in rows)
    assert set(column(rows, "alarm")) == {"0"}


def test_json_holds_the_rows_of_the_csv_and_the_sentence(tmp_path: Path) -> None:
    """The same rows as numbers, the notes, the number of alarms, and what a person is told."""
    path = written(tmp_path / "cpu.csv", spiked())
    told = json.loads(ask("anomalies", path, "--format", "json").stdout)
    rows = rows_of(ask("anomalies", path, "--format", "csv"))
    assert told["schema_version"] == 1
    assert [[str(row["time"]), row["alarm"]] for row in told["rows"]] == [[r["time"], int(r["alarm"])] for r in rows]
    assert [row["score"] for row in told["rows"]] == [float(row["score"]) for row in rows]
    assert (told["alarms"], told["notes"]) == (sum(map(int, column(rows, "alarm"))), [])
    assert told["summary"].startswith(f"{told['alarms']} alarm")


def test_people_read_the_alarms_and_a_sentence(tmp_path: Path) -> None:
    """The table has the alarms alone, fits 80 columns, and ends with how strong the strongest was."""
    result = ask("anomalies", written(tmp_path / "cpu.csv", spiked()))
    lines = result.stdout.splitlines()
    assert lines[0] == "Alarms"
    assert str(START + 2300 * STEP) in lines[2]
    assert "in 2,600 rows" in result.stdout
    assert "what was expected." in " ".join(result.stdout.split())
    assert max(map(len, lines)) <= 80


def test_a_short_history_says_that_it_only_teaches(tmp_path: Path) -> None:
    """Nobody waits for alarms that cannot come."""
    assert "only teach" in " ".join(ask("anomalies", written(tmp_path / "s.csv", usual(300))).stdout.split())


def test_an_alarm_fails_only_where_it_is_asked_to(tmp_path: Path) -> None:
    """0 is answered, 1 is an alarm with --fail-on-alarm, 2 is wrong use."""
    path = written(tmp_path / "cpu.csv", spiked())
    quiet = written(tmp_path / "quiet.csv", usual(50))
    assert ask("anomalies", path).exit_code == 0
    assert ask("anomalies", path, "--fail-on-alarm").exit_code == 1
    assert ask("anomalies", quiet, "--fail-on-alarm").exit_code == 0
    assert ask("anomalies", path, "--least-stake", "1000", "--fail-on-alarm").exit_code == 0
    assert ask("anomalies", path, "--alarms-per-month", "0", "--fail-on-alarm").exit_code == 0
    assert ask("anomalies").exit_code == 2


@given(st.integers(1, 899), st.integers(0, 1000))
@settings(deadline=None, max_examples=5)
def test_resuming_equals_going_on(cut: int, seed: int) -> None:
    """A file judged in two runs with --memory, under two names, gets the rows of one run: the first half alone, too."""
    values = usual(900, seed)
    values[500:520] += 70
    values[300:305] = np.nan
    with TemporaryDirectory() as folder:
        here = Path(folder)
        state = here / "state.json"
        whole = ask("anomalies", written(here / "whole.csv", values), "--format", "csv")
        first = ask("anomalies", written(here / "first.csv", values[:cut]), "--memory", state, "--format", "csv")
        second = written(here / "second.csv", values[cut:], first=cut)
        then = ask("anomalies", second, "--memory", state, "--format", "csv")
    parts = [*rows_of(first), *rows_of(then)]
    assert [{**row, "series": "whole"} for row in parts] == rows_of(whole)


def test_two_files_of_one_series_go_on_from_one_to_the_next(tmp_path: Path) -> None:
    """Parts that name their series are one series, and it is told."""
    values = usual(600)
    names = [f"{START + place * STEP},{value!r},cpu" for place, value in enumerate(values.tolist())]
    for name, lines in (("all", names), ("a", names[:400]), ("b", names[400:])):
        (tmp_path / f"{name}.csv").write_text("\n".join(["time,value,series", *lines]))
    both = ask("anomalies", tmp_path / "a.csv", tmp_path / "b.csv", "--format", "csv")
    assert rows_of(both) == rows_of(ask("anomalies", tmp_path / "all.csv", "--format", "csv"))
    assert "cpu: the series stands in 2 files" in both.stderr


def test_rows_that_were_judged_before_are_told(tmp_path: Path) -> None:
    """A file that is given twice would teach twice."""
    path, state = written(tmp_path / "cpu.csv", usual(300)), tmp_path / "state.json"
    assert "not later" not in ask("anomalies", path, "--memory", state).stderr
    assert "300 rows are not later than what was judged before" in ask("anomalies", path, "--memory", state).stderr


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema_version": 1, "series": {"a": {}}}', "\x00"])
def test_a_broken_state_is_refused(tmp_path: Path, content: str) -> None:
    """It is told, and left as it is."""
    path, state = written(tmp_path / "cpu.csv", usual(30)), tmp_path / "state.json"
    state.write_text(content)
    result = ask("anomalies", path, "--memory", state)
    assert (result.exit_code, state.read_text()) == (2, content)
    assert "state" in result.stderr
    assert "Traceback" not in result.stderr


@given(st.floats(1e-3, 1e3), st.integers(-50, 50), st.integers(0, 1000))
@settings(deadline=None, max_examples=3)
def test_a_disguised_series_gets_the_same_answer(factor: float, weeks: int, seed: int) -> None:
    """Scaled, shifted by weeks, renamed and shuffled: the same scores and alarms at the same places."""
    values = spiked()
    shift = weeks * 7 * 288
    with TemporaryDirectory() as folder:
        plain = ask("anomalies", written(Path(folder) / "a.csv", values), "--format", "csv")
        renamed = written(Path(folder) / "b.csv", values * factor, first=shift, header="ds,y")
        header, *lines = renamed.read_text().splitlines()
        np.random.default_rng(seed).shuffle(lines)
        renamed.write_text("\n".join([header, *lines]))
        disguised = sorted(rows_of(ask("anomalies", renamed, "--format", "csv")), key=lambda row: float(row["time"]))
    expected = rows_of(plain)
    assert column(disguised, "alarm") == column(expected, "alarm")
    for one, other in zip(column(disguised, "score"), column(expected, "score"), strict=True):
        assert float(one) == pytest.approx(float(other), abs=1e-6)


@pytest.mark.parametrize(
    ("argument", "what"),
    [("nowhere.csv", "there is no such file"), ("cost[model=digits]", "--workspace"), (".", "Is a directory")],
)
def test_what_cannot_be_read_is_told(argument: str, what: str) -> None:
    """Wrong use ends with 2, one line and its mend."""
    result = ask("anomalies", argument)
    assert (result.exit_code, result.stdout) == (2, "")
    assert what in result.stderr


def test_a_chart_shows_every_spike(tmp_path: Path) -> None:
    """It fits 80 columns, and a spike of three rows in 2,600 is not lost."""
    lines = ask("anomalies", written(tmp_path / "cpu.csv", spiked()), "--format", "chart").stdout.splitlines()
    assert lines[0] == "cpu"
    assert max(map(len, lines[:-3])) <= 80
    assert lines[1].strip().startswith("2")
    assert any("▲" in line for line in lines)
