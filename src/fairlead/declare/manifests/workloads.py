"""Kubernetes documents -> what runs from them: models and images with their pins, resources, how many, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fairlead.declare.manifests.model_servers import model_server_parts
from fairlead.declare.manifests.parts import Part, ordinary_parts
from fairlead.declare.manifests.pods import Container, amounts, containers, images, mapping, named_models, placement
from fairlead.declare.manifests.references import model_pin
from fairlead.declare.manifests.scaling import Target, scalers
from fairlead.domain.infrastructure import Manifest, ModelReference, PodResources, Replicas, Workload

__all__ = ["workloads"]

_RUNTIMES = ("ServingRuntime", "ClusterServingRuntime")
_SERVER = "kserve-container"
"""KServe's name for the container that serves the model."""

_Runtimes = Mapping[tuple[str, str], Manifest]


def workloads(documents: Iterable[Manifest]) -> tuple[Workload, ...]:
    """Everything that runs, one value for each part: a predictor and its transformer are two.

    Autoscalers and serving runtimes are looked up among the same documents.
    """
    known = tuple(documents)
    scaled = scalers(known)
    runtimes = {(each.kind, each.name): each for each in known if each.kind in _RUNTIMES}
    return tuple(
        _workload(manifest, part, scaled, runtimes)
        for manifest in known
        for part in (*ordinary_parts(manifest), *model_server_parts(manifest))
    )


def _workload(manifest: Manifest, part: Part, scaled: Mapping[Target, Replicas], runtimes: _Runtimes) -> Workload:
    served_by = _runtime(part, runtimes)
    own = part.containers
    lent = containers(served_by, mapping(served_by.document.get("spec")), ("spec",)) if served_by is not None else ()
    place = placement(part.spec)
    requests, limits = amounts(own, place.labels)
    if requests == PodResources() and lent:
        requests, limits = amounts(lent, place.labels)
    target = (manifest.origin, manifest.namespace, manifest.kind, manifest.name)
    return Workload(
        name=manifest.name + part.suffix,
        kind=manifest.kind,
        namespace=manifest.namespace,
        path=manifest.path,
        line=manifest.line,
        replicas=scaled.get(target, part.replicas),
        requests=requests,
        limits=limits,
        models=tuple(_models(manifest, part)),
        # A container of the predictor's takes the place of the runtime's container of that name.
        images=tuple(images(own)) + tuple(each for each in images(lent) if not _replaced(each.container, own)),
        runtime=part.runtime,
        instance_type=place.instance_type,
        region=place.region,
        provider=place.provider,
        origin=manifest.origin,
    )


def _runtime(part: Part, runtimes: _Runtimes) -> Manifest | None:
    return next((runtimes[kind, part.runtime] for kind in _RUNTIMES if (kind, part.runtime) in runtimes), None)


def _replaced(name: str, own: Iterable[Container]) -> bool:
    return any(each.data.get("image") and (each.data.get("name") or _SERVER) == name for each in own)


def _models(manifest: Manifest, part: Part) -> Iterator[ModelReference]:
    for uri, at in part.models:
        yield ModelReference(uri, model_pin(uri), str(at[-1]), manifest.path, manifest.line_of(at))
    if not part.models:
        yield from named_models(part.containers)
