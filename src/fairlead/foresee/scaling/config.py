"""What `sim.yaml` says, checked: the service, its SLO and the policy to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, Protocol

from fairlead.kernel.errors import UsageError

__all__ = ["Detail", "Located", "ServiceModel", "SimConfig", "Slo", "number", "parse_config", "refuse_unknown", "whole"]


class Located(Protocol):
    """Says where a field stands that is reached by these names: `sim.yaml:4`."""

    def __call__(self, *path: str) -> str:
        """The place of the field, or of the nearest thing above it."""
        ...


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


_SLO: Mapping[str, Any] = {"wait_s": 30, "max_share": 0.01}
_POLICY: Mapping[str, Any] = {"kind": "predictive"}


def parse_config(data: object, *, where: Located) -> SimConfig:
    """Check what was read from the file; raises `UsageError` naming the place, the field and what is allowed."""
    given = {**_DEFAULTS, **_mapping(data, where)}
    refuse_unknown(given, _KNOWN, where)
    slo = _mapping(given.get("slo", _SLO), where, "slo")
    refuse_unknown(slo, tuple(_SLO), where, "slo")
    service = ServiceModel(
        capacity_rps=_positive(given, where, "capacity_rps"),
        time_to_ready_s=number(given, where, "time_to_ready_s"),
        step_s=_positive(given, where, "step_s"),
        scale_down_hold_s=number(given, where, "scale_down_hold_s"),
        min=whole(given, where, "min"),
        max=whole(given, where, "max"),
        slo=_slo({**_SLO, **slo}, where),
    )
    if service.min > service.max or not service.max:
        what = f"min {service.min} is above max {service.max}" if service.max else "max is 0"
        raise UsageError(what, where=where("max"), mend="let max be 1 or more, and not below min")
    if given["detail"] not in set(Detail):
        raise UsageError(f"detail is {given['detail']!r}", where=where("detail"), mend=f"one of {', '.join(Detail)}")
    return SimConfig(
        service,
        number(given, where, "learn_until"),
        Detail(given["detail"]),
        whole(given, where, "seed"),
        _mapping(given.get("policy", _POLICY), where, "policy"),
    )


def _slo(data: Mapping[str, Any], where: Located) -> Slo:
    share = number(data, where, "slo", "max_share")
    if share > 1:
        mend = "it is a share of the requests: 0.01 is 1 %"
        raise UsageError(f"max_share is {share:g}", where=where("slo", "max_share"), mend=mend)
    return Slo(number(data, where, "slo", "wait_s"), share)


def _mapping(data: object, where: Located, *path: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        name = path[-1] if path else "the file"
        raise UsageError(f"{name} holds no fields", where=where(*path), mend="write `name: value` lines")
    return data


def refuse_unknown(data: Mapping[str, Any], known: Sequence[str], where: Located, *path: str) -> None:
    """Raise `UsageError` for the first field that is not known, and list the known ones."""
    for name in data:
        if name not in known:
            raise UsageError(f"unknown field {name!r}", where=where(*path, name), mend=f"known are {', '.join(known)}")


def number(data: Mapping[str, Any], where: Located, *path: str) -> float:
    """The number, 0 or more and finite, that the last name of `path` has in `data`."""
    name = path[-1]
    if name not in data:
        raise UsageError(f"{name} is missing", where=where(*path[:-1]), mend=f"add `{name}: NUMBER`")
    value = data[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not (isfinite(value) and value >= 0):
        raise UsageError(f"{name} is {value!r}", where=where(*path), mend="give a number that is not negative")
    return float(value)


def _positive(data: Mapping[str, Any], where: Located, *path: str) -> float:
    value = number(data, where, *path)
    if not value:
        raise UsageError(f"{path[-1]} is 0", where=where(*path), mend="give a number above 0")
    return value


def whole(data: Mapping[str, Any], where: Located, *path: str) -> int:
    """The whole number, 0 or more, that the last name of `path` has in `data`."""
    value = number(data, where, *path)
    if value != int(value):
        raise UsageError(f"{path[-1]} is {value:g}", where=where(*path), mend="give a whole number")
    return int(value)
