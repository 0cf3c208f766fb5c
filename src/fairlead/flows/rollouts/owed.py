"""Reverts that are owed: written and pushed beside the loop, tried again until Git has them or wants something else.

One that lies on a branch of its own is owed until its pull request is there, where the host has them.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from fairlead.domain.plan import Key
from fairlead.domain.rollout import Arm
from fairlead.flows.proposing import can_ask, has_pull_requests
from fairlead.flows.rollouts.quarantine import Quarantine, quarantine, quarantines
from fairlead.flows.rollouts.reverting import Cause, RevertOutcome, revert_release
from fairlead.flows.world import World

__all__ = ["Reverts"]

_LOG = logging.getLogger(__name__)
_AGAIN = timedelta(seconds=30)
_SELDOM = timedelta(hours=1)
_MOST = 24
"""Times that a pull request is asked for: the delay doubles from _AGAIN to _SELDOM, so that it takes most of a day."""


class Reverts:
    """Writes the revert of each release that was taken back, one at a time. What is owed stands in its quarantine."""

    def __init__(self, world: World) -> None:
        """Nothing runs yet."""
        self._world = world
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="reverts")
        self._asked: dict[str, Future[RevertOutcome]] = {}
        self._rests: dict[str, datetime] = {}
        self.under_way: frozenset[Key] = frozenset()
        """Where Git will soon say something else: the first try of the revert is not over, or has just changed Git."""

    def look(self) -> bool:
        """Begin what is owed, and note what became of what was begun; whether Git has changed by it."""
        owed = {key: each for key, each in quarantines(self._world).items() if not each.settled}
        changed = {key for key, each in owed.items() if not self._counting(each) and self._moved(key, each)}
        self.under_way = frozenset(changed | {key for key, each in owed.items() if not each.outcome})
        return bool(changed)

    def _moved(self, key: Key, owed: Quarantine) -> bool:
        """Begin a revert, or note what became of it; whether Git has changed by it."""
        future = self._asked.get(owed.journal)
        if future is None:
            self._begin(key, owed)
        elif future.done():
            return self._note(key, owed, future.result())
        return False

    def _counting(self, owed: Quarantine) -> bool:
        """Whether who met it is still counted: the revert says it."""
        return bool(owed.counted_by) and self._world.clock.now() < datetime.fromisoformat(owed.counted_by)

    def close(self) -> None:
        """Begin no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, key: Key, owed: Quarantine) -> None:
        rests = self._rests.get(owed.journal)
        if rests is not None and self._world.clock.now() < rests:
            return
        # Only its pull request is missing: without a token nobody is asked, and no try is used up.
        if owed.asked and not can_ask(self._world):
            return
        self._asked[owed.journal] = self._pool.submit(_revert, self._world, key, owed)

    def _note(self, key: Key, owed: Quarantine, outcome: RevertOutcome) -> bool:
        del self._asked[owed.journal]
        waits = outcome.kind == "branch" and has_pull_requests(self._world)
        asked = owed.asked + waits
        settled = outcome.kind != "failed" and (not waits or asked >= _MOST)
        if not settled:
            delay = min(_AGAIN * 2 ** (asked - 1), _SELDOM) if waits else _AGAIN
            self._rests[owed.journal] = self._world.clock.now() + delay
        told = _told(outcome) + (_prospect(self._world, asked) if waits else "")
        if (told, settled, asked) != (owed.outcome, owed.settled, owed.asked):
            quarantine(self._world, key, replace(owed, outcome=told, settled=settled, asked=asked))
        return outcome.kind != "failed"


def _revert(world: World, key: Key, owed: Quarantine) -> RevertOutcome:
    environment, model = key
    bad, good = Arm(owed.digest, owed.name), Arm(owed.good_digest, owed.good)
    cause = Cause(owed.metric, owed.told, owed.evidence, owed.journal)
    try:
        return revert_release(world, environment=environment, model=model, bad=bad, good=good, cause=cause)
    except Exception as defect:  # noqa: BLE001 - told with its traceback; the loop goes on, and it is tried again
        _LOG.exception("the revert of %s in %s broke", owed.name, environment)
        return RevertOutcome("failed", explanation=f"a defect in fairlead: {type(defect).__name__}: {defect}")


def _prospect(world: World, asked: int) -> str:
    if asked >= _MOST:
        return f"; it was asked for {asked} times, and is not asked for again"
    return "; it is asked for again" if can_ask(world) else ""


def _told(outcome: RevertOutcome) -> str:
    match outcome.kind:
        case "pushed":
            return f"revert {outcome.commit[:12]} is pushed to {outcome.branch}"
        case "proposed":
            return f"revert {outcome.commit[:12]} waits for its merge: {outcome.pull_request}"
        case "branch":
            return f"revert {outcome.commit[:12]} waits on branch {outcome.branch}: {outcome.explanation}"
        case "nothing":
            return outcome.explanation
        case _:
            return f"no revert could be written, and it is tried again: {outcome.explanation}"
