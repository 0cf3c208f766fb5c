"""Servers that answer and are not ready yet are watched at rest: that is told, and told only then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.analysis import DEFAULT_ANALYSIS
from fairlead.domain.rollout import Phase
from fairlead.flows.rollouts.kept import Kept, Measured
from fairlead.flows.rollouts.spending import resting
from tests.unit.cli.rollouts import rollout
from tests.unit.cli.values import NOON

WATCHED = Kept(rollout(phase=Phase.PREPARING, ready=False), DEFAULT_ANALYSIS, Measured(idle_since=NOON))


def test_the_reason_is_told_while_they_are_watched() -> None:
    """What, how long, and for which measure."""
    said = "its servers answer, and are watched at rest for about 10 s before anybody asks them: for cost-per-inference"
    assert resting(WATCHED) == said


@pytest.mark.parametrize("other", [{"ready": True}, {"returns": True}, {"phase": Phase.CHECKING}])
def test_nothing_else_is_called_rest(other: dict[str, Any]) -> None:
    """Ready, past it, or with no need of it."""
    assert resting(replace(WATCHED, rollout=replace(WATCHED.rollout, **other))) == ""


@pytest.mark.parametrize("measured", [Measured(), Measured(idle_since=NOON, idle=120.0)])
def test_before_they_answer_and_after_they_were_watched_it_is_silent(measured: Measured) -> None:
    """Then servers start, or the next look goes on."""
    assert resting(replace(WATCHED, measured=measured)) == ""
