"""How many of a workload run: its own number, or what an autoscaler beside it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairlead.declare.manifests.pods import mapping
from fairlead.domain.infrastructure import Manifest, Replicas

__all__ = ["between", "count", "scalers"]

_KEDA_MOST = 100
"""KEDA's `maxReplicaCount` where none is given (KEDA, "ScaledObject specification")."""

Target = tuple[str, str, str, str]
"""Origin, namespace, kind and name of what is scaled."""


def count(value: object, otherwise: int | None) -> int | None:
    """A number of replicas, `otherwise` where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else otherwise


def between(least: int | None, most: int | None) -> Replicas:
    """That many; where it may go down to none, the hours depend on use."""
    if least == 0 and most != 0:
        bound = f"0 and {most}" if most is not None else "0 and as many as it takes"
        return Replicas(least, most, f"scales between {bound} with use")
    return Replicas(least, most)


def scalers(documents: Iterable[Manifest]) -> Mapping[Target, Replicas]:
    """What every HorizontalPodAutoscaler and KEDA ScaledObject says of its target."""
    found: dict[Target, Replicas] = {}
    for each in documents:
        spec = mapping(each.document.get("spec"))
        target = mapping(spec.get("scaleTargetRef"))
        kind, name = str(target.get("kind") or "Deployment"), str(target.get("name") or "")
        key = (each.origin, each.namespace, kind, name)
        if each.kind == "ScaledObject":
            least = count(spec.get("minReplicaCount"), 0)
            found[key] = between(least, count(spec.get("maxReplicaCount"), _KEDA_MOST))
        elif each.kind == "HorizontalPodAutoscaler":
            # A ScaledObject makes its own autoscaler: where both are written, KEDA's word holds.
            found.setdefault(key, between(count(spec.get("minReplicas"), 1), count(spec.get("maxReplicas"), None)))
    return found
