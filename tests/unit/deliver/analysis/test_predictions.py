"""The distribution of answers: both the same, or how far apart."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fairlead.deliver.analysis.analysis import begin
from fairlead.domain.analysis import Block, MetricVerdict, Sample
from tests.unit.deliver.analysis.samples import analysis, look, only, repeated

SPEC = analysis("predictions")


def answers(new: Mapping[str, int], old: Mapping[str, int]) -> dict[str, Block]:
    """A block of each category; counts of answers."""
    wholes = sum(new.values()), sum(old.values())
    return {
        f"predictions/{name}": Block(Sample(wholes[0], new.get(name, 0)), Sample(wholes[1], old.get(name, 0)))
        for name in {**new, **old}
    }


def test_the_same_answers_pass() -> None:
    """Once all bounds are within the margin."""
    same = {"cat": 60, "dog": 40}
    found = only(look(repeated(begin(SPEC), answers(same, same), 300)))
    assert found.verdict is MetricVerdict.NOT_WORSE
    assert found.estimate == 0
    assert found.new_count == 30_000


@pytest.mark.parametrize("new", [{"cat": 40, "dog": 60}, {"cat": 80, "dog": 20}, {"cat": 45, "dog": 35, "bird": 20}])
def test_other_answers_are_worse(new: dict[str, int]) -> None:
    """In any direction, and by a category that only the new release knows; the distance is the total variation."""
    old = {"cat": 60, "dog": 40}
    start = repeated(begin(SPEC), answers(old, old), 1)
    found = only(look(repeated(start, answers(new, old), 60)))
    assert found.verdict is MetricVerdict.WORSE
    assert found.estimate == pytest.approx(0.2)
    assert found.lower is not None
    assert found.upper is not None
    assert 0 < found.lower < 0.2 < found.upper


def test_the_first_block_only_names_the_categories() -> None:
    """At most ten of them, with the rest in one."""
    many = {f"class-{at:02}": 100 - at for at in range(30)}
    state = repeated(begin(SPEC), answers(many, many), 1).metrics["predictions"]
    assert list(state.parts) == [*(f"class-{at:02}" for at in range(9)), "(other)"]
    assert not any(any(part.sums) for part in state.parts.values())


def test_without_both_arms_it_is_insufficient() -> None:
    """And says why."""
    found = only(look(repeated(begin(SPEC), answers({"cat": 10}, {}), 3)))
    assert (found.verdict, found.reason) == (MetricVerdict.INSUFFICIENT, "no data yet of the old release")
