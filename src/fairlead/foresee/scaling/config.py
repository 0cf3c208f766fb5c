"""What `sim.yaml` says, checked: the service, its SLO and the policy to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from fairlead.kernel.errors import UsageError

__all__ = ["Detail", "ServiceModel", "SimConfig", "Slo", "parse_config"]


class Detail(StrEnum):
    """How demand runs within a window of the trace: constant, or linear between the windows' centres."""

    STEPS = "steps"
    SMOOTH = "smooth"


@dataclass(frozen=True, slots=True)
class Slo:
    """At most `max_share` of the requests may wait longer than `wait_s` seconds."""

    wait_s: float
    max_share: float


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """The service that is scaled: requests per second of one replica, seconds from order to ready, and bounds."""

    capacity_rps: float
    time_to_ready_s: float
    step_s: float
    scale_down_hold_s: float
    min: int
    max: int
    slo: Slo

    def steps(self, seconds: float) -> int:
        """Whole steps that cover so many seconds."""
        return -int(-seconds // self.step_s)

    @property
    def steps_to_ready(self) -> int:
        """Steps from order to ready."""
        return self.steps(self.time_to_ready_s)

    @property
    def capacity_per_step(self) -> float:
        """Requests that one ready replica serves in a step."""
        return self.capacity_rps * self.step_s


@dataclass(frozen=True, slots=True)
class SimConfig:
    """The whole file; `learn_until` in seconds from the trace's start; `policy` keeps its own fields."""

    service: ServiceModel
    learn_until: float
    detail: Detail
    seed: int
    policy: Mapping[str, Any]


_DEFAULTS: Mapping[str, Any] = {
    "step_s": 30,
    "scale_down_hold_s": 300,
    "min": 1,
    "max": 1000,
    "learn_until": 0,
    "detail": "steps",
    "seed": 0,
}
_KNOWN = ("capacity_rps", "time_to_ready_s", *_DEFAULTS, "slo", "policy")


def parse_config(data: Mapping[str, Any], *, where: str) -> SimConfig:
    """Check what was read from the file; raises `UsageError` naming the field and what is allowed."""
    _refuse_unknown(data, _KNOWN, where)
    given = {**_DEFAULTS, **data}
    slo = given.get("slo", {"wait_s": 30, "max_share": 0.01})
    _refuse_unknown(slo, tuple(field.name for field in fields(Slo)), f"{where}: slo")
    service = ServiceModel(
        capacity_rps=_positive(given, "capacity_rps", where),
        time_to_ready_s=_number(given, "time_to_ready_s", where),
        step_s=_positive(given, "step_s", where),
        scale_down_hold_s=_number(given, "scale_down_hold_s", where),
        min=int(_number(given, "min", where)),
        max=int(_positive(given, "max", where)),
        slo=Slo(_number(slo, "wait_s", where), _number(slo, "max_share", where)),
    )
    if service.min > service.max:
        raise UsageError(f"min {service.min} is above max {service.max}", where=where, mend="swap them")
    if given["detail"] not in set(Detail):
        raise UsageError(f"detail {given['detail']!r}", where=where, mend=f"one of {', '.join(Detail)}")
    policy = given.get("policy", {"kind": "predictive"})
    return SimConfig(
        service,
        _number(given, "learn_until", where),
        Detail(given["detail"]),
        int(_number(given, "seed", where)),
        policy,
    )


def _refuse_unknown(data: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in data:
        if name not in known:
            raise UsageError(f"unknown field {name!r}", where=where, mend=f"known are {', '.join(known)}")


def _number(data: Mapping[str, Any], name: str, where: str) -> float:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise UsageError(f"{name} is {value!r}", where=where, mend="give a number that is not negative")
    return float(value)


def _positive(data: Mapping[str, Any], name: str, where: str) -> float:
    value = _number(data, name, where)
    if not value:
        raise UsageError(f"{name} is 0", where=where, mend="give a number above 0")
    return value
