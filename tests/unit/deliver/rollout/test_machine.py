"""Each transition of a rollout, with the promise that it keeps."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.deliver.rollout.machine import Advance, advance, begin
from fairlead.deliver.rollout.traffic import traffic
from fairlead.domain.release_strategy import ReleaseStrategy
from fairlead.domain.rollout import Exposure, Phase, Rollout, RolloutEvent, RolloutFacts
from tests.unit.deliver.rollout.samples import (
    BLUE_GREEN,
    CANARY,
    CLOSED,
    NEW,
    OLD,
    SHADOW,
    START,
    THIRD,
    at,
    begun,
    looked,
    stepping,
)

GOOD = {"verdict": "not-worse"}
BAD = {"verdict": "worse", "metric": "error-rate", "told": "error-rate: 4 % more fail"}
RETENTION = {"retention": "10m"}
CHECKED = {"smoke": True}
CAPPED = {"maxExposure": {"requests": 1000, "customers": 20}}


def test_a_rollout_begins_without_any_traffic() -> None:
    """It is written down before anything is done for it."""
    strategy = ReleaseStrategy.model_validate(CANARY)
    begun_now = begin("prod", "churn", NEW, OLD, "d" * 40, strategy, START, healthy_before=False, id="r1")
    assert (begun_now.rollout.phase, begun_now.rollout.analysis) == (Phase.PREPARING, "default")
    assert [(each.kind, each.message) for each in begun_now.events] == [
        ("started", f"{NEW.name} is to replace {OLD.name}: canary")
    ]
    assert traffic(begun_now.rollout).shares == ((OLD.digest, 100),)


@pytest.mark.parametrize(
    ("declared", "looks", "phase", "step"),
    [
        # Servers come up first, and nothing is sent to them before.
        (CANARY, [at(1, ready=False), at(2, ready=False)], Phase.PREPARING, 0),
        (CANARY, [at(1)], Phase.STEPPING, 0),
        (CANARY | CHECKED, [at(1)], Phase.CHECKING, 0),
        (CANARY | {"load": {}}, [at(1)], Phase.CHECKING, 0),
        (CANARY | CHECKED, [at(1), at(2, checks=None)], Phase.CHECKING, 0),
        (CANARY | CHECKED, [at(1), at(2)], Phase.STEPPING, 0),
        # A step needs its pause and its verdict, both.
        (CANARY, [at(1), at(60, **GOOD)], Phase.STEPPING, 0),
        (CANARY, [at(1), at(61)], Phase.STEPPING, 0),
        (CANARY, [at(1), at(61, verdict="unheard of")], Phase.STEPPING, 0),
        (CANARY, [at(1), at(61, **GOOD)], Phase.STEPPING, 1),
        (CANARY, [at(1), at(61, **GOOD, ready=False)], Phase.STEPPING, 0),
        # A step without analysis needs time alone; the last one leads to all traffic.
        (CANARY, [at(1), at(61, **GOOD), at(180)], Phase.STEPPING, 1),
        (CANARY, [at(1), at(61, **GOOD), at(181)], Phase.COMPLETED, 1),
        (CANARY | RETENTION, [at(1), at(61, **GOOD), at(181)], Phase.RETAINING, 1),
        (CANARY | RETENTION, [at(1), at(61, **GOOD), at(181), at(780)], Phase.RETAINING, 1),
        (CANARY | RETENTION, [at(1), at(61, **GOOD), at(181), at(781)], Phase.COMPLETED, 1),
        # Without steps of its own: 5, 25 and 50, each judged, each with a look of its own.
        ({"strategy": "canary"}, [at(1), at(2, **GOOD), at(3, **GOOD)], Phase.STEPPING, 2),
        ({"strategy": "canary"}, [at(1), at(2, **GOOD), at(3, **GOOD), at(4, **GOOD)], Phase.COMPLETED, 2),
        # A shadow has one step, judged, and then all traffic.
        (SHADOW, [at(1)], Phase.STEPPING, 0),
        (SHADOW, [at(1), at(2)], Phase.STEPPING, 0),
        (SHADOW, [at(1), at(2, **GOOD)], Phase.COMPLETED, 0),
        (SHADOW | RETENTION, [at(1), at(2, **GOOD)], Phase.RETAINING, 0),
        # Blue and green: checks if there are any, then all at once.
        (BLUE_GREEN, [at(1)], Phase.RETAINING, 0),
        (BLUE_GREEN | CHECKED, [at(1)], Phase.CHECKING, 0),
        (BLUE_GREEN | CHECKED, [at(1), at(2)], Phase.RETAINING, 0),
        (BLUE_GREEN | CHECKED | {"retention": "0s"}, [at(1), at(2)], Phase.COMPLETED, 0),
        (BLUE_GREEN, [at(1), at(601)], Phase.COMPLETED, 0),
    ],
)
def test_a_rollout_goes_on(declared: dict[str, Any], looks: list[RolloutFacts], phase: Phase, step: int) -> None:
    """Where a rollout stands after some looks: it goes on when all that its phase waits for is there, and no sooner."""
    rollout = looked(begun(declared), *looks)
    assert (rollout.phase, rollout.step) == (phase, step)


PREPARING, CHECKING = begun(CANARY), stepping(CANARY | CHECKED)
STEPPING, MIRRORING = stepping(CANARY), stepping(SHADOW)
RETAINING = stepping(BLUE_GREEN)
OPEN = [PREPARING, CHECKING, STEPPING, MIRRORING, RETAINING]


@pytest.mark.parametrize("rollout", OPEN, ids=lambda each: f"{each.strategy.strategy}-{each.phase}")
def test_a_worse_release_is_out_in_the_same_look(rollout: Rollout) -> None:
    """A verdict against it gives all traffic back at once, also after it had all, and says which measure it was."""
    ended = advance(rollout, at(2, **BAD))
    assert (ended.rollout.phase, ended.rollout.metric) == (Phase.ABORTED, "error-rate")
    assert ended.rollout.reason == "error-rate: 4 % more fail"
    assert [(each.kind, each.message) for each in ended.events] == [("aborted", "error-rate: 4 % more fail")]
    assert traffic(ended.rollout).shares == ((OLD.digest, 100),)


@pytest.mark.parametrize("rollout", OPEN, ids=lambda each: f"{each.strategy.strategy}-{each.phase}")
@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (OLD.digest, f"taken back in Git: {OLD.name} is wanted again"),
        (THIRD.digest, "a newer commit wants release cccccccccccc"),
        ("", "Git wants no release here any more"),
    ],
)
def test_git_supersedes_a_rollout(rollout: Rollout, wanted: str, reason: str) -> None:
    """What Git no longer wants is out at once, even with a verdict against it: there is nothing to revert."""
    ended = advance(rollout, at(2, wanted=wanted, **BAD))
    assert (ended.rollout.phase, ended.rollout.reason) == (Phase.SUPERSEDED, reason)
    assert [each.kind for each in ended.events] == ["superseded"]
    assert traffic(ended.rollout).shares == ((OLD.digest, 100),)


def test_a_newer_commit_finds_the_retained_release_live() -> None:
    """What has all traffic keeps it until the newer release has a rollout of its own; only the way back is given up."""
    retaining = looked(begun(BLUE_GREEN), at(1))
    ended = advance(retaining, at(2, wanted=THIRD.digest))
    assert (ended.rollout.phase, traffic(ended.rollout).shares) == (Phase.COMPLETED, ((NEW.digest, 100),))


@pytest.mark.parametrize(
    ("rollout", "facts", "reason"),
    [
        (PREPARING, at(1, ready=False, failed="exit 1"), f"the servers of {NEW.name} failed: exit 1"),
        (CHECKING, at(2, failed="exit 1"), f"the servers of {NEW.name} failed: exit 1"),
        (STEPPING, at(2, failed="exit 1"), f"the servers of {NEW.name} failed: exit 1"),
        (CHECKING, at(2, checks="golden `one` differs"), "a check before traffic failed: golden `one` differs"),
        (STEPPING, at(3600, told="latency: 40 of 200"), "no verdict after 1h: latency: 40 of 200"),
        (MIRRORING, at(3600, told="answers: 3 of 9"), "no verdict after 1h: answers: 3 of 9"),
        (PREPARING, at(3600, ready=False), "no verdict after 1h: its servers are not ready"),
        (CHECKING, at(3600, checks=None), "no verdict after 1h: its checks have not ended"),
    ],
)
def test_a_release_that_does_not_get_through_is_aborted(rollout: Rollout, facts: RolloutFacts, reason: str) -> None:
    """Servers that cannot start, a failed check and the longest time end it with the old release; none passes it."""
    ended = advance(rollout, facts).rollout
    assert (ended.phase, ended.reason, ended.metric) == (Phase.ABORTED, reason, "")
    assert traffic(ended).shares == ((OLD.digest, 100),)


def test_servers_that_fail_while_the_old_ones_are_kept_take_it_back() -> None:
    """That is what they are kept for."""
    assert advance(RETAINING, at(2, failed="exit 1", ready=False)).rollout.phase is Phase.ABORTED


def test_a_check_is_not_failed_by_what_was_known_before_it() -> None:
    """The facts that led to the checks, seen again after a kill, say nothing of how they end."""
    facts = at(1, checks="not run")
    assert looked(begun(CANARY | CHECKED), facts, facts).phase is Phase.CHECKING


@pytest.mark.parametrize(
    ("declared", "looks", "waiting"),
    [
        (CANARY, [at(1, hold=CLOSED)], CLOSED),
        (CANARY, [at(1, hold=CLOSED, ready=False)], ""),
        (CANARY, [at(1), at(30, hold=CLOSED)], ""),
        (CANARY, [at(1), at(61, **GOOD, hold=CLOSED)], CLOSED),
        (BLUE_GREEN, [at(1, hold=CLOSED)], CLOSED),
        (BLUE_GREEN, [at(1, hold="prod waits for a person")], "prod waits for a person"),
        (BLUE_GREEN | CHECKED, [at(1, hold=CLOSED), at(2, hold=CLOSED)], CLOSED),
        (BLUE_GREEN | CHECKED, [at(1, hold=CLOSED), at(2, hold=CLOSED, checks=None)], ""),
        (SHADOW, [at(1), at(2, **GOOD, hold=CLOSED)], CLOSED),
        (CANARY | CAPPED, [at(1), at(2, exposure=Exposure(999, 19))], ""),
        (CANARY | CAPPED, [at(1), at(2, exposure=Exposure(1000, 1), **GOOD)], ""),
    ],
)
def test_it_says_why_it_waits(declared: dict[str, Any], looks: list[RolloutFacts], waiting: str) -> None:
    """What holds it is told in its own words, when it alone is missing."""
    before = looked(begun(declared), *looks[:-1])
    after = advance(before, looks[-1])
    assert after.rollout.waiting == waiting
    assert (after.rollout.phase, after.rollout.step) == (before.phase, before.step)
    assert [each.message for each in after.events if each.kind == "waiting"] == ([waiting] if waiting else [])
    assert advance(after.rollout, looks[-1]) == Advance(after.rollout)


@pytest.mark.parametrize(
    ("declared", "looks", "phase"),
    [
        (CANARY | CHECKED, [at(1, hold=CLOSED)], Phase.CHECKING),
        (SHADOW, [at(1, hold=CLOSED)], Phase.STEPPING),
        (BLUE_GREEN, [at(1), at(601, hold=CLOSED)], Phase.COMPLETED),
    ],
)
def test_a_closed_window_holds_back_traffic_only(
    declared: dict[str, Any], looks: list[RolloutFacts], phase: Phase
) -> None:
    """Checks, copies and the end of what is already everybody's need no window."""
    assert looked(begun(declared), *looks).phase is phase


@pytest.mark.parametrize(
    ("met", "reason"),
    [
        (Exposure(2000, 3), "it has answered 2000 requests, 1000 may be before a verdict: latency: 9 of 40"),
        (Exposure(7, 20), "it has met 20 customers, 20 may be before a verdict: latency: 9 of 40"),
    ],
)
def test_a_cap_without_a_verdict_takes_it_back(met: Exposure, reason: str) -> None:
    """Nobody more meets what is not judged, so that it never will be; a verdict lifts the cap."""
    capped = looked(begun(CANARY | CAPPED), at(1), at(61, exposure=met, told="latency: 9 of 40"))
    assert (capped.phase, capped.reason, capped.metric) == (Phase.ABORTED, reason, "")
    judged = looked(begun(CANARY | CAPPED), at(1), at(61, exposure=met, **GOOD))
    assert (judged.phase, judged.step) == (Phase.STEPPING, 1)


def test_what_is_judged_good_has_time(  # a canary of days is longer than its longest time to a verdict
) -> None:
    """The longest time is one to a verdict: with it pauses, windows and people may take longer."""
    slow = CANARY | {"steps": [{"weight": 5, "pause": "2h"}, {"weight": 50, "pause": "2h"}]}
    walked = looked(begun(slow), at(1), at(3700, **GOOD), at(7300, **GOOD), at(14600, **GOOD))
    assert walked.phase is Phase.COMPLETED


@pytest.mark.parametrize("declared", [CANARY | CHECKED | RETENTION, SHADOW, BLUE_GREEN | CHECKED])
def test_what_ran_well_before_returns_without_steps(declared: dict[str, Any]) -> None:
    """A release that ran whole and healthy lately needs its servers only, not even a window: it is a way back."""
    waiting = begun(declared, healthy_before=True)
    assert looked(waiting, at(1, ready=False)).phase is Phase.PREPARING
    ended = advance(waiting, at(1, hold=CLOSED))
    assert ended.rollout.phase is Phase.COMPLETED
    assert ended.rollout.reason == f"{NEW.name} ran here whole and healthy within the last 7d: it returns without steps"
    assert traffic(ended.rollout).shares == ((NEW.digest, 100),)


def test_each_step_is_told_once() -> None:
    """The journal reads as what happened."""
    declared = CANARY | CHECKED | RETENTION
    looks = [at(1), at(2), at(62, **GOOD), at(182), at(782)]
    rollout, told = begun(declared), list[RolloutEvent]()
    for facts in looks:
        for _ in range(2):
            after = advance(rollout, facts)
            rollout, told = after.rollout, [*told, *after.events]
    assert [(each.kind, each.message) for each in told] == [
        ("step", f"the servers of {NEW.name} are ready; they are checked before they get traffic"),
        ("step", f"{NEW.name} gets 10 % of the traffic (step 1 of 2)"),
        ("step", f"{NEW.name} gets 50 % of the traffic (step 2 of 2)"),
        ("step", f"{NEW.name} has all traffic; the servers of {OLD.name} are kept for 10m"),
        ("completed", "it has had all traffic for 10m, and nothing was found worse"),
    ]
