"""The streaming detector: what it sees, what it keeps quiet, and that it can be stopped and resumed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairlead.foresee.anomalies.contexts import Contexts
from fairlead.foresee.anomalies.detector import Detector, Knobs, Verdict, detect
from fairlead.foresee.anomalies.past import CAPACITY, Past
from fairlead.foresee.anomalies.quieting import MONTH, Budget, Quieting
from fairlead.foresee.reading.table import read_lines
from fairlead.foresee.rows import ANOMALY_COLUMNS, anomaly_row

STEP = 300_000_000
SOON = Knobs(warm_up_days=2)


def usual(rows: int, seed: int = 0) -> NDArray[np.float64]:
    """A day's shape in five-minute steps with noise."""
    rng = np.random.default_rng(seed)
    return 100 + 20 * np.sin(np.arange(rows) * 2 * np.pi / 288) + 2 * rng.standard_normal(rows)


def judge(values: NDArray[np.float64], detector: Detector | None = None, first: int = 0) -> list[Verdict]:
    """Feed values, one per five minutes."""
    detector = detector or Detector(SOON)
    return [detector.step((first + row) * STEP, value) for row, value in enumerate(values.tolist())]


@pytest.mark.parametrize("change", ["spike", "drop", "shift", "stuck"])
def test_a_change_alarms_once_and_at_once(change: str) -> None:
    """After four quiet days a change alarms within an hour, and it is one alarm for one event."""
    values = usual(1500)
    at = 1200
    match change:
        case "spike":
            values[at : at + 3] += 150
        case "drop":
            values[at : at + 20] = 0
        case "shift":
            values[at:] += 80
        case _:
            values[at : at + 60] = 160.0
    alarms = [row for row, verdict in enumerate(judge(values)) if verdict.alarm]
    during = [row for row in alarms if row >= at]
    assert 0 <= during[0] - at <= 12
    assert len(during) == 1


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=5)
def test_usual_days_stay_within_the_budget(seed: int) -> None:
    """Ten days of ordinary noise raise at most the one alarm that a month's budget allows."""
    assert sum(verdict.alarm for verdict in judge(usual(3000, seed), Detector())) <= 1


@given(st.integers(1, 599), st.integers(0, 10_000))
@settings(deadline=None, max_examples=15)
def test_resuming_equals_going_on(cut: int, seed: int) -> None:
    """State saved at any row, through JSON, and resumed gives the same verdicts as no interruption."""
    values = usual(600, seed)
    values[300:310] = np.nan
    values[400:] *= 3
    detector = Detector(SOON)
    before = judge(values[:cut], detector)
    resumed = Detector.resumed(json.loads(json.dumps(detector.saved())))
    np.testing.assert_equal(before + judge(values[cut:], resumed, cut), judge(values))


@given(st.integers(200, 599))
@settings(deadline=None, max_examples=10)
def test_the_score_uses_nothing_of_the_future(cut: int) -> None:
    """What comes after a row does not change its verdict: streaming equals batch."""
    values = usual(600)
    other = values.copy()
    other[cut:] += 1000
    assert judge(values)[:cut] == judge(other)[:cut]


@pytest.mark.parametrize("factor", [1e-6, 3.7, 1e6])
def test_a_disguised_series_gets_the_same_answer(factor: float) -> None:
    """A series in other units has the same scores and alarms."""
    values = usual(900)
    values[700:705] += 200
    plain, disguised = judge(values), judge(values * factor)
    np.testing.assert_allclose([v.score for v in disguised], [v.score for v in plain], atol=1e-6)
    assert [v.alarm for v in disguised] == [v.alarm for v in plain]


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_constant_is_never_strange_until_it_changes(value: float) -> None:
    """A constant series scores 0; its first change scores high."""
    values = np.full(400, value)
    values[300] = value + 1
    scores = [verdict.score for verdict in judge(values)]
    assert max(scores[:300]) == 0
    assert scores[300] > 0.8


def test_missing_values_score_nothing_and_teach_nothing() -> None:
    """A row without a value is answered, and the rows after it are judged as if it had not been."""
    values = usual(500)
    holes = np.insert(values, 250, np.nan)
    verdicts = judge(holes)
    assert verdicts[250].score == 0
    np.testing.assert_allclose(
        [v.expected for v in verdicts[:250] + verdicts[251:]], [v.expected for v in judge(values)]
    )


def test_expected_values_stand_inside_their_range() -> None:
    """The range covers almost all ordinary rows and lies around what was expected."""
    values = usual(1500)
    verdicts = judge(values)[500:]
    assert all(verdict.low <= verdict.expected <= verdict.high for verdict in verdicts)
    covered = [verdict.low <= value <= verdict.high for verdict, value in zip(verdicts, values[500:], strict=True)]
    assert np.mean(covered) == pytest.approx(0.99, abs=0.01)


def test_a_small_stake_does_not_alarm() -> None:
    """Below the least stake nothing alarms, however strange."""
    values = usual(900)
    values[700] += 100
    assert any(verdict.alarm for verdict in judge(values))
    assert not any(verdict.alarm for verdict in judge(values, Detector(Knobs(least_stake=500, warm_up_days=2))))


def test_verdicts_come_back_in_the_order_of_the_rows() -> None:
    """Rows are judged in the order of time; one of unknown time with the row before it."""
    (series,) = read_lines(["time,value", "600,1", "0,nan", "?,4", "300,3"], stem="s", where="s.csv").series
    assert [verdict.expected for verdict in detect(series, Detector())] == [3.5, 0, 4, 4]


def test_the_row_is_the_documented_csv() -> None:
    """Cells are those of the contract; the score is never empty, a value that is missing is."""
    assert anomaly_row("cpu", "60", float("nan"), Verdict(0.0, 2.5, 1.0, 4.0, alarm=True)) == (
        ("cpu", "60", "", "0", "2.5", "1", "4", "1")
    )
    assert ANOMALY_COLUMNS == ("series", "time", "value", "score", "expected", "low", "high", "alarm")


def test_the_past_forgets_the_oldest() -> None:
    """Beyond the capacity the oldest value is new again, and a resumed past is the same past."""
    past = Past([7.0, *np.linspace(0, 1, CAPACITY - 1).tolist()])
    assert past.meet(7.0) == pytest.approx((0, 6 / 0.9), rel=0.01)
    assert Past(past.saved()).meet(0.5) == past.meet(0.5)


def test_novelty_counts_the_third_neighbour() -> None:
    """By spread the third nearest counts, on the inside and at the edges."""
    past = Past([float(value) for value in range(101)])
    assert past.meet(50.25) == (0.25 / 100, 1.25 / 90)
    assert past.meet(-10.0) == pytest.approx((10 / 100, 12 / 90), rel=0.05)


def test_a_rank_is_a_p_value() -> None:
    """The share of values that are not below, itself among them: equal values count against it, the largest is rare."""
    past = Past([float(value) for value in range(99)])
    assert past.rank(1000.0) == 1 / 100
    assert past.rank(98.0) == pytest.approx(3 / 101)
    assert past.rank(-1.0) == 1


def test_an_order_that_never_was_is_new_though_each_value_is_usual() -> None:
    """After a saw-tooth's usual up and down, going down where it always went up is new; going on as before is not."""
    contexts = Contexts()
    saw = [0.0, 2.0, 4.0, 6.0, 8.0] * 60
    assert [contexts.step(value) for value in saw][-20:] == [0.0] * 20
    assert contexts.step(4.0) == 0.8
    assert contexts.step(6.0) < 0.5


def test_contexts_are_bounded() -> None:
    """However long and wild the series is, what is remembered of it does not grow past its bound."""
    contexts = Contexts()
    for value in np.random.default_rng(0).uniform(0, 1, 30_000).tolist():
        contexts.step(value)
    assert len(contexts.saved()["followed"]) <= 20_000


def test_quieting_passes_on_what_is_above_the_last_rows() -> None:
    """Repeats and weaker scores are silent; a stronger one is heard; after enough rows so is a weak one."""
    quieting = Quieting()
    assert [quieting.pass_on(score) for score in (0.5, 0.5, 0.4, 0.6)] == [0.5, 0, 0, 0.6]
    assert [quieting.pass_on(0.1) for _ in range(25)].count(0.1) == 0
    assert quieting.pass_on(0.2) == 0.2


def test_the_budget_lets_the_strongest_of_a_month_through() -> None:
    """With one alarm a month only a stronger candidate alarms again before the month is over."""
    budget = Budget(1)
    asked = [(0, 0.5), (1, 0.4), (2, 0.7), (3, 0.6), (MONTH + 3, 0.55)]
    assert [budget.allows(time, score) for time, score in asked] == [True, False, True, False, True]
