"""What one look finds of one model under way, and the facts that the rollout's machine is given of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.deliver.rollout.promotion_windows import open_window
from fairlead.domain.analysis import AnalysisFinding, MetricFinding, MetricVerdict
from fairlead.domain.model import ModelSpec
from fairlead.domain.plan import Desired, Key, Observed
from fairlead.domain.release import Deployment
from fairlead.domain.rollout import Arm, Exposure, Phase, Rollout, RolloutFacts
from fairlead.domain.serving import RunningServer, ServerState
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.flows.rollouts.costs import COST
from fairlead.flows.rollouts.deaths import Deaths, died_more, is_dead
from fairlead.flows.rollouts.kept import Kept, Measured

__all__ = ["Scene", "facts_of", "told_of"]

_FEWEST = 100
"""Requests that the new release answers at least at each judged step."""

_CLOSED = "the promotion window is closed"

_STALE_LOOKS = 4
"""A verdict is as old as the last look that could be taken; what passes must be fresh."""

_DEATHS, _TIMES = 3, 3
"""So many servers of a new release die while others of it answer, and each so many times as often as one of the old
release, until it has failed; one that has none left has failed at once."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One model in one environment at one look.

    `commit` is the followed one, `spec` the model as Git declares it now; `waiting` says why nobody can tell whether
    more of it may come: the gate has not judged it, a person holds it ('' where that is known); `refused`: what Git
    wants was taken back before; `failure`: why its new servers were given up.
    """

    key: Key
    now: datetime
    commit: str
    workspace: WorkspaceSpec | None
    spec: ModelSpec
    desired: Desired
    standing: Desired | None
    observed: Observed | None
    live: Deployment
    waiting: str = ""
    refused: bool = False
    failure: str = ""

    def servers(self, arm: Arm) -> tuple[RunningServer, ...]:
        """Those of a release that have not ended."""
        return tuple(each for each in self._all(arm) if not each.ended)

    def ready(self, arm: Arm) -> bool:
        """Whether as many servers of a release answer as are wanted here."""
        answering = sum(each.state is ServerState.READY for each in self._all(arm))
        return answering >= max(1, self.desired.replicas)

    def death(self, rollout: Rollout, deaths: Deaths) -> str:
        """Why the new release's servers have failed, while one of the old release stood all the time; '' where not.

        When those of both are gone, the machine was: that says nothing of the release. `deaths` are those so far.
        """
        ours = [each for each in self._all(rollout.new) if each.started >= rollout.started]
        standing = [each.started for each in self._all(rollout.old) if each.state is ServerState.READY]
        begun = min(standing, default=self.now)
        dead = [each for each in ours if is_dead(each) and each.started >= begun]
        left = any(each.state in {ServerState.READY, ServerState.SILENT} for each in ours)
        if dead and standing and not left:
            return _told_deaths(max(len(dead), deaths.new), dead[-1].exit_code)
        return _told_deaths(deaths.new, deaths.code) if standing and self._often(deaths) else ""

    def _often(self, deaths: Deaths) -> bool:
        """Whether so many deaths say something of the new release: those of the old one are this machine's usual."""
        kept = self.standing.replicas if self.standing else self.desired.replicas
        many = deaths.new * max(1, kept) > _TIMES * deaths.old * max(1, self.desired.replicas)
        return deaths.new >= _DEATHS and many

    def died(self, rollout: Rollout, known: Deaths) -> Deaths:
        """The deaths so far, with those of this look."""
        both = (*self._all(rollout.new), *self._all(rollout.old))
        return died_more(known, rollout, both, self.now)

    def _all(self, arm: Arm) -> Iterable[RunningServer]:
        servers = self.observed.servers if self.observed else ()
        return (each for each in servers if each.labels.get("release") == arm.digest)


def _told_deaths(count: int, code: int | None) -> str:
    return f"{count} ended by themselves, the last with {code}"


def facts_of(scene: Scene, kept: Kept) -> RolloutFacts:
    """What the machine is told. While the gate has not answered, what is under way is taken to be what Git wants."""
    rollout, measured = kept.rollout, kept.measured
    rested = measured.idle is not None or COST not in {each.name for each in kept.analysis.metrics}
    finding = measured.finding
    worst = finding.worst if finding else None
    environment = scene.workspace.environment(rollout.environment) if scene.workspace else None
    opened = open_window(environment.promotion_windows, scene.now) if environment else True
    preparing = rollout.phase is Phase.PREPARING
    return RolloutFacts(
        now=scene.now,
        wanted=rollout.new.digest
        if scene.waiting or scene.refused
        else (scene.desired.release.digest if scene.desired.replicas else ""),
        ready=scene.ready(rollout.new) and (rested or rollout.returns or not preparing),
        failed=scene.failure if preparing else scene.death(rollout, measured.deaths),
        checks=kept.checks,
        verdict=_verdict(rollout, measured, scene.now, kept.analysis.every).value,
        metric=worst.metric if worst else "",
        told="; ".join(each for each in (told_of(finding), measured.lost) if each),
        exposure=Exposure(measured.requests, len(measured.customers)),
        hold=scene.waiting or ("" if opened else _CLOSED),
        judged=finding is not None and finding.verdict is MetricVerdict.NOT_WORSE,
    )


def _verdict(rollout: Rollout, measured: Measured, now: datetime, every: timedelta) -> MetricVerdict:
    """The verdict at this step: what was good before more of the traffic came says nothing of what it does with it."""
    found = measured.finding.verdict if measured.finding else MetricVerdict.INSUFFICIENT
    if found is not MetricVerdict.NOT_WORSE:
        return found
    canary = rollout.phase is Phase.STEPPING and rollout.strategy.strategy == "canary"
    seen = measured.since_step if measured.stepped == rollout.since else 0
    stale = measured.looked is None or now - measured.looked > _STALE_LOOKS * every
    return MetricVerdict.INSUFFICIENT if stale or (canary and seen < _FEWEST) else found


def told_of(finding: AnalysisFinding | None) -> str:
    """What an analysis says, in a sentence: the measure that is worse, else those that are not known yet."""
    if finding is None:
        return "nothing has been measured yet"
    if finding.worst is not None:
        return _worse(finding.worst)
    lacking = [f"{each.metric}: {each.reason}" for each in finding.metrics if each.reason]
    return "; ".join(lacking)


def _worse(found: MetricFinding) -> str:
    said = f"{found.metric} is worse"
    if found.estimate is None or found.lower is None:
        return said
    upper = f" to {found.upper * 100:+.3g}" if found.upper is not None else ""
    unit = " points" if found.kind.value != "mean" else " %"
    counts = f"{found.new_count} against {found.old_count} observations"
    return f"{said}: {found.estimate * 100:+.3g}{unit} ({found.lower * 100:+.3g}{upper}; {counts})"
