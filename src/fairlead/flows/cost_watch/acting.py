"""What is done about an event besides telling it: a revert is proposed, a model is suspended. Each is done once."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from fairlead.domain.anomaly import AnomalyAction, CostEvent, Deployed
from fairlead.domain.incident import Suspension
from fairlead.domain.journal import Draft
from fairlead.domain.release import SHORT, Deployment
from fairlead.domain.rollout import Arm
from fairlead.drivers.git_commits import GitCommitter
from fairlead.flows.cost_watch.events import KeptEvent, event_of, keep_event
from fairlead.flows.incidents import CONTROL
from fairlead.flows.landing import land
from fairlead.flows.lineage import lineage, wanted_at
from fairlead.flows.rollouts.restoring import restoration
from fairlead.flows.rollouts.revert_case import Case, Cause
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.windows import iso

__all__ = ["act"]

_LOG = logging.getLogger(__name__)
_SUSPENDED_FOR = timedelta(days=1)


def act(world: World, value: KeptEvent, actions: tuple[AnomalyAction, ...]) -> None:
    """Take the actions that were not taken yet; what could not be done is told as well, and not tried for ever."""
    for action in actions:
        if action in {"notify", "hold"} or any(each.startswith(f"{action}:") for each in value.done):
            continue
        try:
            told = _suspend(world, value.event) if action == "suspend" else _propose(world, value.event)
        except FairleadError as error:
            told = f"failed: {error.what}"
            _LOG.warning("%s for cost event %s failed: %s", action, value.event.id, error)
        # Read again: an owner may have said something meanwhile, and that took the network's time.
        value = event_of(world, value.event.id)
        value = replace(value, done=(*value.done, f"{action}: {told}"))
        keep_event(world, value, "acted", f"{action}: {told}")


def _suspend(world: World, event: CostEvent) -> str:
    """No commit changes the model for a day, or until a person resumes it."""
    now = world.clock.now()
    suspension = Suspension(event.model, event.sentence, CONTROL.name, now, now + _SUSPENDED_FOR)
    body = {"reason": suspension.reason, "until": iso(suspension.until), "event": event.id}
    world.state.suspend(suspension, Draft("model.suspended", CONTROL, model=event.model, body=body))
    return f"{event.model} is suspended until {iso(suspension.until)}"


def _propose(world: World, event: CostEvent) -> str:
    """A revert of the commit that it began with, on a branch of its own and before people: cost alone condemns none."""
    origin = event.origin
    if origin is None:
        return "it began with no commit"
    arms = _arms(world, event, origin)
    if arms is None:
        return f"no release was live before {origin.release}"
    bad, good = arms
    world.repository.fetch()
    head = world.repository.head().id
    if wanted_at(world, event.environment, event.model, head) != bad.digest:
        return f"Git does not want {origin.release} any more"
    committer = GitCommitter(world.repository, world.signer, world.clock)
    cause = Cause("cost", event.sentence, f"fairlead anomalies, event {event.id}", "")
    case = Case(world, committer, event.environment, event.model, bad, good, cause)
    made = restoration(case, head, lineage(world, event.environment, event.model, head, bad.digest, good.digest))
    if not made.commit:
        return f"no revert could be made: {made.why}"
    branch = f"fairlead/cost-{event.model}-{origin.commit[:SHORT]}"
    landed = land(world, committer, made.commit, branch, made.why or "a person decides what cost is worth")
    return landed.explanation


def _arms(world: World, event: CostEvent, origin: Deployed) -> tuple[Arm, Arm] | None:
    """The release that it began with, and the one that was live before it."""
    found = world.state.deployments(environment=event.environment, model=event.model)
    bad = next((each for each in found if each.release == origin.release), None)
    if bad is None:
        return None
    before = [each for each in found if each.since < bad.since and each.digest != bad.digest]
    return (_arm(bad), _arm(before[0])) if before else None


def _arm(each: Deployment) -> Arm:
    return Arm(each.digest, each.release)
