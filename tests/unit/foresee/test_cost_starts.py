"""What a release's first minutes say of its cost: little, for a time that fits the length of the windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fairlead.domain.anomaly import CostEvent, CostKind, Deployed
from fairlead.foresee.cost_events.origin import is_starting
from fairlead.foresee.cost_events.watch import CostWatch, WatchKnobs
from fairlead.foresee.cost_events.window import CostWindow, StageUse

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
KNOBS = WatchKnobs(warm_up_days=60 / 86_400)


def window(step: int, *, seconds: int = 10, asked: int = 2000, work: float = 0.0005) -> CostWindow:
    """A window of `seconds`, in which each of `asked` inferences takes `work` seconds of a core."""
    used = asked * work + 0.05
    use = StageUse(round(Decimal(used) / 100_000, 12), used, used)
    begin = START + timedelta(seconds=step * seconds)
    return CostWindow("prod", "digits", begin, "USD", {"serving": use}, asked, asked, seconds=seconds)


def deployed(second: float, commit: str) -> Deployed:
    """A release that went live so many seconds after the first window began."""
    at = START + timedelta(seconds=second)
    return Deployed(at, "prod", "digits", f"digits@{commit}", commit, "Lin", "One server for both")


@pytest.mark.parametrize(("seconds", "steps"), [(10, 3), (60, 3), (300, 3), (1200, 1)])
def test_a_start_lasts_two_windows_and_ten_minutes_at_most(seconds: int, steps: int) -> None:
    """The window in which a release goes live, and two more; of long windows, those that ten minutes touch."""
    live = [deployed(seconds / 2, "b")]
    starting = [is_starting(window(step, seconds=seconds), live) for step in range(6)]
    assert starting == [True] * steps + [False] * (6 - steps)


def test_a_dear_configuration_is_named_within_four_short_windows() -> None:
    """Three times the work after a commit, seen in windows of 10 s: the kind and the commit, half a minute later."""
    events = told(change=20)
    assert [(each.kind, each.origin and each.origin.commit) for each in events] == [
        (CostKind.SERVING_CONFIGURATION, "bad")
    ]
    assert events[0].found <= START + timedelta(seconds=10 * (20 + 4))


def test_a_watch_that_catches_up_blames_no_later_commit() -> None:
    """The revert, a minute later, is known already when the windows before it are read: the culprit is named."""
    (event,) = told(change=20, reverted=26)
    assert event.origin is not None
    assert event.origin.commit == "bad"


def test_the_time_before_anybody_asks_is_not_usual() -> None:
    """A first release that waits for its first request for a while does not make its ordinary use a surge."""
    assert told(idle=3) == []


def told(*, idle: int = 0, change: int = 1000, reverted: int = 0) -> list[CostEvent]:
    """What a watch says in 40 windows: nobody asks in the first ones; from `change` on a commit triples the work."""
    watch, live = CostWatch(KNOBS), [deployed(12, "first")]
    said: list[CostEvent] = []
    for step in range(40):
        known = [*live, deployed(10 * change + 1, "bad")] if step >= change else live
        known = [*known, deployed(10 * reverted + 1, "revert")] if reverted else known
        met = window(step, asked=0 if step < idle else 2000, work=0.0015 if step >= change else 0.0005)
        said += [event for event in [watch.step(met, known)] if event]
    return said
