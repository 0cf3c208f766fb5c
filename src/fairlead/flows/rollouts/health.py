"""Whether a release may return without steps: it had all traffic not long ago, and nothing was said against it."""

from __future__ import annotations

from datetime import datetime, timedelta

from fairlead.domain.plan import Key
from fairlead.flows.world import World

__all__ = ["ran_healthy"]

_PROVEN = timedelta(minutes=10)
"""Had it all traffic for less, nobody knows how it ran."""


def ran_healthy(world: World, key: Key, digest: str, window: timedelta, now: datetime) -> bool:
    """Whether the release was live here within `window`, and was not taken back since it last came."""
    environment, model = key
    past = world.state.deployments(environment=environment, model=model)
    last = next((each for each in past if each.digest == digest), None)
    if last is None or (last.until is not None and now - last.until > window):
        return False
    if (last.until or now) - last.since < _PROVEN:
        return False
    aborted = world.state.search(kind="rollout.aborted", model=model, environment=environment)
    return not any(each.draft.release == digest and each.at >= last.since for each in aborted)
