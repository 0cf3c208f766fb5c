"""The policies by the names that `sim.yaml` uses; an unknown name or field is refused with the known ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from fairlead.foresee.scaling.config import ServiceModel
from fairlead.foresee.scaling.policies.base import Policy
from fairlead.foresee.scaling.policies.predictive import Predictive
from fairlead.foresee.scaling.policies.reactive import CronWindow, Hpa, KedaLike, Static
from fairlead.foresee.scaling.policies.scheduled import Scheduled
from fairlead.kernel.errors import UsageError

__all__ = ["POLICIES", "build_policy"]


def _static(_: ServiceModel, *, replicas: int) -> Policy:
    return Static(replicas)


def _keda(service: ServiceModel, *, windows: list[Mapping[str, float]] | None = None, **fields: Any) -> Policy:  # noqa: ANN401 handed on
    cron = [CronWindow(item["start_s"], item["end_s"], int(item["replicas"])) for item in windows or []]
    return KedaLike(service, windows=cron, **fields)


POLICIES: Mapping[str, Callable[..., Policy]] = {
    "static": _static,
    "hpa": Hpa,
    "keda": _keda,
    "scheduled": Scheduled,
    "predictive": Predictive,
}


def build_policy(fields: Mapping[str, Any], service: ServiceModel, *, where: str) -> Policy:
    """Make the policy that `policy:` describes: `kind` and the kind's own fields."""
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in POLICIES:
        raise UsageError(f"unknown policy {kind!r}", where=where, mend=f"kind is one of {', '.join(POLICIES)}")
    own = {name: value for name, value in fields.items() if name != "kind"}
    known = _fields(kind)
    for name in own:
        if name not in known:
            raise UsageError(f"policy {kind} has no field {name!r}", where=where, mend=f"known are {', '.join(known)}")
    try:
        return POLICIES[kind](service, **own)
    except (TypeError, KeyError) as error:
        raise UsageError(f"policy {kind}: {error}", where=where, mend=f"its fields are {', '.join(known)}") from error


def _fields(kind: str) -> tuple[str, ...]:
    makers = (KedaLike, _keda) if kind == "keda" else (POLICIES[kind],)
    parameters = [one for maker in makers for one in inspect.signature(maker).parameters.values()]
    names = (one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY)
    return tuple(dict.fromkeys(names))
