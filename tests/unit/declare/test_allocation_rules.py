"""Allocation rules that cannot mean anything are refused where they are declared, with what is known."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from fairlead.domain.allocation import Allocation, Consumer


@pytest.mark.parametrize("team", ["{tags.team}", "${tag:team}", "{tag:}", "{team}", "search}", "{tag:a}{b}"])
def test_a_template_that_is_not_known_is_refused(team: str) -> None:
    """Else all cost would be booked to a team of that very name."""
    with pytest.raises(ValidationError, match=r"known are \{tag:KEY\} and \{column:NAME\}"):
        Consumer(team=team)


@pytest.mark.parametrize("team", ["search", "{tag:team}", "{column:x_team}-{tag:kubernetes.io/name}", "R & D"])
def test_templates_and_plain_names_are_taken(team: str) -> None:
    """Constants, templates, and both together."""
    assert Consumer(team=team).team == team


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([{"name": "a"}, {"name": "a"}], "two rules have the name a"),
        ([{"name": "a", "split": {"by": {"gpu_seconds": "1"}}, "overhead": {}}], "not both"),
        ([{"name": "a", "split": {"by": {"gpu_hours": "1"}}}], "unknown measure gpu_hours; known are gpu_seconds"),
        ([{"name": "a", "split": {"by": {"requests": "0"}}}], "a weight is above 0"),
        ([{"name": "a", "overhead": {"how": "fixed"}}], "takes `shares`"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(rules: list[dict[str, object]], message: str) -> None:
    """The message says what is wrong, and what is known."""
    with pytest.raises(ValidationError, match=message):
        Allocation.model_validate({"rules": rules})
