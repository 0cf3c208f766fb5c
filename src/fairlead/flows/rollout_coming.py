"""The rollout that a commit is about to begin: between the commit and its first look nothing is there to be watched."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from fairlead.domain.quantity import duration_text
from fairlead.domain.release import SHORT, Deployment
from fairlead.domain.rollout import Phase
from fairlead.flows.converging.reconcile import STANDING
from fairlead.flows.declared import declared_now
from fairlead.flows.lineage import wanted_at
from fairlead.flows.rollouts.kept import Kept, kept_rollouts
from fairlead.flows.rollouts.quarantine import quarantines
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError

__all__ = ["PATIENCE", "await_rollout"]

PATIENCE = timedelta(minutes=2)
"""The gate may test the release first; what takes longer is asked for again."""

_EVERY = timedelta(milliseconds=500)


def await_rollout(world: World, model: str, environment: str, tell: Callable[[str], None]) -> None:
    """Wait until the rollout that the followed branch's newest commit begins is there, for PATIENCE at most.

    Answers at once where one is under way, or none is about to begin. `tell` is given what it waits for, and why it
    does not any more.
    """
    if not world.holder() or _running(_known(world, model, environment)):
        return
    try:
        world.repository.fetch()
    except FairleadError as error:
        tell(f"nobody knows whether a rollout is about to begin: {error}")
        return
    before, coming = _ids(world, model, environment), _coming(world, model, environment)
    if not coming:
        return
    places, head = ", ".join(coming), world.repository.head().id[:SHORT]
    tell(
        f"waits for the rollout of {model} in {places} that commit {head} begins, for {duration_text(PATIENCE)} at most"
    )
    until = world.clock.now() + PATIENCE
    while _ids(world, model, environment) <= before:
        held = _held(world, model, coming)
        if held or not _coming(world, model, environment):
            tell(f"no rollout begins: {held or f'commit {head} is live'}")
            return
        if world.clock.now() >= until:
            tell(f"no rollout has begun for {duration_text(PATIENCE)}; see `fairlead status`")
            return
        world.clock.sleep(_EVERY)


def _known(world: World, model: str, environment: str) -> dict[str, Kept]:
    found = kept_rollouts(world).items()
    return {place: each for (place, name), each in found if name == model and environment in {"", place}}


def _running(known: dict[str, Kept]) -> bool:
    return any(not each.rollout.phase.final for each in known.values())


def _ids(world: World, model: str, environment: str) -> set[str]:
    return {each.rollout.id for each in _known(world, model, environment).values()}


def _coming(world: World, model: str, environment: str) -> tuple[str, ...]:
    """Environments where the newest commit wants another release than the live one, and there is a way between them."""
    declared = declared_now(world)
    found = declared.models.get(model) if declared is not None else None
    if found is None or found.spec is None or not found.spec.release.gradual:
        return ()
    head = world.repository.head().id
    live = {each.environment: each for each in world.state.deployments(model=model, live=True)}
    places = [each for each in found.spec.environments if each in live and environment in {"", each}]
    wanted = {each: wanted_at(world, each, model, head) for each in places}
    refused = {key[0]: each.digest for key, each in quarantines(world).items() if key[1] == model}
    known = _known(world, model, environment)
    return tuple(
        each
        for each, digest in wanted.items()
        if digest not in {"", live[each].digest, refused.get(each)}
        and not _through(known.get(each), digest, live[each])
    )


def _through(known: Kept | None, digest: str, live: Deployment) -> bool:
    """Whether the newest rollout gave it all traffic already: it is only to go live."""
    if known is None or known.rollout.phase is not Phase.COMPLETED:
        return False
    return known.rollout.new.digest == digest and live.since <= known.rollout.since


def _held(world: World, model: str, places: tuple[str, ...]) -> str:
    """Why the control plane lets it begin nowhere; '' where it may."""
    standing = json.loads(world.state.fact(STANDING) or "{}")
    held = {f"{each}/{model}" for each in places} - {*standing.get("held", ())}
    if held or standing.get("commit") != world.repository.head().id:
        return ""
    told = [
        each for each in world.state.incidents(open_only=True) if each.model == model and each.environment in places
    ]
    return told[0].message if told else "it is held"
