"""The deployments that an event may be traced to, with who declared them and what of their cost was told before."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from fairlead.domain.anomaly import Deployed
from fairlead.domain.plan import Key
from fairlead.domain.release import Deployment
from fairlead.drivers.git_commits import GitCommitter
from fairlead.flows.commit_text import trailer
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["COST_FACTOR", "deployments_of"]

COST_FACTOR = "Fairlead-Cost-Factor"
"""Trailer of a commit whose author knows what it does to cost: `Fairlead-Cost-Factor: 1.8` is 1.8 times as much."""

_MOST = 50


def deployments_of(world: World, key: Key, since: datetime) -> tuple[Deployed, ...]:
    """The newest deployments of a model in an environment that began after `since`, oldest first."""
    found = world.state.deployments(environment=key[0], model=key[1])[:_MOST]
    return tuple(_deployed(world, each) for each in reversed(found) if each.since > since)


def _deployed(world: World, each: Deployment) -> Deployed:
    """A commit that the history does not hold any more has no author that anybody could name."""
    short = each.release.rpartition("@")[2]
    try:
        commit = world.repository.commit(short)
    except NotFoundError:
        return Deployed(each.since, each.environment, each.model, each.release, short, "", "")
    message = GitCommitter(world.repository, world.signer, world.clock).message(commit.id)
    factor = _factor(trailer(message, COST_FACTOR))
    place = (each.environment, each.model, each.release)
    return Deployed(each.since, *place, commit.id, commit.author, commit.subject, factor)


def _factor(text: str) -> Decimal | None:
    try:
        factor = Decimal(text)
    except InvalidOperation:
        return None
    return factor if factor.is_finite() and factor > 0 else None
