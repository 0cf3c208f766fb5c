"""A declaration's policy as the one that decides, with what it had learnt; NumPy is loaded where one is built."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fairlead.domain.scaling import Scaling
from fairlead.flows.scaling.kept import WINDOW_S, History, Kept
from fairlead.kernel.digests import digest_of

if TYPE_CHECKING:
    from fairlead.foresee.scaling.config import ServiceModel
    from fairlead.foresee.scaling.policies.base import Policy
    from fairlead.foresee.scaling.scaler import Scaler

__all__ = ["form_of", "scaler_of"]


def form_of(scaling: Scaling) -> str:
    """A digest of what shapes a policy's learning: bounds, capacity and budget do not."""
    kept_out = {"min", "max", "capacity", "parallel", "budget", "cold_start"}
    return digest_of(scaling.model_dump(mode="json", exclude=kept_out))[:16]


def scaler_of(scaling: Scaling, order: int, before: Kept | None, history: History) -> Scaler:
    """The scaler as it was kept; of another declaration, or where nothing is kept, it first learns from the history."""
    made = _fresh(scaling, order)
    if before is not None and before.learnt is not None and before.form == form_of(scaling):
        try:
            made.resume(before.learnt)
        except (ValueError, KeyError, TypeError):
            made = _fresh(scaling, order)  # kept by another program: learnt anew
        else:
            return made
    steps = max(1, WINDOW_S // max(1, int(scaling.step.total_seconds())))
    each = scaling.step / timedelta(milliseconds=1)
    made.warm((begin + WINDOW_S, work / each, steps) for begin, _, work in history)
    return made


def _fresh(scaling: Scaling, order: int) -> Scaler:
    from fairlead.foresee.scaling.config import ServiceModel, Slo
    from fairlead.foresee.scaling.scaler import Scaler

    step = scaling.step.total_seconds()
    service = ServiceModel(
        capacity_rps=1 / step,
        time_to_ready_s=scaling.time_to_ready.total_seconds(),
        step_s=step,
        scale_down_hold_s=scaling.hold_down.total_seconds(),
        min=max(scaling.min, 1),
        max=scaling.max,
        slo=Slo(scaling.slo.wait.total_seconds(), float(scaling.slo.share)),
    )
    return Scaler(service, _policy(scaling, service), order, alone=scaling.mode == "forecast-only")


def _policy(scaling: Scaling, service: ServiceModel) -> Policy:
    """As declared; what is left out is as the policy has it by itself."""
    from fairlead.foresee.scaling.policies.predictive import Predictive
    from fairlead.foresee.scaling.policies.reactive import CronWindow, Hpa, KedaLike
    from fairlead.foresee.scaling.policies.scheduled import Scheduled

    declared, hold = scaling.policy, service.scale_down_hold_s
    target = {"target": float(declared.target)} if declared.target is not None else {}
    if declared.kind == "hpa":
        return Hpa(service, stabilisation_s=hold, **target)
    if declared.kind == "keda":
        windows = [CronWindow(_seconds(w.begins), _seconds(w.ends), w.replicas) for w in declared.windows]
        return KedaLike(service, windows=windows, paused_at=declared.paused_at, cooldown_s=hold, **target)
    if declared.kind == "scheduled":
        headroom = {"headroom": float(declared.headroom)} if declared.headroom is not None else {}
        return Scheduled(service, **headroom)
    return Predictive(service)


def _seconds(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 3600 + int(minutes) * 60
