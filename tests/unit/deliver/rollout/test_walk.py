"""All kinds of facts and commands, in all kinds of states of all strategies: nothing is left to chance."""

from __future__ import annotations

import pytest

from fairlead.domain.rollout import Phase
from tests.unit.deliver.rollout.promises import check_look, check_state, share
from tests.unit.deliver.rollout.walk import ALL, walk

STRATEGIES = pytest.mark.parametrize("strategy", ALL)


@STRATEGIES
def test_every_look_keeps_what_is_promised(strategy: str) -> None:
    """No combination is without an answer, and none breaks a promise."""
    looks = [each for each in walk(strategy) if each.facts is not None]
    assert len(looks) > 5_000
    for each in looks:
        assert each.facts is not None
        check_look(each.before, each.after, each.facts)


@STRATEGIES
def test_every_command_keeps_what_is_promised(strategy: str) -> None:
    """Promote and abort are counted, lead to all and to nothing, and tell the journal who and why."""
    commands = [each for each in walk(strategy) if each.facts is None]
    kinds = set()
    for each in commands:
        after, first = each.after.rollout, each.after.events[0]
        check_state(after)
        kinds.add(first.kind)
        assert not each.before.phase.final
        assert (first.actor.name, "because" in first.message) == ("ann", True)
        overrides = first.kind in {"promoted", "aborted"}
        assert after.overrides == each.before.overrides + overrides
        assert share(after) == {"promoted": 100, "aborted": 0}.get(first.kind, share(each.before))
        assert first.kind != "promoted" or each.before.ready
    assert kinds == {"paused", "resumed", "promoted", "aborted"}


@STRATEGIES
def test_every_phase_is_walked(strategy: str) -> None:
    """Else the promises above would say little."""
    walked = {each.before.phase for each in walk(strategy)}
    assert walked == set(Phase) - ({Phase.STEPPING} if strategy == "blueGreen" else set())
