"""The policies by the names that `sim.yaml` uses; an unknown name or field is refused with the known ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from fairlead.foresee.scaling.config import Located, ServiceModel, number, refuse_unknown, whole
from fairlead.foresee.scaling.policies.base import Policy
from fairlead.foresee.scaling.policies.predictive import Predictive
from fairlead.foresee.scaling.policies.reactive import CronWindow, Hpa, KedaLike, Static
from fairlead.foresee.scaling.policies.scheduled import Scheduled
from fairlead.kernel.errors import UsageError

__all__ = ["ORACLE", "POLICIES", "build_policy"]

ORACLE = "oracle"
"""A kind that is no policy: the clairvoyant's plan needs the whole demand beforehand."""

_WHOLE = ("replicas", "paused_at")
_DIVISORS = ("target", "factor", "queue_per_replica")
_WINDOW = ("start_s", "end_s", "replicas")


def _static(_: ServiceModel, *, replicas: int) -> Policy:
    return Static(int(replicas))


def _keda(service: ServiceModel, *, windows: tuple[CronWindow, ...] = (), **fields: Any) -> Policy:  # noqa: ANN401 handed on
    return KedaLike(service, windows=windows, **fields)


POLICIES: Mapping[str, Callable[..., Policy]] = {
    "static": _static,
    "hpa": Hpa,
    "keda": _keda,
    "scheduled": Scheduled,
    "predictive": Predictive,
}


def build_policy(fields: Mapping[str, Any], service: ServiceModel, *, where: Located) -> Policy:
    """Make the policy that `policy:` describes: `kind` and the kind's own fields."""
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in POLICIES:
        mend = f"kind is one of {', '.join((*POLICIES, ORACLE))}"
        raise UsageError(f"unknown policy {kind!r}", where=where("policy", "kind"), mend=mend)
    known = _fields(kind)
    refuse_unknown(fields, ("kind", *known), where, "policy")
    own = {name: _checked(fields, name, where) for name in fields if name != "kind"}
    missing = [name for name, needed in known.items() if needed and name not in own]
    if missing:
        mend = f"add `{missing[0]}: NUMBER` to it"
        raise UsageError(f"policy {kind} needs {missing[0]}", where=where("policy"), mend=mend)
    return POLICIES[kind](service, **own)


def _checked(fields: Mapping[str, Any], name: str, where: Located) -> Any:  # noqa: ANN401 a number or windows
    if name == "windows":
        return _windows(fields[name], where)
    if name in _WHOLE:
        return whole(fields, where, "policy", name)
    value = number(fields, where, "policy", name)
    if name in _DIVISORS and not value:
        raise UsageError(f"{name} is 0", where=where("policy", name), mend="give a number above 0")
    return value


def _windows(items: object, where: Located) -> tuple[CronWindow, ...]:
    place, mend = where("policy", "windows"), "write items with start_s, end_s (seconds of the day, UTC) and replicas"
    if not isinstance(items, list | tuple):
        raise UsageError("windows is no list", where=place, mend=mend)
    windows = []
    for item in items:
        if not isinstance(item, Mapping) or set(item) != set(_WINDOW):
            raise UsageError("an item of windows has other fields", where=place, mend=mend)
        numbers = [whole(item, lambda *_: place, name) for name in _WINDOW]
        windows.append(CronWindow(*numbers))
    return tuple(windows)


def _fields(kind: str) -> dict[str, bool]:
    """Names of the kind's own fields, and whether each must be given."""
    makers = (KedaLike, _keda) if kind == "keda" else (POLICIES[kind],)
    parameters = [one for maker in makers for one in inspect.signature(maker).parameters.values()]
    own = (one for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY)
    return {one.name: one.default is inspect.Parameter.empty for one in own}
