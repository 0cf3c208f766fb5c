"""Measures are those of the literature: the same numbers as scikit-learn's, and undefined where they are undefined."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from fairlead.assure.confusion import Confusion
from fairlead.assure.groups import GroupShare, compare_groups, group_shares
from fairlead.assure.latency import percentile
from fairlead.assure.tally import Tally
from fairlead.assure.tensors import Unfit
from fairlead.domain.evidence import GroupMeasure, Measure
from fairlead.domain.trial import MetricTrial

CLASSES = ("accuracy", "balanced-accuracy", "precision-macro", "recall-macro", "f1-macro")


def trial(*names: str, **changes: object) -> MetricTrial:
    """A metric trial; a test states what differs."""
    return MetricTrial.model_validate({"data": "d", "label": "y", "metrics": list(names), **changes})


def measured(tally: Tally) -> dict[str, float | None]:
    """Values by name; None for what is not defined."""
    return {
        (each if isinstance(each, str) else each.name): (None if isinstance(each, str) else float(each.value))
        for each in tally.measures()
    }


def test_decisions_are_counted_as_scikit_learn_counts_them() -> None:
    """Accuracy, precision, recall and F1 of two classes."""
    dice = random.Random(1)
    truths, answers = ([str(dice.randrange(2)) for _ in range(500)] for _ in range(2))
    tally = Tally(trial("accuracy", "precision", "recall", "f1", "false-positive-rate", "selection-rate"))
    for truth, answer in zip(truths, answers, strict=True):
        tally.add(truth, answer, None, [])
    negatives = [answer for truth, answer in zip(truths, answers, strict=True) if truth == "0"]
    assert measured(tally) == pytest.approx(
        {
            "accuracy": reference.accuracy_score(truths, answers),
            "precision": reference.precision_score(truths, answers, pos_label="1"),
            "recall": reference.recall_score(truths, answers, pos_label="1"),
            "f1": reference.f1_score(truths, answers, pos_label="1"),
            "false-positive-rate": negatives.count("1") / len(negatives),
            "selection-rate": answers.count("1") / 500,
        }
    )


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=60))
def test_classes_are_averaged_as_scikit_learn_does(pairs: list[tuple[str, str]]) -> None:
    """Any number of classes, those that only the model knows too."""
    tally = Tally(trial(*CLASSES))
    for truth, answer in pairs:
        tally.add(truth, answer, None, [])
    truths, answers = zip(*pairs, strict=True)
    macro = reference.precision_recall_fscore_support(truths, answers, average="macro", zero_division=0)
    recalls = reference.recall_score(truths, answers, labels=sorted(set(truths)), average=None, zero_division=0)
    expected = [reference.accuracy_score(truths, answers), recalls.mean(), *macro[:3]]
    assert measured(tally) == pytest.approx(dict(zip(CLASSES, expected, strict=True)))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=80))
def test_the_area_is_scikit_learns(rows: list[tuple[bool, int]]) -> None:
    """Ties count one half; without a positive or a negative row the area is not defined."""
    tally = Tally(trial("auc"))
    for truth, score in rows:
        tally.add(str(int(truth)), "0", Decimal(score) / 7, [])
    truths = [truth for truth, _ in rows]
    if len(set(truths)) == 1:
        assert measured(tally) == {"auc": None}
    else:
        expected = reference.roc_auc_score(truths, [score / 7 for _, score in rows])
        assert measured(tally) == pytest.approx({"auc": expected})


@given(st.lists(st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), min_size=2, max_size=50))
def test_errors_are_scikit_learns(rows: list[tuple[int, int]]) -> None:
    """All errors of a regression, in exact decimals; r2 of a constant truth is not defined."""
    names = ("mae", "mse", "rmse", "r2", "mean-error")
    tally = Tally(trial(*names))
    truths, answers = ([pair[side] / 100 for pair in rows] for side in (0, 1))
    for truth, answer in rows:
        tally.add(str(Decimal(truth) / 100), str(Decimal(answer) / 100), None, [])
    found = measured(tally)
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(truths, answers))
    assert found["mse"] == pytest.approx(reference.mean_squared_error(truths, answers))
    assert found["rmse"] == pytest.approx(reference.root_mean_squared_error(truths, answers))
    assert found["mean-error"] == pytest.approx(sum(answers) / len(rows) - sum(truths) / len(rows), abs=1e-9)
    if len(set(truths)) == 1:
        assert found["r2"] is None
    else:
        assert found["r2"] == pytest.approx(reference.r2_score(truths, answers), rel=1e-6, abs=1e-6)


def test_a_large_offset_costs_no_digit() -> None:
    """The variance of numbers far from zero is exact, where sums of floats would lose it."""
    tally = Tally(trial("r2", "mse"))
    for truth, answer in (("1000000000000.1", "1000000000000.1"), ("1000000000000.3", "1000000000000.2")):
        tally.add(truth, answer, None, [])
    assert measured(tally) == {"r2": 0.5, "mse": 0.005}


def test_undefined_is_no_zero() -> None:
    """Precision of a model that never says yes is not defined."""
    tally = Tally(trial("precision", "recall"))
    tally.add("1", "0", None, [])
    assert list(tally.measures()) == ["precision", Measure("recall", Decimal(0), 1, "d")]


def test_a_threshold_decides() -> None:
    """With a threshold the score decides, and a score at the threshold is positive."""
    tally = Tally(trial("accuracy", threshold="5"))
    for truth, score in (("1", 5), ("0", 4), ("0", 6)):
        tally.add(truth, "ignored", Decimal(score), [])
    assert measured(tally) == pytest.approx({"accuracy": 2 / 3})


@pytest.mark.parametrize(
    ("names", "row"),
    [(("auc",), ("1", "1")), (("mae",), ("high", "1")), (("mae",), ("1", "NaN"))],
)
def test_what_cannot_be_measured_is_said(names: tuple[str, ...], row: tuple[str, str]) -> None:
    """A missing score and a text where a number is wanted are refused, never skipped."""
    with pytest.raises(Unfit):
        Tally(trial(*names)).add(*row, None, [])


GROUPS = {"a": Confusion(30, 10, 50, 10), "b": Confusion(10, 20, 60, 10), "few": Confusion(1, 0, 0, 0)}


def test_groups_are_compared_by_their_extremes() -> None:
    """Worked by hand: selection 40/100 against 30/100, recall 30/40 against 10/20, false alarms 10/60 against 20/80."""
    found = {each.name: (each.value, each.samples) for each in compare_groups(GROUPS, 2)}
    assert found == {
        "disparate-impact-ratio": (Decimal("0.75"), 100),
        "demographic-parity-difference": (Decimal("0.1"), 100),
        "equal-opportunity-difference": (Decimal("0.25"), 20),
        "equalized-odds-difference": (Decimal("0.25"), 20),
        "false-positive-rate-difference": (Decimal("0.083333333333"), 60),
        "false-negative-rate-difference": (Decimal("0.25"), 20),
    }


def test_a_small_group_is_shown_and_not_compared() -> None:
    """One row makes no group: its share is there for who looks, and the comparison leaves it out."""
    assert GroupShare("selection-rate", "few", Decimal(1), 1) in set(group_shares(GROUPS))
    assert compare_groups(GROUPS, 1)[0].samples == 1
    assert compare_groups({"a": GROUPS["a"]}, 1)[0].value is None


def test_a_group_without_such_rows_counts_as_no_sample() -> None:
    """Where a group has no positive row, the comparison of recalls says that it rests on nothing."""
    groups = {**GROUPS, "none": Confusion(0, 5, 5, 0)}
    assert {each.name: each.samples for each in compare_groups(groups, 2)}["equal-opportunity-difference"] == 0


def test_groups_of_a_tally() -> None:
    """Every column's groups come with their shares and their comparison."""
    tally = Tally(trial("accuracy", groups=["sex"]))
    for group, answer in (("f", "1"), ("f", "0"), ("m", "1")):
        tally.add("1", answer, None, [group])
    assert GroupMeasure("disparate-impact-ratio", "sex", "", Decimal("0.5"), 1, "d") in set(tally.groups())


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (1, 1)])
def test_a_percentile_is_a_measured_value(percent: int, expected: int) -> None:
    """The nearest rank, as tables of statistics define it."""
    assert percentile(range(1, 101), percent) == expected
    assert percentile([7], percent) == 7
