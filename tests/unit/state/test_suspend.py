"""A person stops a model's synchronisation: with a reason, for a time, and in the journal."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from fairlead.domain.release import Commit
from fairlead.flows.suspend import LONGEST, resume, suspend
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.kernel.windows import iso
from fairlead.testing.state import MemoryState
from fairlead.testing.state_contract import ANN, MOMENT
from fairlead.testing.time import ManualClock


@pytest.fixture
def world() -> World:
    """As much of a world as these flows use."""
    clock = ManualClock(MOMENT)
    return cast("World", SimpleNamespace(clock=clock, state=MemoryState(clock), repository=Unwritten()))


class Unwritten:
    """A repository without a commit: nothing in it names who may act, so everybody may."""

    def head(self) -> Commit:
        """None."""
        raise NotFoundError("there is no commit")


def test_a_suspension_is_a_decision(world: World) -> None:
    """Who, why and until when stand in the journal; so does its end."""
    until = MOMENT + timedelta(hours=2)
    made = suspend(world, "digits", reason=" a look at its inputs ", until=until, actor=ANN)
    assert world.state.suspensions() == [made]
    assert (made.reason, made.actor, made.until) == ("a look at its inputs", "ann", until)
    assert resume(world, "digits", ANN)
    assert not resume(world, "digits", ANN)
    told = [(record.draft.kind, record.draft.model, record.draft.body) for record in world.state.records()]
    assert told == [
        ("model.suspended", "digits", {"reason": made.reason, "until": iso(until)}),
        ("model.resumed", "digits", {}),
    ]


@pytest.mark.parametrize(
    ("reason", "span"),
    [(" ", timedelta(hours=1)), ("x", timedelta(0)), ("x", -timedelta(hours=1)), ("x", LONGEST + timedelta(days=1))],
    ids=["no reason", "now", "past", "too long"],
)
def test_a_suspension_needs_a_reason_and_an_end(world: World, reason: str, span: timedelta) -> None:
    """What has neither is refused, and changes nothing."""
    with pytest.raises(UsageError):
        suspend(world, "digits", reason=reason, until=MOMENT + span, actor=ANN)
    assert (world.state.suspensions(), world.state.records()) == ([], [])
