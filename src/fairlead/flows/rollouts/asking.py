"""`fairlead rollout`: what stands of a model's rollouts, and what a person says to one of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from fairlead.deliver.rollout.commands import abort, pause, promote, resume
from fairlead.deliver.rollout.traffic import traffic
from fairlead.domain.analysis import AnalysisFinding
from fairlead.domain.journal import Actor, Draft
from fairlead.domain.request import ROLLOUT, RolloutCommand
from fairlead.domain.rollout import Rollout
from fairlead.flows.principals import authorise
from fairlead.flows.rollouts.kept import Kept, Point, kept_rollouts
from fairlead.flows.rollouts.quarantine import Quarantine, quarantines
from fairlead.flows.rollouts.spending import resting
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError, NotFoundError

__all__ = ["COMMANDS", "RolloutView", "ask_rollout", "rollout_views"]

COMMANDS = {"pause": pause, "resume": resume, "promote": promote, "abort": abort}
"""What a person may say."""


@dataclass(frozen=True, slots=True)
class RolloutView:
    """The newest rollout of a model in an environment.

    `shares` are weights by release name as they are meant now; `points` the measures at each look, oldest first;
    `refused` says what was taken back and is refused still, and what became of its revert; `resting` why it is not
    ready although its servers answer ('' where it is not so).
    """

    rollout: Rollout
    shares: tuple[tuple[str, int], ...]
    finding: AnalysisFinding | None
    points: tuple[Point, ...]
    looked: datetime | None
    refused: Quarantine | None
    resting: str = ""


def rollout_views(world: World, model: str = "", environment: str = "") -> tuple[RolloutView, ...]:
    """Of all models, or of one; sorted by environment and model. NotFoundError where a named model has none."""
    known = sorted(kept_rollouts(world).items())
    # Second, since an abort refuses its release before it is kept: an end is never told without it.
    refused = quarantines(world)
    found = [
        _view(each, refused.get(key)) for key, each in known if model in {"", key[1]} and environment in {"", key[0]}
    ]
    if model and not found:
        where = f" in {environment}" if environment else ""
        raise NotFoundError(f"{model} has had no rollout{where}", mend="fairlead status, or declare `release.strategy`")
    return tuple(found)


def ask_rollout(world: World, verb: str, model: str, *, environment: str = "", reason: str = "", actor: Actor) -> int:
    """Ask the running control plane; answers the request's number. What is not possible now is refused at once.

    Without `environment` the one rollout of the model that is under way is meant; ConflictError where there are more.
    """
    authorise(world, actor, "operator")
    known = [
        each for (place, name), each in kept_rollouts(world).items() if name == model and environment in {"", place}
    ]
    running = [each for each in known if not each.rollout.phase.final]
    if not known:
        raise NotFoundError(f"{model} has had no rollout", mend="fairlead rollout show")
    if len(running) > 1:
        places = ", ".join(sorted(each.rollout.environment for each in running))
        raise ConflictError(f"{model} has rollouts in {places}", mend="name one with --environment")
    chosen = (running or known)[0].rollout
    COMMANDS[verb](chosen, actor, reason, world.clock.now())
    command = RolloutCommand(verb, chosen.environment, model, reason.strip(), actor.name, actor.claimed)
    body = {"command": verb, "reason": command.reason}
    draft = Draft("request.rollout", actor, chosen.environment, model, chosen.new.digest, body=body)
    return world.state.request(ROLLOUT, json.dumps(asdict(command)), draft)


def _view(kept: Kept, refused: Quarantine | None) -> RolloutView:
    rollout, measured = kept.rollout, kept.measured
    names = {rollout.new.digest: rollout.new.name, rollout.old.digest: rollout.old.name}
    shares = tuple((names[digest], weight) for digest, weight in traffic(rollout).shares)
    return RolloutView(rollout, shares, measured.finding, measured.points, measured.looked, refused, resting(kept))
