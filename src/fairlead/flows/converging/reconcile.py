"""One look: what Git wants, what runs, and the steps between. Called again and again; each look stands alone."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime

from fairlead.domain.incident import Incident
from fairlead.domain.journal import Actor, Draft
from fairlead.domain.plan import Key, Observed
from fairlead.domain.release import Deployment
from fairlead.flows.artifacts import Fetcher
from fairlead.flows.converging.converge import Converger, Place
from fairlead.flows.converging.desired import NOT_LIVE, Held, Wanted, placed, want
from fairlead.flows.converging.follow import Followed, Follower
from fairlead.flows.converging.gate import Gate
from fairlead.flows.converging.publishing import Publisher
from fairlead.flows.converging.requests import HANDLED, Asked, holds, remember_sync, take
from fairlead.flows.converging.scaled import Scaled
from fairlead.flows.converging.tidy import tidy_cache
from fairlead.flows.converging.violations import VIOLATION
from fairlead.flows.incidents import close_incident, open_incident
from fairlead.flows.metering.losses import note_log_failures, note_losses
from fairlead.flows.rollouts.conduct import Conductor
from fairlead.flows.rollouts.owed import Reverts
from fairlead.flows.rollouts.quarantine import ROLLED_BACK, lift, quarantines
from fairlead.flows.rollouts.scene import Scene
from fairlead.flows.scaling.telling import INSUFFICIENT
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError, FairleadError, NotFoundError

__all__ = ["STANDING", "Look", "Reconciler", "forget_standing"]

STANDING = "standing"
"""Fact: followed commit, whether Git is live everywhere, and what is still on its way."""


_LOG = logging.getLogger(__name__)
_GATEWAY = "gateway-down"
_PENDING = "the gate has not judged the commit yet"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: models on their way, models held, and whether a person asked to stop serving."""

    working: tuple[Key, ...] = ()
    held: tuple[Key, ...] = ()
    down: bool = False

    @property
    def synced(self) -> bool:
        """Whether Git equals live."""
        return not self.working and not self.held


def forget_standing(world: World) -> None:
    """Before the first look nobody knows whether Git is live, whatever was so when the state was written."""
    world.state.put_fact(STANDING, json.dumps({"synced": False}))


class Reconciler:
    """Looks at Git and at the machine. It may be killed at any instant: the next one starts from what it finds."""

    def __init__(self, world: World) -> None:
        """Nothing is read before the first look."""
        self._world = world
        self._follower = Follower(world)
        self._gate = Gate(world)
        self._fetch = Fetcher(world)
        self._converger = Converger(world, self._fetch)
        self._publisher = Publisher(world)
        self._conductor = Conductor(world)
        self._reverts = Reverts(world)
        self._scaled = Scaled(world)
        self._polled: datetime | None = None
        self._hurried = False

    def look(self) -> Look:
        """Follow Git where it is time, then bring every model one look nearer to what is wanted.

        An end of serving that was asked for before the first look was meant for another control plane.
        """
        asked = take(self._world)
        if asked.down and self._polled is not None:
            self._world.state.put_fact(HANDLED, str(asked.newest))
            return Look(down=True)
        self._follow(asked)
        if not self._refresh() or self._follower.current is None:
            return self._note(asked, Look(working=(("", ""),)))
        live = self._world.state.deployments(live=True)
        self._obey(asked)
        wanted = self._want(asked, live)
        self._lift(wanted)
        working = self._converge(wanted, live)
        self._hurried = self._reverts.look()
        moving = sorted({*working, *self._reverts.under_way})
        look = self._note(asked, Look(tuple(moving), tuple(sorted(wanted.held))))
        self._publisher.tell(working, wanted.held)
        if self._converger.moved:
            tidy_cache(self._world)
            self._converger.moved = False
        return look

    def close(self) -> None:
        """End what runs beside the loop."""
        self._gate.close()
        self._fetch.close()
        self._publisher.close()
        self._conductor.close()
        self._reverts.close()

    def _refresh(self) -> bool:
        """Gateway and routes as they should be; False, with an incident, where the machine does not allow it."""
        note_losses(self._world)
        followed = self._follower.current
        try:
            declared = followed.declared if followed else None
            self._world.target.refresh(declared.workspace if declared else None, self._scaled.holds(declared))
        except FairleadError as error:
            open_incident(self._world, _GATEWAY, f"{error.where}: {error.what}".removeprefix(": "), error.mend)
            return False
        except OSError as error:
            open_incident(self._world, _GATEWAY, str(error), "look at the disk's free space and at the permissions")
            return False
        close_incident(self._world, _GATEWAY)
        note_log_failures(self._world)
        return True

    def _follow(self, asked: Asked) -> None:
        now = self._world.clock.now()
        due = self._polled is None or self._hurried or now - self._polled >= self._world.settings.poll
        if not due and not asked.newest:
            return
        self._polled = now
        if self._follower.poll():
            self._converger.forgive()

    def _want(self, asked: Asked, live: list[Deployment]) -> Wanted:
        followed = self._follower.current
        if followed is None:
            return Wanted()
        commit = followed.commit.id
        if asked.sync:
            running = {(each.environment, each.model) for each in live}
            remember_sync(self._world, commit, asked.sync, placed(followed.declared) | running)
        judged = self._gate.judged(followed, live)
        self._publisher.hear(followed, judged)
        self._scaled.most = judged.most
        held = replace(holds(self._world, commit), under_way=self._conductor.under_way())
        return want(self._world, followed.commit, judged, live, held)

    def _converge(self, wanted: Wanted, live: list[Deployment]) -> list[Key]:
        running = {(each.environment, each.model): each for each in live}
        found = {(each.environment, each.model): each for each in self._world.target.observe()}
        wanted = self._scaled.within(wanted, self._follower.current, found, running, self._conductor.under_way())
        troubles: dict[Key, list[Incident]] = {}
        for each in self._world.state.incidents(open_only=True):
            troubles.setdefault((each.environment, each.model), []).append(each)
        working: list[Key] = []
        troubled = {key for key in troubles if key[0]}
        for key in sorted({*wanted.desired, *wanted.held, *wanted.waiting, *found, *running, *troubled}):
            held = wanted.held.get(key)
            self._tell_hold(key, held, troubles.get(key, []))
            if not self._one(key, wanted, found.get(key), running.get(key)):
                working.append(key)
            elif held or key in wanted.desired or wanted.reason(key) is None:
                self._calm(key, held, troubles.get(key, []))
        for environment, model in troubles:
            if not environment and ("", model) not in wanted.held:
                close_incident(self._world, NOT_LIVE, model=model)
        return working

    def _tell_hold(self, key: Key, held: Held | None, told: list[Incident]) -> None:
        """Open the incident that says why Git is not live for a model; nothing is written where it says so already."""
        followed = self._follower.current
        if held is None or followed is None:
            return
        commit = followed.commit.id
        if any((each.kind, each.message, each.commit) == (held.kind, held.message, commit) for each in told):
            return
        environment, model = key
        open_incident(
            self._world, held.kind, held.message, held.mend, environment=environment, model=model, commit=commit
        )

    def _calm(self, key: Key, held: Held | None, told: list[Incident]) -> None:
        """Close what is open for a model that is as it should be, but for what still holds it."""
        environment, model = key
        for each in told:
            if each.kind == INSUFFICIENT and self._scaled.scales(key):
                continue
            if environment and each.kind != VIOLATION and (held is None or each.kind != held.kind):
                close_incident(self._world, each.kind, environment=environment, model=model)

    def _one(self, key: Key, wanted: Wanted, observed: Observed | None, live: Deployment | None) -> bool:
        """One model brought nearer. Where nothing is wanted because nothing is known yet, what runs is left alone.

        So is a move of traffic that a killed process could not record, until the verdict on it is known again.
        A defect of ours in one model is told with its traceback, and keeps no other model from being looked after.
        """
        followed = self._follower.current
        if followed is None:
            return False
        place = Place(*key, wanted.desired.get(key), observed, live, wanted.standing.get(key), followed.commit)
        if place.desired is None and (wanted.reason(key) or key in wanted.waiting):
            return key not in wanted.waiting
        try:
            place = self._on_course(place, wanted, followed)
            if key in wanted.waiting and place.unrecorded and place.course is None:
                return False
            return self._converger.converge(place) and key not in wanted.waiting and place.course is None
        except FairleadError:
            raise
        except Exception as defect:  # noqa: BLE001 - told with its traceback and in an incident
            _LOG.exception("%s: a defect", "/".join(key))
            what = f"a defect in fairlead: {type(defect).__name__}: {defect}"
            environment, model = key
            commit = followed.commit.id
            mend = "see `fairlead logs`, and report it"
            open_incident(self._world, NOT_LIVE, what, mend, environment=environment, model=model, commit=commit)
            return False

    def _on_course(self, place: Place, wanted: Wanted, followed: Followed) -> Place:
        """The place as its rollout has it, where there is one."""
        key = (place.environment, place.model)
        declared = followed.declared.models.get(place.model)
        held = wanted.reason(key)
        if place.desired is None or place.live is None:
            if held is None and key not in wanted.waiting:
                self._conductor.withdrawn(key)
            return place
        spec = declared.spec if declared is not None else None
        scene = Scene(
            key,
            self._world.clock.now(),
            followed.commit.id,
            followed.declared.workspace,
            spec or place.desired.release.spec,
            place.desired,
            place.standing,
            place.observed,
            place.live,
            waiting=_PENDING if key in wanted.waiting else held.message if held and not held.refused else "",
            refused=held is not None and held.kind == ROLLED_BACK,
            failure=self._converger.given_up(*key, place.desired.release.digest),
        )
        course = self._conductor.course(scene)
        if course is None:
            return place
        return replace(place, desired=course.desired, standing=course.standing, course=course)

    def _obey(self, asked: Asked) -> None:
        """Take people's commands to rollouts; one that came too late is told in the journal, and changes nothing."""
        for each in asked.rollouts:
            actor = Actor(each.actor, claimed=each.claimed)
            try:
                self._conductor.command(each.verb, (each.environment, each.model), actor, each.reason)
            except (ConflictError, NotFoundError) as error:
                body = {"command": each.verb, "message": str(error)}
                self._world.state.append(Draft("rollout.refused", actor, each.environment, each.model, body=body))

    def _lift(self, wanted: Wanted) -> None:
        """What was taken back is open again where Git wants something else now."""
        for key, taken in quarantines(self._world).items():
            desired = wanted.desired.get(key)
            told = wanted.reason(key) is not None or key in wanted.waiting
            if not told and (desired is None or desired.release.digest != taken.digest):
                lift(self._world, key)

    def _note(self, asked: Asked, look: Look) -> Look:
        followed = self._follower.current
        standing = {
            "commit": followed.commit.id if followed else "",
            "synced": look.synced,
            "working": ["/".join(key) for key in look.working],
            "held": ["/".join(key) for key in look.held],
        }
        text = json.dumps(standing)
        if self._world.state.fact(STANDING) != text:
            self._world.state.put_fact(STANDING, text)
        if asked.newest:
            self._world.state.put_fact(HANDLED, str(asked.newest))
        return look
