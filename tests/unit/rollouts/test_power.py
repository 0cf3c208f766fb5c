"""`rollout power`: numbers that make no canary are refused with a mend; the others are answered as the tests judge."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from fairlead.flows.rollouts.power import canary_power
from fairlead.kernel.errors import UsageError
from fairlead.show.cli import main

GOOD: dict[str, Any] = {"baseline": 0.01, "effect": 0.01, "rate": 600.0, "alpha": 0.03, "margin": 0.005, "weight": 50}


@pytest.mark.parametrize(
    ("different", "named"),
    [
        ({"baseline": 0.0}, "--baseline"),
        ({"baseline": float("nan")}, "--baseline"),
        ({"effect": -0.01}, "--effect"),
        ({"effect": 0.995}, "--baseline 0.01 and --effect 0.995"),
        ({"effect": 1e-5}, "requests to see"),
        ({"margin": 0.0}, "--margin"),
        ({"rate": 0.0}, "--rate"),
        ({"rate": float("inf")}, "--rate"),
        ({"alpha": 0.6}, "--alpha"),
        ({"weight": 0}, "--weight"),
        ({"weight": 100}, "--weight"),
    ],
)
def test_numbers_that_make_no_canary_are_refused(different: dict[str, Any], named: str) -> None:
    """The number that is wrong is named, with what to say instead."""
    with pytest.raises(UsageError) as refused:
        canary_power(**{**GOOD, **different})
    assert named in refused.value.what
    assert refused.value.mend


def test_less_traffic_takes_longer() -> None:
    """Half of the rate takes twice the time; a smaller weight takes longer as well."""
    whole, half = canary_power(**GOOD), canary_power(**{**GOOD, "rate": 300.0})
    small = canary_power(**{**GOOD, "weight": 5})
    assert whole.passing.median is not None
    assert half.passing.median == pytest.approx(2 * whole.passing.median, rel=0.02)
    assert small.passing.median is not None
    assert small.passing.median > 3 * whole.passing.median


def test_the_figure_of_the_documentation_is_kept() -> None:
    """From 1 % to 2 % at 300 requests a minute for each: eight minutes in half of the cases, alone at alpha 5 %."""
    found = canary_power(**{**GOOD, "alpha": 0.05})
    assert found.stop.median is not None
    assert found.stop.median <= 8


def test_json_holds_numbers() -> None:
    """Every figure is a number or null, under the names that were asked for."""
    words = ["rollout", "power", "--baseline", "0.01", "--effect", "0.01", "--rate", "600", "--format", "json"]
    told = json.loads(CliRunner().invoke(main, words).stdout)
    assert list(told) == ["schema_version", "baseline", "effect", "rate", "alpha", "margin", "weight", "stop", "pass"]
    for each in ("stop", "pass"):
        assert list(told[each]) == ["median_minutes", "p90_minutes", "requests"]
        assert all(isinstance(value, (int, float)) for value in told[each].values())


def test_one_plain_sentence() -> None:
    """People are told how long, and nothing that they have to compute."""
    words = ["rollout", "power", "--baseline", "0.01", "--effect", "0.01", "--rate", "10"]
    text = CliRunner().invoke(main, words).stdout
    assert text.startswith("this canary needs 24 h at your traffic\n")
