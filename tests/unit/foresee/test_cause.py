"""From an alarm to its cause: when the change began, and which dimension explains it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.foresee.anomalies.change_start import change_start
from fairlead.foresee.attribution import causes, concentrated


@given(st.integers(5, 95), st.integers(0, 1000))
def test_the_start_of_a_shift_is_found(start: int, seed: int) -> None:
    """A shift of five standard deviations is dated to within two rows, also when the alarm came late."""
    values = np.random.default_rng(seed).standard_normal(120)
    values[start:] += 5
    assert abs(change_start(values, 0, 119) - start) <= 2


def test_missing_values_do_not_move_the_start() -> None:
    """NaN are left out."""
    values = np.array([0, 0, np.nan, 0, 9, np.nan, 9.0])
    assert change_start(values, 0, 6) == 4


def test_too_few_rows_give_the_alarm_itself() -> None:
    """With nothing before it the change began at the alarm."""
    assert change_start(np.array([7.0]), 0, 0) == 0


def test_an_empty_range_is_refused() -> None:
    """Rows outside of the values are an error of the caller."""
    with pytest.raises(ValueError, match="no rows between 3 and 2"):
        change_start(np.zeros(5), 3, 2)


def test_the_dimension_that_moved_is_the_cause() -> None:
    """One customer's surge is explained by the customer, not by the region that all share."""
    before = {"customer": {"a": 10.0, "b": 10.0, "c": 10.0}, "region": {"eu": 15.0, "us": 15.0}}
    after = {"customer": {"a": 10.0, "b": 40.0, "c": 10.0}, "region": {"eu": 30.0, "us": 30.0}}
    first, second = causes(before, after)
    assert (first.dimension, first.values, first.share) == ("customer", ("b",), 1.0)
    assert (second.dimension, second.surprise) == ("region", 0.0)


def test_what_is_new_is_a_cause_and_a_drop_is_explained_too() -> None:
    """A value that did not exist before explains a rise; one that vanished explains a fall."""
    (rise,) = causes({"job": {"a": 5.0}}, {"job": {"a": 5.0, "training": 20.0}})
    (fall,) = causes({"job": {"a": 5.0, "training": 20.0}}, {"job": {"a": 5.0}})
    assert rise.values == fall.values == ("training",)
    assert rise.share == fall.share == 1.0


def test_no_change_has_no_cause() -> None:
    """Equal totals are explained by nothing."""
    assert causes({"job": {"a": 1.0}}, {"job": {"a": 1.0}}) == ()


def test_few_values_that_rose_alone_are_the_cause() -> None:
    """Of two dimensions in which something rose alone, the one that explains more than its part had been is named."""
    before = {"customer": {"a": 10.0, "b": 10.0, "c": 20.0}, "region": {"eu": 25.0, "us": 15.0}}
    after = {"customer": {"a": 10.0, "b": 40.0, "c": 20.0}, "region": {"eu": 55.0, "us": 15.0}}
    found = concentrated(before, after)
    assert found is not None
    assert (found.dimension, found.values, found.share) == ("customer", ("b",), 1.0)


@given(st.floats(1.2, 5), st.lists(st.floats(1, 100), min_size=1, max_size=6))
def test_a_rise_of_all_alike_has_no_cause(factor: float, costs: list[float]) -> None:
    """However unequal the values are: what touches all of them alike is explained by none."""
    before = {"customer": {str(place): cost for place, cost in enumerate(costs)}}
    after = {"customer": {name: cost * factor for name, cost in before["customer"].items()}}
    assert concentrated(before, after) is None


def test_a_fall_and_a_lone_value_have_no_cause() -> None:
    """Nothing rose, or there is nothing to tell it from."""
    assert concentrated({"region": {"eu": 9.0, "us": 9.0}}, {"region": {"eu": 5.0, "us": 9.0}}) is None
    assert concentrated({"region": {"eu": 9.0}}, {"region": {"eu": 19.0}}) is None
