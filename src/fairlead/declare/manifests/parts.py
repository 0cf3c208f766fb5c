"""The parts of a Kubernetes document that run: containers, how many, which models. One function for each family."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.declare.manifests.pods import Container, containers, mapping, sequence
from fairlead.declare.manifests.scaling import between, count
from fairlead.domain.infrastructure import JsonPath, Manifest, Replicas

__all__ = ["Part", "ordinary_parts", "pod_part"]

_ONCE = Replicas(None, None, "runs to completion: how long is not in the manifest")
_EVERY_NODE = Replicas(None, None, "one on every node: how many nodes there are is not in the manifest")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that runs: its name's ending, its pod's specification, its containers, and its models' URIs with paths.

    `runtime` names what serves the models where that is declared elsewhere.
    """

    suffix: str
    spec: Mapping[str, Any]
    containers: tuple[Container, ...]
    replicas: Replicas
    models: tuple[tuple[str, JsonPath], ...] = ()
    runtime: str = ""


def pod_part(manifest: Manifest, at: JsonPath, replicas: Replicas, suffix: str = "") -> Part:
    """The pod whose specification is at that path."""
    spec: Any = manifest.document
    for step in at:
        known = mapping(spec).get(str(step)) if isinstance(step, str) else (sequence(spec) or [None])[step]
        spec = known
    return Part(suffix, mapping(spec), containers(manifest, mapping(spec), at), replicas)


def ordinary_parts(manifest: Manifest) -> Iterator[Part]:
    """What runs from a workload of Kubernetes itself, of Argo Rollouts, KEDA, Knative or Ray."""
    read = _READERS.get(manifest.kind)
    if read is not None:
        yield from read(manifest)


def _pod(manifest: Manifest) -> Iterator[Part]:
    yield pod_part(manifest, ("spec",), Replicas(1, 1))


def _replicated(manifest: Manifest) -> Iterator[Part]:
    number = count(mapping(manifest.document.get("spec")).get("replicas"), 1)
    yield pod_part(manifest, ("spec", "template", "spec"), Replicas(number, number))


def _every_node(manifest: Manifest) -> Iterator[Part]:
    yield pod_part(manifest, ("spec", "template", "spec"), _EVERY_NODE)


def _job(manifest: Manifest) -> Iterator[Part]:
    yield pod_part(manifest, ("spec", "template", "spec"), _ONCE)


def _cron_job(manifest: Manifest) -> Iterator[Part]:
    yield pod_part(manifest, ("spec", "jobTemplate", "spec", "template", "spec"), _ONCE)


def _scaled_job(manifest: Manifest) -> Iterator[Part]:
    yield pod_part(manifest, ("spec", "jobTargetRef", "template", "spec"), _ONCE)


def _knative(manifest: Manifest) -> Iterator[Part]:
    """Knative scales to zero unless an annotation of the revision says otherwise."""
    if manifest.group != "serving.knative.dev":
        return
    template = mapping(mapping(manifest.document.get("spec")).get("template"))
    notes = mapping(mapping(template.get("metadata")).get("annotations"))
    bounds = [
        next((int(str(notes[f"autoscaling.knative.dev/{name}"])) for name in names if _whole(notes, name)), otherwise)
        for names, otherwise in ((("min-scale", "minScale"), 0), (("max-scale", "maxScale"), None))
    ]
    yield pod_part(manifest, ("spec", "template", "spec"), between(*bounds))


def _whole(notes: Mapping[str, Any], name: str) -> bool:
    text = str(notes.get(f"autoscaling.knative.dev/{name}", ""))
    return text.isdecimal() and len(text) < 10  # noqa: PLR2004 - digits of a number of replicas


def _ray(manifest: Manifest) -> Iterator[Part]:
    holder = {"RayService": ("rayClusterConfig",), "RayJob": ("rayClusterSpec",)}.get(manifest.kind, ())
    cluster: Any = mapping(manifest.document.get("spec"))
    for step in holder:
        cluster = mapping(cluster.get(step))
    once = manifest.kind == "RayJob"
    at = ("spec", *holder)
    yield pod_part(manifest, (*at, "headGroupSpec", "template", "spec"), _ONCE if once else Replicas(1, 1), "-head")
    for index, group in enumerate(map(mapping, sequence(cluster.get("workerGroupSpecs")))):
        number = count(group.get("replicas"), 1)
        least, most = count(group.get("minReplicas"), number), count(group.get("maxReplicas"), number)
        replicas = _ONCE if once else between(least, most)
        name = f"-{group.get('groupName') or index}"
        yield pod_part(manifest, (*at, "workerGroupSpecs", index, "template", "spec"), replicas, name)


_READERS: dict[str, Callable[[Manifest], Iterator[Part]]] = {
    "Pod": _pod,
    "Deployment": _replicated,
    "StatefulSet": _replicated,
    "ReplicaSet": _replicated,
    "ReplicationController": _replicated,
    "Rollout": _replicated,
    "DaemonSet": _every_node,
    "Job": _job,
    "CronJob": _cron_job,
    "ScaledJob": _scaled_job,
    "Service": _knative,
    "RayService": _ray,
    "RayCluster": _ray,
    "RayJob": _ray,
}
