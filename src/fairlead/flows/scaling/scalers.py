"""All scalers of a workspace: at every look the desired servers of each model, and now and then a step.

What is decided is written down with its reason before any server moves; a process that is killed finds the order again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fairlead.domain.journal import Draft
from fairlead.domain.plan import Desired, Key
from fairlead.domain.scaling import Scaling
from fairlead.domain.serving import Hold, ModelLoad, RunningServer, ServerState
from fairlead.flows.incidents import close_incident, open_incident
from fairlead.flows.scaling.around import Around, Loads, Subject
from fairlead.flows.scaling.counting import Tally, read_tally
from fairlead.flows.scaling.kept import Foretold, Kept, keep, kept, kept_history, with_window
from fairlead.flows.scaling.money import Spent, ceiling
from fairlead.flows.scaling.policies import form_of, scaler_of
from fairlead.flows.scaling.stepping import Ground, stepped
from fairlead.flows.scaling.telling import INSUFFICIENT, cold_started, decided, foretold
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError
from fairlead.meter.collectors.access_log import AccessLog

if TYPE_CHECKING:
    from fairlead.foresee.scaling.scaler import Bounds, Decision, Scaler

__all__ = ["Scalers"]

_LOG = logging.getLogger(__name__)

_TELL = timedelta(hours=1)
"""How often it is told what would have been ordered."""

_MEND = "see `fairlead logs` and the disk of the state folder; replicas stand still until the demand is known again"


class Scalers:
    """Scales what is declared to be scaled. One thread asks it."""

    def __init__(self, world: World) -> None:
        """Nothing is read before the first look."""
        self._world = world
        self._log = AccessLog(world.settings.state / "gateway")
        self._kept: dict[Key, Kept] = {}
        self._scalers: dict[Key, tuple[Scaling, Scaler]] = {}
        self.holds: dict[Key, Hold] = {}
        """Models whose requests wait while no server is ready, as of the last look."""

    def scales(self, key: Key) -> bool:
        """Whether a scaler looked after the model at the last look."""
        return key in self._kept

    def look(
        self, wanted: Mapping[Key, Desired], standing: Mapping[Key, Desired], around: Around
    ) -> tuple[dict[Key, Desired], dict[Key, Desired]]:
        """What is wanted, and what is kept beside it, with as many servers as each scaler has ordered."""
        loads = Loads(self._world)
        subjects = {
            key: subject
            for key, desired in wanted.items()
            if (subject := around.subject(key, desired, changes=key in standing)) is not None
        }
        for key in self._kept.keys() - subjects.keys():
            self._forget(key)
        self.holds = {key: hold for key, each in subjects.items() if (hold := each.hold) is not None}
        ordered = {key: self._safely(subject, loads) for key, subject in subjects.items()}
        beside = {
            key: replace(each, replicas=ordered[key].replicas, fewest=ordered[key].fewest)
            for key, each in standing.items()
            if key in ordered and ordered[key].fewest is not None
        }
        return {**wanted, **ordered}, {**standing, **beside}

    def _safely(self, subject: Subject, loads: Loads) -> Desired:
        """What went wrong with one scaler leaves its order as it was, and concerns no other model."""
        try:
            return self._one(subject, loads)
        except (FairleadError, OSError) as error:
            _LOG.warning("%s is not scaled now: %s", "/".join(subject.key), error)
        except Exception:  # noqa: BLE001 - told with its traceback; the order that was kept stands
            _LOG.exception("%s is not scaled now: a defect", "/".join(subject.key))
        # What it learnt at this look was not kept: the next one begins with what was.
        self._forget(subject.key)
        known = kept(self._world, subject.key)
        return subject.ordered(known.order) if known is not None else subject.desired

    def _one(self, subject: Subject, loads: Loads) -> Desired:
        """A model that changes its release, or begins, keeps its order, and at least one server of each release."""
        key, scaling, now = subject.key, subject.scaling, self._world.clock.now()
        before = self._known(subject, now)
        bounds = self._bounds(subject, before, now)
        if now - before.at >= scaling.step:
            self._step(subject, loads.of(key), bounds)
        elif bounds.clamp(before.order) != before.order:
            self._decide(subject, before, self._scalers[key][1].bound(bounds), bounds)
        elif scaling.orders and not before.order and _somebody_waits(loads.of(key)):
            waking = replace(before, cold=replace(before.cold, waking=now)) if bounds.most else before
            self._decide(subject, waking, self._scalers[key][1].wake(bounds), bounds)
        self._started(subject, now)
        return subject.ordered(self._kept[key].order)

    def _known(self, subject: Subject, now: datetime) -> Kept:
        """What is kept; where nothing is, or of another declaration, it begins with what runs."""
        key, scaling = subject.key, subject.scaling
        known = self._kept.get(key) or kept(self._world, key)
        if known is None:
            known = Kept(now, 0, foretold=Foretold(now), spent=Spent.unknown(now, scaling, subject.hour))
        if known.form != form_of(scaling):
            begin = len(subject.servers) or subject.desired.replicas
            order = min(max(begin, scaling.min), scaling.max)
            known = replace(known, order=order, form=form_of(scaling), learnt=None)
            keep(self._world, key, known)
        self._kept[key] = known
        if key not in self._scalers or self._scalers[key][0] != scaling:
            made = scaler_of(scaling, known.order, known, kept_history(self._world, key))
            self._scalers[key] = (scaling, made)
        return known

    def _bounds(self, subject: Subject, before: Kept, now: datetime) -> Bounds:
        """As declared, as the gate allows, and as the budget pays for; one that nobody can count allows no more."""
        from fairlead.foresee.scaling.scaler import Bounds

        scaling, hour = subject.scaling, subject.hour
        paid = ceiling(scaling, hour, before.spent, now, scaling.step)
        if scaling.budget is not None and hour is None:
            paid = before.order
        most = min(each for each in (scaling.max, subject.most, paid) if each is not None)
        bounds = Bounds(min(scaling.min, most), most)
        stands = bounds.clamp(max(before.order, 1))
        return Bounds(stands, stands) if subject.still else bounds

    def _step(self, subject: Subject, load: ModelLoad | None, bounds: Bounds) -> None:
        key, scaling, now = subject.key, subject.scaling, self._world.clock.now()
        before, (_, scaler) = self._kept[key], self._scalers[key]
        failures = self._world.gateway.log_failures() if load is not None else 0
        answered = self._answered(subject.servers) if load is None else {}
        tally = self._tally(key, before)
        ground = Ground(key, now, scaling, subject.servers, subject.hour, tally, load, failures, answered)
        step = stepped(ground, before, scaler, bounds)
        after = with_window(self._world, key, step.kept, now, step.requests, step.work_ms)
        told = None
        if after.order != before.order and scaling.mode != "forecast-only":
            told = decided(key, scaling, before, after, step.basis, subject.commit)
        elif not scaling.orders and after.foretold and now - after.foretold.since >= _TELL:
            told = foretold(subject, after)
            after = replace(after, foretold=Foretold(now))
        self._keep(key, after, told)
        self._tell(key, before, step.blind, subject.commit)

    def _tally(self, key: Key, before: Kept) -> Tally:
        start = before.counts.log
        return read_tally(self._log, start if start is not None else self._log.end(), key)

    def _answered(self, servers: tuple[RunningServer, ...]) -> dict[str, int]:
        """What servers say that they have answered; only where the gateway says nothing."""
        ready = [each for each in servers if each.state is ServerState.READY]
        return {each.id: count for each in ready if (count := self._world.host.answered(each)) is not None}

    def _decide(self, subject: Subject, before: Kept, decision: Decision, bounds: Bounds) -> None:
        """Write down an order between two steps."""
        key, scaling = subject.key, subject.scaling
        if decision.order == before.order:
            return
        told = {**before.decided, "bounds": f"{bounds.least} to {bounds.most}"}
        after = replace(before, order=decision.order, learnt=self._scalers[key][1].kept(), decided=told)
        draft = None
        if scaling.mode != "forecast-only":
            draft = decided(key, scaling, before, after, decision.basis.value, subject.commit)
        self._keep(key, after, draft)

    def _started(self, subject: Subject, now: datetime) -> None:
        """The first server after a cold start answers."""
        known = self._kept[subject.key]
        begun = known.cold.waking
        if begun is None or not subject.answers:
            return
        took = (now - begun) // timedelta(milliseconds=1)
        cold = replace(known.cold, waking=None, starts=known.cold.starts + 1, start_ms=known.cold.start_ms + took)
        told = cold_started(subject.key, subject.scaling, took, subject.commit)
        self._keep(subject.key, replace(known, cold=cold), told)

    def _tell(self, key: Key, before: Kept, blind: str, commit: str) -> None:
        """An incident as long as the demand is not known."""
        if blind:
            open_incident(self._world, INSUFFICIENT, blind, _MEND, environment=key[0], model=key[1], commit=commit)
        elif before.blind:
            close_incident(self._world, INSUFFICIENT, environment=key[0], model=key[1])

    def _keep(self, key: Key, value: Kept, draft: Draft | None) -> None:
        keep(self._world, key, value, draft)
        self._kept[key] = value

    def _forget(self, key: Key) -> None:
        self._kept.pop(key, None)
        self._scalers.pop(key, None)


def _somebody_waits(load: ModelLoad | None) -> bool:
    return load is not None and load.held > 0
