"""One model brought to what is wanted: its steps are taken, failures retried, and what happened is recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from fairlead.deliver.apply import Files, apply
from fairlead.deliver.backoff import Attempts
from fairlead.domain.journal import Draft
from fairlead.domain.plan import Action, Desired, Observed, Step
from fairlead.domain.release import Commit, Deployment, Release
from fairlead.domain.serving import RunningServer, ServerState
from fairlead.flows.desired import NOT_LIVE
from fairlead.flows.incidents import CONTROL, open_incident
from fairlead.flows.tidy import tidy_cache
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError
from fairlead.plan.diff import model_steps
from fairlead.plan.explain import describe

__all__ = ["Converger", "Place"]

UNHEALTHY = "unhealthy"
_STABLE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Place:
    """A model in an environment: what is wanted, what is found, and what was live when the look began.

    `standing` is the live release as something to keep, where it is not the wanted one.
    """

    environment: str
    model: str
    desired: Desired | None
    observed: Observed | None
    live: Deployment | None
    standing: Desired | None
    commit: Commit

    @property
    def releases(self) -> dict[str, Release]:
        """What may be started here, by digest."""
        return {each.release.digest: each.release for each in (self.desired, self.standing) if each}

    def is_live(self, digest: str) -> bool:
        """Whether the release of that digest is the live one."""
        return self.live is not None and self.live.digest == digest


@dataclass(slots=True)
class Converger:
    """Brings models to what is wanted. Only the count of failures is remembered between two looks."""

    world: World
    files: Files
    attempts: dict[tuple[str, str, str], Attempts] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)

    def converge(self, place: Place) -> bool:
        """Take the steps that can be taken now; True when the model is as it is wanted."""
        self._count_deaths(place)
        steps = model_steps(place.desired, place.observed, place.standing)
        due = tuple(step for step in steps if self._due(place, step))
        try:
            finished = apply(due, self.world.target, place.releases, self.files, lambda step: self._record(place, step))
        except FairleadError as error:
            digest = place.desired.release.digest if place.desired else ""
            self._failed(place, digest, error.what, error.mend)
            return False
        settled = finished and len(due) == len(steps) and _settled(place)
        if settled:
            self._forget_failures(place)
        return settled

    def forgive(self) -> None:
        """Git changed: what failed before may be tried again."""
        self.attempts.clear()

    def _count_deaths(self, place: Place) -> None:
        for server in place.observed.servers if place.observed else ():
            digest = server.labels.get("release", "")
            dead = server.state in {ServerState.EXITED, ServerState.UNHEALTHY}
            if dead and not server.asked and digest in place.releases and server.id not in self.counted:
                self.counted.add(server.id)
                self._failed(place, digest, f"{server.labels['name']} {_death(server)}", f"fairlead logs {place.model}")

    def _failed(self, place: Place, digest: str, message: str, mend: str) -> None:
        key = (place.environment, place.model, digest)
        tries = self.attempts.get(key, Attempts()).failed(self.world.clock.now())
        self.attempts[key] = tries
        outlook = "given up until Git changes" if tries.exhausted else f"failure {tries.failures}, trying again"
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
        """Whether a step may be taken now. A live server's first death is mended at once, later ones with back-off."""
        if step.action not in {Action.FETCH, Action.START}:
            return True
        tries = self.attempts.get((place.environment, place.model, step.release), Attempts())
        return tries.due(self.world.clock.now()) or (tries.failures == 1 and place.is_live(step.release))

    def _record(self, place: Place, step: Step) -> None:
        if step.action is Action.SWITCH and not place.is_live(step.release):
            self._go_live(place, step)
        elif step.action is Action.WITHDRAW:
            draft = self._draft(place, "deployment.ended", {"reason": step.reason})
            self.world.state.withdraw(place.environment, place.model, draft)
        elif step.action is not Action.FETCH:
            healing = step.action in {Action.START, Action.SWITCH} and place.is_live(step.release)
            kind = "drift.healed" if healing else "step.taken"
            self.world.state.append(self._draft(place, kind, {"step": describe(step)}))

    def _go_live(self, place: Place, step: Step) -> None:
        now = self.world.clock.now()
        live = Deployment(
            place.environment, place.model, step.name, step.release, place.commit.id, now, None, step.reason
        )
        body = {"name": step.name, "before": place.live.release if place.live else ""}
        self.world.state.go_live(live, self._draft(place, "deployment.live", body))
        tidy_cache(self.world)

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
    ready = sum(
        server.state is ServerState.READY and server.labels.get("release") == place.desired.release.digest
        for server in place.observed.servers
    )
    return ready >= place.desired.replicas


def _death(server: RunningServer) -> str:
    ended = "did not become ready" if server.state is ServerState.UNHEALTHY else f"exited with {server.exit_code}"
    return f"{ended}: {server.detail}" if server.detail else ended
