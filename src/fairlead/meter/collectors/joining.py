"""What kube-state-metrics knows of nodes and pods, for series that only name them: a bill's id, and a pod's labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fairlead.meter.collectors.provider_ids import resource_of

__all__ = ["NODES", "PODS", "Joined", "joined"]

NODES = "kube_node_info"
"""Has `node` and `provider_id`: docs/metrics/cluster/node-metrics.md of kubernetes/kube-state-metrics."""

PODS = "kube_pod_labels"
"""Has `namespace`, `pod` and a `label_...` for each label that kube-state-metrics was told to show
(`--metric-labels-allowlist=pods=[team]`): docs/metrics/workload/pod-metrics.md."""


@dataclass(frozen=True, slots=True)
class Joined:
    """ResourceId by node, and labels by namespace and pod. What is ambiguous in the span is left out of `nodes`."""

    nodes: Mapping[str, str] = field(default_factory=dict)
    pods: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    ambiguous: tuple[str, ...] = ()


def joined(nodes: Iterable[Mapping[str, str]], pods: Iterable[Mapping[str, str]]) -> Joined:
    """From the labels of all series of NODES and of PODS in a span. Of a pod's several labels the last ones count."""
    found: dict[str, set[str]] = {}
    for labels in nodes:
        if labels.get("node") and labels.get("provider_id"):
            found.setdefault(labels["node"], set()).add(resource_of(labels["provider_id"]))
    shown = {
        (labels.get("namespace", ""), labels.get("pod", "")): {
            name: value for name, value in labels.items() if name.startswith("label_")
        }
        for labels in pods
    }
    single = {node: next(iter(ids)) for node, ids in found.items() if len(ids) == 1}
    return Joined(single, shown, tuple(sorted(node for node, ids in found.items() if len(ids) > 1)))
