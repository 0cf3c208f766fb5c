"""What people may tell a rollout, when they may not, and what it costs them: a reason, and a count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from fairlead.deliver.rollout.commands import abort, pause, promote, resume
from fairlead.deliver.rollout.machine import Advance, advance
from fairlead.deliver.rollout.traffic import traffic
from fairlead.domain.journal import Actor
from fairlead.domain.rollout import Pause, Phase, Rollout
from fairlead.kernel.errors import ConflictError, UsageError
from tests.unit.deliver.rollout.samples import (
    ANN,
    BLUE_GREEN,
    CANARY,
    CLOSED,
    NEW,
    OLD,
    SHADOW,
    START,
    at,
    begun,
    looked,
    stepping,
)

Command = Callable[[Rollout, Actor, str, datetime], Advance]

LATER = START + timedelta(seconds=30)
PAUSED = pause(stepping(CANARY), ANN, "a sale is on", LATER).rollout
ENDED = abort(stepping(CANARY), ANN, "wrong prices", LATER).rollout


@pytest.mark.parametrize("command", [pause, promote, abort])
@pytest.mark.parametrize("reason", ["", " \n"])
def test_who_overrules_says_why(command: Command, reason: str) -> None:
    """A command without a reason is refused and changes nothing."""
    with pytest.raises(UsageError, match="needs a reason"):
        command(stepping(CANARY), ANN, reason, LATER)


def test_a_pause_stays_where_it_is() -> None:
    """All that would lead on is there, and it does not; the journal is told by the pause, not again by each look."""
    assert PAUSED.pause == Pause("ann", "a sale is on", LATER)
    after = advance_good(PAUSED)
    assert (after.rollout.phase, after.rollout.step, after.events) == (Phase.STEPPING, 0, ())
    assert after.rollout.waiting == "paused by ann: a sale is on"
    assert PAUSED.overrides == 0


@pytest.mark.parametrize("declared", [CANARY, SHADOW, BLUE_GREEN])
def test_a_pause_before_any_traffic_holds_it_there(declared: dict[str, object]) -> None:
    """A rollout may be paused while its servers come up."""
    paused = pause(begun(declared), ANN, "not today", START).rollout
    assert looked(paused, at(1), at(2)).phase is Phase.PREPARING


def test_a_paused_rollout_still_ends() -> None:
    """A verdict against it and Git do not wait for a person; its clock stands until somebody resumes it."""
    assert looked(PAUSED, at(60, verdict="worse")).phase is Phase.ABORTED
    assert looked(PAUSED, at(60, wanted=OLD.digest)).phase is Phase.SUPERSEDED
    late = looked(PAUSED, at(60), at(9000))
    assert (late.phase, late.held_since) == (Phase.STEPPING, at(60).now)
    resumed = looked(resume(late, ANN, "", at(9001).now).rollout, at(9002))
    assert (resumed.phase, resumed.spent(at(9002).now)) == (Phase.STEPPING, at(9002).now - START - resumed.held_for)
    ended = looked(resumed, at(9002 + 3600))
    assert (ended.phase, ended.reason.partition(":")[0]) == (Phase.ABORTED, "no verdict after 1h")


def test_a_resumed_rollout_goes_on() -> None:
    """The time of the pause counts: the step began when it began."""
    resumed = resume(PAUSED, Actor("bob"), "", LATER)
    assert [(each.kind, each.actor.name, each.message) for each in resumed.events] == [
        ("resumed", "bob", "paused by ann before: a sale is on")
    ]
    assert (resumed.rollout.waiting, resumed.rollout.overrides) == ("", 0)
    assert advance_good(resumed.rollout).rollout.step == 1


@pytest.mark.parametrize("declared", [CANARY, SHADOW, CANARY | {"smoke": True}])
def test_a_person_may_promote(declared: dict[str, object]) -> None:
    """All traffic at once, without the verdict; it is counted, and the journal has the reason."""
    done = promote(stepping(declared), ANN, "the old one is on fire", LATER)
    assert (done.rollout.phase, done.rollout.overrides) == (Phase.COMPLETED, 1)
    assert traffic(done.rollout).shares == ((NEW.digest, 100),)
    assert [(each.kind, each.actor, each.message) for each in done.events] == [
        ("promoted", ANN, "promoted by ann: the old one is on fire"),
        ("completed", ANN, "promoted by ann: the old one is on fire"),
    ]


def test_a_promoted_release_can_still_be_taken_back() -> None:
    """With a retention the old servers stay, and a verdict against the new release still counts."""
    paused = pause(stepping(CANARY | {"retention": "10m"}), ANN, "wait", START).rollout
    done = promote(paused, ANN, "hurry", LATER)
    assert (done.rollout.phase, [each.kind for each in done.events]) == (Phase.RETAINING, ["promoted"])
    assert traffic(done.rollout).shares == ((NEW.digest, 100), (OLD.digest, 0))
    assert (done.rollout.since, done.rollout.pause, done.rollout.waiting) == (LATER, None, "")
    assert looked(done.rollout, at(31, verdict="worse")).phase is Phase.ABORTED


@pytest.mark.parametrize(
    "held",
    [
        PAUSED,
        looked(begun(CANARY), at(1, hold=CLOSED)),
    ],
    ids=["pause", "window"],
)
def test_a_person_may_promote_what_is_held(held: Rollout) -> None:
    """Pause and window are rules; an override is there for the night on which they are wrong."""
    assert held.waiting
    done = promote(held, ANN, "agreed with the board", LATER).rollout
    assert (done.phase, done.pause, done.waiting) == (Phase.COMPLETED, None, "")


@pytest.mark.parametrize(
    "rollout",
    [begun(CANARY), stepping(CANARY), stepping(SHADOW), stepping(BLUE_GREEN), PAUSED],
    ids=["preparing", "canary", "shadow", "retaining", "paused"],
)
def test_a_person_may_abort(rollout: Rollout) -> None:
    """From anywhere, also after it has all traffic; it is counted."""
    done = abort(rollout, ANN, "wrong prices", LATER)
    assert (done.rollout.phase, done.rollout.overrides) == (Phase.ABORTED, 1)
    assert done.rollout.reason == "aborted by ann: wrong prices"
    assert [(each.kind, each.actor) for each in done.events] == [("aborted", ANN)]
    assert traffic(done.rollout).shares == ((OLD.digest, 100),)


@pytest.mark.parametrize(
    ("command", "rollout", "what"),
    [
        (pause, ENDED, "has ended: aborted by ann: wrong prices"),
        (resume, ENDED, "has ended"),
        (promote, ENDED, "has ended"),
        (abort, ENDED, "has ended"),
        (pause, PAUSED, "is paused by ann: a sale is on"),
        (pause, stepping(BLUE_GREEN), "has all traffic already"),
        (resume, stepping(CANARY), "is not paused"),
        (promote, begun(CANARY), "has servers that do not answer"),
        (promote, looked(stepping(CANARY), at(2, ready=False)), "has servers that do not answer"),
        (promote, stepping(BLUE_GREEN), "has all traffic already"),
    ],
)
def test_a_command_that_does_not_fit_is_refused(command: Command, rollout: Rollout, what: str) -> None:
    """The refusal says where the rollout stands and what to do instead."""
    with pytest.raises(ConflictError, match=what) as refused:
        command(rollout, ANN, "because", LATER)
    assert refused.value.where == "prod/churn"
    assert f"({rollout.phase})" in refused.value.what
    assert refused.value.mend


def advance_good(rollout: Rollout) -> Advance:
    """A look at which all is there that leads on."""
    return advance(rollout, at(100, verdict="not-worse"))
