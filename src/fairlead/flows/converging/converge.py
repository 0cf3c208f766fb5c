"""One model brought to what is wanted: its steps are taken, failures retried, and what happened is recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from fairlead.deliver.apply import Files, apply
from fairlead.deliver.backoff import LONGEST_DELAY, Attempts
from fairlead.domain.incident import UNHEALTHY
from fairlead.domain.journal import Draft
from fairlead.domain.plan import Action, Desired, Observed, Step
from fairlead.domain.release import Commit, Deployment, Release
from fairlead.domain.rollout import Traffic
from fairlead.domain.serving import RunningServer, ServerState
from fairlead.flows.converging.desired import NOT_LIVE
from fairlead.flows.incidents import CONTROL, open_incident
from fairlead.flows.rollouts.conduct import Course
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError
from fairlead.plan.diff import ORDERED, model_steps
from fairlead.plan.explain import describe

__all__ = ["Converger", "Place"]

_ALL = 100
_STABLE = timedelta(seconds=60)
_UNRECORDED = "the control plane ended before it could record this"


@dataclass(frozen=True, slots=True)
class Place:
    """A model in an environment: what is wanted, what is found, and what was live when the look began.

    `standing` is the live release as something to keep, where it is not the wanted one. Of a model under way `course`
    says who gets the traffic, and whether that makes a release the live one.
    """

    environment: str
    model: str
    desired: Desired | None
    observed: Observed | None
    live: Deployment | None
    standing: Desired | None
    commit: Commit
    course: Course | None = None

    @property
    def releases(self) -> dict[str, Release]:
        """What may be started here, by digest."""
        return {each.release.digest: each.release for each in (self.desired, self.standing) if each}

    @property
    def unrecorded(self) -> bool:
        """Whether the traffic goes elsewhere than is recorded."""
        routed = self.observed.routed if self.observed else ()
        return self.live is not None and bool(routed) and routed != ((self.live.digest, 100),)

    def goes_live(self, traffic: Traffic | None) -> str:
        """The release that has all traffic and so counts as live; '' where none does, or it is still judged."""
        whole = [digest for digest, weight in traffic.shares if weight == _ALL] if traffic else []
        return whole[0] if whole and (self.course is None or self.course.live) else ""

    @property
    def returning(self) -> bool:
        """Whether the traffic goes back from a release that was tried: that is no drift."""
        return self.course is not None and self.course.standing is None

    def is_live(self, digest: str) -> bool:
        """Whether the release of that digest is the live one."""
        return self.live is not None and self.live.digest == digest


@dataclass(slots=True)
class Converger:
    """Brings models to what is wanted. Only failures are remembered between two looks."""

    world: World
    files: Files
    attempts: dict[tuple[str, str, str], Attempts] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    moved: bool = False
    """Whether a release went live, so that others may have become too old to keep."""

    def converge(self, place: Place) -> bool:
        """Take the steps that can be taken now; True when the model is as it is wanted."""
        if self._catch_up(place):
            return False
        self._count_deaths(place)
        traffic = place.course.traffic if place.course else None
        steps = model_steps(place.desired, place.observed, place.standing, traffic)
        due = tuple(step for step in steps if self._due(place, step))
        try:
            finished = apply(due, self.world.target, place.releases, self.files, lambda step: self._record(place, step))
        except (FairleadError, OSError) as error:
            self._broken(place, error)
            return False
        settled = finished and len(due) == len(steps) and _settled(place)
        if settled:
            self._forget_failures(place)
        return settled

    def given_up(self, environment: str, model: str, digest: str) -> str:
        """Why nothing more is tried with a release; '' where it is."""
        tries = self.attempts.get((environment, model, digest), Attempts())
        return f"{tries.failures} tries to start them failed" if tries.exhausted else ""

    def forgive(self) -> None:
        """Git changed: what failed before may be tried again."""
        self.attempts.clear()

    def _catch_up(self, place: Place) -> bool:
        """Record the move of traffic that a process made and was killed before it could; whether there was one."""
        routed = place.observed.routed if place.observed else ()
        wanted = place.desired if place.desired and not place.desired.ends else None
        if wanted is None and place.live is not None and not routed:
            draft = self._draft(place, "deployment.ended", {"reason": _UNRECORDED})
            self.world.state.withdraw(place.environment, place.model, draft)
            return True
        arrived = place.goes_live(place.observed.traffic if place.observed else None)
        if wanted is None or place.is_live(wanted.release.digest) or arrived != wanted.release.digest:
            return False
        self._go_live(place, wanted.release, _UNRECORDED)
        return True

    def _count_deaths(self, place: Place) -> None:
        """Servers of one release that are found dead at once are one failure: a reboot ends all of them."""
        dead: dict[str, RunningServer] = {}
        for server in place.observed.servers if place.observed else ():
            digest = server.labels.get("release", "")
            if _has_died(server) and digest in place.releases and server.id not in self.counted:
                self.counted.add(server.id)
                dead.setdefault(digest, server)
        for digest, server in dead.items():
            self._failed(place, digest, f"{server.labels['name']} {_death(server)}", f"fairlead logs {place.model}")

    def _broken(self, place: Place, error: FairleadError | OSError) -> None:
        """A step that could not be taken. It is taken at every look, and told as often as a start is tried."""
        digest = place.desired.release.digest if place.desired else ""
        if not self._tries(place, digest).due(self.world.clock.now()):
            return
        if isinstance(error, FairleadError):
            self._failed(place, digest, error.what, error.mend)
        else:
            self._failed(place, digest, str(error), "look at the disk's free space and at the permissions")

    def _tries(self, place: Place, digest: str) -> Attempts:
        return self.attempts.get((place.environment, place.model, digest), Attempts())

    def _failed(self, place: Place, digest: str, message: str, mend: str) -> None:
        tries = self._tries(place, digest).failed(self.world.clock.now())
        self.attempts[place.environment, place.model, digest] = tries
        outlook = _outlook(tries, live=place.is_live(digest))
        body = {"message": message, "outlook": outlook}
        self.world.state.append(self._draft(place, "attempt.failed", body))
        open_incident(
            self.world,
            UNHEALTHY if place.is_live(digest) else NOT_LIVE,
            f"{message} ({outlook})",
            mend,
            environment=place.environment,
            model=place.model,
            commit=place.commit.id,
        )

    def _due(self, place: Place, step: Step) -> bool:
        """Whether a step may be taken now.

        What is live is never given up: its first death is mended at once, later ones with back-off, without an end.
        """
        if step.action not in {Action.FETCH, Action.START}:
            return True
        tries, now = self._tries(place, step.release), self.world.clock.now()
        if place.is_live(step.release):
            return tries.failures <= 1 or tries.rested(now)
        return tries.due(now)

    def _record(self, place: Place, step: Step) -> None:
        arrived = place.goes_live(step.traffic)
        if arrived and not place.is_live(arrived):
            self._go_live(place, place.releases[arrived], step.reason)
        elif step.action is Action.WITHDRAW:
            draft = self._draft(place, "deployment.ended", {"reason": step.reason})
            self.world.state.withdraw(place.environment, place.model, draft)
        elif step.action is not Action.FETCH:
            healing = (
                step.action in {Action.START, Action.SWITCH}
                and step.reason != ORDERED
                and place.is_live(step.release)
                and not place.returning
            )
            kind = "drift.healed" if healing else "step.taken"
            self.world.state.append(self._draft(place, kind, {"step": describe(step)}))

    def _go_live(self, place: Place, release: Release, reason: str) -> None:
        now = self.world.clock.now()
        live = Deployment(
            place.environment, place.model, release.name, release.digest, place.commit.id, now, None, reason
        )
        body = {"name": release.name, "before": place.live.release if place.live else ""}
        self.world.state.go_live(live, self._draft(place, "deployment.live", body))
        self.moved = True

    def _forget_failures(self, place: Place) -> None:
        """Only a release that has stood for a while starts anew, so that a crash loop is slowed down."""
        started = [server.started for server in place.observed.servers] if place.observed else []
        if all(self.world.clock.now() - each > _STABLE for each in started):
            for digest in place.releases:
                self.attempts.pop((place.environment, place.model, digest), None)

    def _draft(self, place: Place, kind: str, body: dict[str, str]) -> Draft:
        release = place.desired.release.digest if place.desired else (place.live.digest if place.live else "")
        return Draft(kind, CONTROL, place.environment, place.model, release, place.commit.id, body)


def _settled(place: Place) -> bool:
    if place.desired is None or place.observed is None:
        return place.desired is None
    alive = sum(
        server.state in {ServerState.READY, ServerState.SILENT}
        and server.labels.get("release") == place.desired.release.digest
        for server in place.observed.servers
    )
    return alive >= (place.desired.replicas if place.desired.fewest is None else place.desired.fewest)


def _has_died(server: RunningServer) -> bool:
    return server.state in {ServerState.EXITED, ServerState.UNHEALTHY} and not server.asked


def _outlook(tries: Attempts, *, live: bool) -> str:
    if not tries.exhausted:
        return f"failure {tries.failures}, trying again"
    return f"tried again every {LONGEST_DELAY.seconds // 60} minutes" if live else "given up until Git changes"


def _death(server: RunningServer) -> str:
    ended = "is unhealthy" if server.state is ServerState.UNHEALTHY else f"exited with {server.exit_code}"
    return f"{ended}: {server.detail}" if server.detail else ended
