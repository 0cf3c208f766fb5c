"""The conductor: at every look it tells, for each model, which releases are kept up and who gets the traffic.

Where Git wants another release than the live one and its way is gradual, a rollout stands between the two. The machine
is pure; here it is given its facts, what it decides is written down, and only then anything moves.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from fairlead.deliver.rollout.machine import Advance, advance, begin
from fairlead.deliver.rollout.traffic import traffic
from fairlead.deliver.rollout.transitions import CONTROL, finish
from fairlead.domain.journal import Actor
from fairlead.domain.plan import Desired, Key
from fairlead.domain.rollout import Arm, Phase, RolloutEvent, Traffic
from fairlead.flows.rollouts.analyses import analysis_of
from fairlead.flows.rollouts.asking import COMMANDS
from fairlead.flows.rollouts.checks import Checker
from fairlead.flows.rollouts.health import ran_healthy
from fairlead.flows.rollouts.kept import Kept, keep, kept_rollouts
from fairlead.flows.rollouts.measuring import Measurer
from fairlead.flows.rollouts.outlook import forewarning
from fairlead.flows.rollouts.refusing import count_last, owes_count, refuse
from fairlead.flows.rollouts.scene import Scene, facts_of
from fairlead.flows.rollouts.sources import Sources
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["Conductor", "Course"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Course:
    """What the converger is told of a model under way.

    `desired` is brought up and never retired, `standing` is kept beside it while `traffic` names it; `live`: whether
    the release that gets all traffic counts as live.
    """

    desired: Desired
    standing: Desired | None
    traffic: Traffic | None
    live: bool


class Conductor:
    """Conducts all rollouts of a workspace. One thread asks it; a kill at any instant loses no decision."""

    def __init__(self, world: World) -> None:
        """Nothing is read before the first look."""
        self._world = world
        self._sources = Sources(Path(world.settings.repository, world.settings.folder))
        self._measurer = Measurer(world, self._sources)
        self._checker = Checker()
        self._known: dict[Key, Kept] | None = None

    def close(self) -> None:
        """Ask nothing more."""
        self._sources.close()
        self._checker.close()

    def under_way(self) -> dict[Key, str]:
        """Digests of the new releases of rollouts that have not ended."""
        known = self._rollouts()
        return {key: each.rollout.new.digest for key, each in known.items() if not each.rollout.phase.final}

    def command(self, verb: str, key: Key, actor: Actor, reason: str) -> None:
        """What a person said to a rollout. ConflictError where it is not possible now; NotFoundError without one."""
        known = self._rollouts().get(key)
        if known is None:
            raise NotFoundError(f"{key[1]} has no rollout in {key[0]}", mend="fairlead rollout show")
        self._settle(known, COMMANDS[verb](known.rollout, actor, reason, self._world.clock.now()))

    def course(self, scene: Scene) -> Course | None:
        """The course of a model; None where no rollout concerns it."""
        known = self._rollouts().get(scene.key)
        if known is not None and known.rollout.phase is Phase.ABORTED and scene.live.digest == known.rollout.new.digest:
            # Killed between the decision and the switch: what was taken back still has all traffic.
            return self._course(known, scene) if scene.refused else None
        if known is not None and owes_count(known, scene.now):
            self._rollouts()[scene.key] = count_last(self._world, self._measurer, known, scene.now)
        if known is None or known.rollout.phase.final:
            known = self._started(scene)
        if known is None:
            return None
        known = self._mourned(known, scene)
        try:
            known = self._looked(known, scene)
        except Exception:  # noqa: BLE001 - told with its traceback; what cannot be measured can still end
            _LOG.exception("%s/%s cannot be measured", *scene.key)
        step = advance(known.rollout, facts_of(scene, known))
        return self._course(self._settle(self._positioned(known, step, scene), step), scene)

    def withdrawn(self, key: Key) -> None:
        """Git declares the model no more, or nobody can read where it belongs: what was under way has ended."""
        known = self._rollouts().get(key)
        if known is not None and not known.rollout.phase.final:
            gone = "it is no longer declared here"
            self._settle(known, finish(known.rollout, Phase.SUPERSEDED, self._world.clock.now(), gone))

    def _rollouts(self) -> dict[Key, Kept]:
        if self._known is None:
            self._known = kept_rollouts(self._world)
        return self._known

    def _started(self, scene: Scene) -> Kept | None:
        """A new rollout, where Git wants one release, another is live, and there is a way between them."""
        desired, standing, live = scene.desired, scene.standing, scene.live
        strategy, digest = scene.spec.release, desired.release.digest
        if scene.waiting or standing is None or not desired.replicas or not standing.replicas:
            return None
        if not strategy.gradual or digest == live.digest or self._due(scene):
            return None
        new, old = Arm(digest, desired.release.name), Arm(live.digest, live.release)
        healthy = ran_healthy(self._world, scene.key, digest, strategy.rollback_window, scene.now)
        identity = f"{new.name}-{scene.now:%Y%m%dT%H%M%S%f}"
        begun = begin(*scene.key, new, old, scene.commit, strategy, scene.now, healthy_before=healthy, id=identity)
        before = self._rollouts().get(scene.key)
        if before is not None:
            count_last(self._world, self._measurer, before, scene.now)
        made = Kept(begun.rollout, analysis_of(scene.workspace, strategy.analysis, scene.spec))
        keep(self._world, made, self._forewarned(made, begun.events))
        self._rollouts()[scene.key] = made
        return made

    def _forewarned(self, made: Kept, events: tuple[RolloutEvent, ...]) -> tuple[RolloutEvent, ...]:
        """The start says as well that the traffic is too little for a verdict in time, for whoever saw no plan."""
        told = "" if made.rollout.returns else forewarning(self._world, made.rollout, made.analysis)
        return tuple(replace(each, message=f"{each.message}; {told}") if told else each for each in events)

    def _due(self, scene: Scene) -> bool:
        """Whether a rollout gave it all traffic already, by a person's word or before a kill: it is only to go live."""
        known = self._rollouts().get(scene.key)
        if known is None or known.rollout.phase is not Phase.COMPLETED:
            return False
        ended, live = known.rollout, scene.live
        arms = (scene.desired.release.digest, live.digest)
        return arms == (ended.new.digest, ended.old.digest) and live.since <= ended.since

    def _mourned(self, known: Kept, scene: Scene) -> Kept:
        """Servers that died since the last look; kept at once, since the machine forgets them."""
        deaths = scene.died(known.rollout, known.measured.deaths)
        if deaths == known.measured.deaths:
            return known
        after = replace(known, measured=replace(known.measured, deaths=deaths))
        keep(self._world, after)
        self._rollouts()[scene.key] = after
        return after

    def _looked(self, known: Kept, scene: Scene) -> Kept:
        """What was measured since the last look; kept at once, since it moves on in the log."""
        rollout, after = known.rollout, known
        servers = scene.servers(rollout.new)
        if rollout.phase is Phase.PREPARING and scene.ready(rollout.new):
            after = self._measurer.settle(known, servers, scene.now)
        elif rollout.phase is Phase.CHECKING:
            tree = self._world.repository.tree(scene.commit)
            ports = tuple(each.port for each in servers)
            found = self._checker.result(rollout, scene.spec, tree, ports)
            after = known if found == known.checks else replace(known, checks=found)
        elif rollout.phase in {Phase.STEPPING, Phase.RETAINING}:
            both = (*servers, *scene.servers(rollout.old))
            after = self._measurer.look(known, scene.spec, both, scene.now)
        if after is not known:
            fresh = after.measured.lost if after.measured.lost != known.measured.lost else ""
            keep(self._world, after, [RolloutEvent("unread", CONTROL, fresh)] if fresh else [])
            self._rollouts()[scene.key] = after
        return after

    def _positioned(self, known: Kept, step: Advance, scene: Scene) -> Kept:
        """Before the new release gets its first traffic, the log's end is noted: whatever meets it is counted."""
        if known.measured.log is not None or step.rollout.phase not in {Phase.STEPPING, Phase.RETAINING}:
            return known
        both = (*scene.servers(known.rollout.new), *scene.servers(known.rollout.old))
        begun = self._measurer.begin(replace(known, rollout=step.rollout), scene.spec, both, scene.now)
        return replace(known, measured=begun.measured)

    def _settle(self, known: Kept, step: Advance) -> Kept:
        """Write down what was decided. An abort refuses the release in the same breath, before traffic moves."""
        after = replace(known, rollout=step.rollout)
        if step.rollout == known.rollout and not step.events:
            return known
        if step.rollout.phase is Phase.ABORTED:
            refuse(self._world, after)
        keep(self._world, after, step.events)
        self._rollouts()[known.key] = after
        if step.rollout.phase.final:
            self._measurer.leave(known.key)
        return after

    def _course(self, known: Kept, scene: Scene) -> Course | None:
        rollout = known.rollout
        if rollout.phase is Phase.COMPLETED:
            return None
        old = self._placed(scene, rollout.old)
        if rollout.phase.final:
            return Course(old, None, None, live=True) if old else None
        new = self._placed(scene, rollout.new)
        if new is None or old is None:
            return None
        shared = traffic(rollout)
        if rollout.phase is Phase.STEPPING and any(each.name == "predictions" for each in known.analysis.metrics):
            shared = replace(shared, answers=True)
        return Course(new, old, shared, live=rollout.phase is Phase.RETAINING)

    def _placed(self, scene: Scene, arm: Arm) -> Desired | None:
        """A release of the rollout as something to keep up here, also where Git names it no more."""
        for each in (scene.desired, scene.standing):
            if each is not None and each.release.digest == arm.digest:
                return each
        try:
            found = self._world.releases.release(scene.key[1], arm.name.rpartition("@")[2])
        except NotFoundError:
            return None  # a forced push dropped its commit
        return Desired(scene.key[0], found, scene.desired.replicas) if found else None
