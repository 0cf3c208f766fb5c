"""One step of one model's scaler: measured, decided within the bounds, and ready to be written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from fairlead.domain.plan import Key
from fairlead.domain.scaling import Scaling
from fairlead.domain.serving import ModelLoad, RunningServer, ServerState
from fairlead.flows.scaling.capacity import capacity_of, worked_us
from fairlead.flows.scaling.counting import UNMEASURED, Counted, Tally, count
from fairlead.flows.scaling.kept import Cold, Foretold, Kept
from fairlead.flows.scaling.policies import form_of

if TYPE_CHECKING:
    from fairlead.foresee.scaling.scaler import Bounds, Scaler, Seen

__all__ = ["Ground", "Step", "stepped"]

_UNKNOWN_CAPACITY = "what one replica can answer has not been measured yet"
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a step stands on: the declaration, the servers that have not ended, the price of a replica's hour.

    `load`, `failures` and `answered` as in `counting.count`; `tally` is what the log says since the last step.
    """

    key: Key
    now: datetime
    scaling: Scaling
    servers: tuple[RunningServer, ...]
    hour: Decimal | None
    tally: Tally
    load: ModelLoad | None
    failures: int
    answered: Mapping[str, int]

    @property
    def ready(self) -> int:
        """Servers that answer."""
        return sum(each.state is ServerState.READY for each in self.servers)


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be kept; `requests` and `work_ms` (of replicas) came in; `blind` is a fault that hides the demand."""

    kept: Kept
    requests: int
    work_ms: int
    basis: str
    blind: str


def stepped(ground: Ground, before: Kept, scaler: Scaler, bounds: Bounds) -> Step:
    """Decide from what was counted since `before`."""
    scaling, span = ground.scaling, ground.now - before.at
    counted = count(before.counts, ground.tally, ground.load, ground.failures, ground.answered)
    served = ground.tally.served
    times = before.times.with_more(worked_us(served, scaling.parallel), len(served), int(ground.now.timestamp()))
    capacity = capacity_of(scaling, times)
    late = _late(ground.tally, scaling, times.each_us or 0)
    seen = _seen(ground, counted, capacity, late, max(1, round(span / scaling.step)))
    decision = scaler.step(seen, bounds)
    doubt = counted.doubt or (_UNKNOWN_CAPACITY if seen.demand is None else "")
    after = replace(
        before,
        at=ground.now,
        order=decision.order,
        form=form_of(scaling),
        learnt=scaler.kept(),
        counts=counted.after,
        times=times,
        spent=before.spent.with_more(ground.now, len(ground.servers), span),
        foretold=_foretold(before, ground, span, late),
        cold=_cold(before, ground.tally, decision.order, ground.now),
        blind=doubt,
        decided=_told(ground, counted, capacity, decision.expected, bounds, seen.steps),
    )
    requests = counted.demand or 0
    work_ms = round(requests / capacity * 1000) if capacity else 0
    fault = "" if doubt in {UNMEASURED, _UNKNOWN_CAPACITY} else doubt
    return Step(after, requests, work_ms, decision.basis.value, fault)


def _seen(ground: Ground, counted: Counted, capacity: float | None, late: int, steps: int) -> Seen:
    from fairlead.foresee.scaling.scaler import Seen

    each = capacity * ground.scaling.step.total_seconds() if capacity else 0.0
    load = counted.load
    busy = ground.ready * ground.scaling.parallel
    waiting = max(0, load.active - busy) + load.held if load else 0
    known = counted.demand is not None and (each > 0 or not (counted.demand or waiting))
    return Seen(
        second=ground.now.timestamp(),
        steps=steps,
        demand=(counted.demand or 0) / (each or 1.0) if known else None,
        waiting=waiting / (each or 1.0),
        late=late / (each or 1.0),
        ready=ground.ready,
        serving=len(ground.servers),
        counted=counted.asked / each if counted.asked is not None and each else None,
    )


def _late(tally: Tally, scaling: Scaling, each_us: int) -> int:
    """Requests that waited longer than promised: what they took beyond the work of one."""
    limit = scaling.slo.wait / timedelta(microseconds=1) + each_us
    return sum(each > limit for each in tally.times)


def _foretold(before: Kept, ground: Ground, span: timedelta, late: int) -> Foretold:
    known = before.foretold or Foretold(before.at)
    return replace(
        known,
        ordered_ms=known.ordered_ms + before.order * (span // _MS),
        ran_ms=known.ran_ms + len(ground.servers) * (span // _MS),
        requests=known.requests + ground.tally.requests,
        late=known.late + late,
    )


def _cold(before: Kept, tally: Tally, order: int, now: datetime) -> Cold:
    cold = replace(
        before.cold,
        held=before.cold.held + tally.held,
        held_ms=before.cold.held_ms + tally.held_us // 1000,
        refused=before.cold.refused + tally.refused,
    )
    return replace(cold, waking=now) if order and not before.order and cold.waking is None else cold


def _told(
    ground: Ground, counted: Counted, capacity: float | None, expected: float, bounds: Bounds, steps: int
) -> dict[str, str]:
    """The decision's grounds as texts: a journal holds no floating-point numbers."""
    step, load = ground.scaling.step.total_seconds(), counted.load
    asked = f"{counted.demand / (steps * step):.2f} requests/s" if counted.demand is not None else "not known"
    foreseen = f"{expected * capacity:.2f} requests/s" if capacity else "not known"
    return {
        "demand": asked,
        "expected": f"{foreseen} in {ground.scaling.time_to_ready.total_seconds():g} s",
        "waiting": str(load.held + max(0, load.active - ground.ready * ground.scaling.parallel))
        if load
        else "not known",
        "ready": str(ground.ready),
        "bounds": f"{bounds.least} to {bounds.most}",
        "capacity": f"{capacity:.2f} requests/s" if capacity else "not known",
        "policy": ground.scaling.policy.kind,
    }
