"""Whether a release may return without steps: it had all traffic not long ago, and nothing was said against it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fairlead.domain.incident import UNHEALTHY
from fairlead.domain.plan import Key
from fairlead.domain.release import Deployment
from fairlead.flows.world import World

__all__ = ["ran_healthy"]

_PROVEN = timedelta(minutes=10)
"""Had it all traffic for less, nobody knows how it ran."""

_TAKEN_BACK = ("rollout.aborted", "rollout.superseded")
"""Ends of a rollout of it since: somebody, or a verdict, did not want it to stay."""


def ran_healthy(world: World, key: Key, digest: str, window: timedelta, now: datetime) -> bool:
    """Whether the release was live here within `window`, served well all the time, and gave way to a newer one.

    What gave way to an older one was taken back, by whomever and however: it walks its steps again.
    """
    environment, model = key
    past = sorted(world.state.deployments(environment=environment, model=model), key=lambda each: each.since)
    last = next((each for each in reversed(past) if each.digest == digest), None)
    if last is None or (last.until is not None and now - last.until > window):
        return False
    if (last.until or now) - last.since < _PROVEN:
        return False
    sick = _was_sick(world, key, last, now - window)
    return not (sick or _went_back(world, past, last) or _taken_back(world, key, last))


def _went_back(world: World, past: Sequence[Deployment], last: Deployment) -> bool:
    """Whether an older release followed it: one that came here before it, or whose commit its own stands upon."""
    after = next((each for each in past if each.since > last.since and each.digest != last.digest), None)
    if after is None:
        return False
    order = [each.digest for each in past]
    older = order.index(after.digest) < order.index(last.digest)
    return older or world.repository.is_ancestor(_commit(after), _commit(last))


def _was_sick(world: World, key: Key, last: Deployment, since: datetime) -> bool:
    """Whether an incident said in its time, and not longer ago than `since`, that it did not serve as it must."""
    begun, end = max(last.since, since), last.until
    return any(
        (each.environment, each.model, each.kind) == (*key, UNHEALTHY)
        and (each.closed is None or each.closed > begun)
        and (end is None or each.opened < end)
        for each in world.state.incidents(open_only=False)
    )


def _taken_back(world: World, key: Key, last: Deployment) -> bool:
    found = [each for kind in _TAKEN_BACK for each in world.state.search(kind=kind, environment=key[0], model=key[1])]
    return any(each.draft.release == last.digest and each.at >= last.since for each in found)


def _commit(deployment: Deployment) -> str:
    return deployment.release.rpartition("@")[2]
