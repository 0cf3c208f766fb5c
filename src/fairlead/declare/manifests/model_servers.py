"""What runs from KServe's and Seldon's documents: predictors, transformers, runtimes, and the models they load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fairlead.declare.manifests.parts import Part, pod_part
from fairlead.declare.manifests.pods import Container, containers, mapping, sequence
from fairlead.declare.manifests.scaling import between, count
from fairlead.domain.infrastructure import JsonPath, Manifest, Replicas

__all__ = ["model_server_parts"]

_FRAMEWORKS = frozenset(
    {
        "sklearn", "xgboost", "tensorflow", "pytorch", "onnx", "triton", "tensorrt", "pmml", "lightgbm", "paddle",
        "huggingface", "mlflow", "alibi", "art",
    }
)  # fmt: skip
"""The fields in which KServe before 0.8 takes a model, by framework; explainers still do."""

_TEMPLATE = Replicas(0, 0, "a template: nothing runs from it until an InferenceService names it")
_MAX_GRAPH = 100


def model_server_parts(manifest: Manifest) -> Iterator[Part]:
    """What runs from a document of KServe or Seldon."""
    read = _READERS.get(manifest.kind)
    if read is not None:
        yield from read(manifest)


def _inference_service(manifest: Manifest) -> Iterator[Part]:
    spec = mapping(manifest.document.get("spec"))
    at: JsonPath = ("spec",)
    if "predictor" not in spec and isinstance(spec.get("default"), dict):
        spec, at = mapping(spec["default"]), ("spec", "default")
    for field, suffix in (("predictor", ""), ("transformer", "-transformer"), ("explainer", "-explainer")):
        component = spec.get(field)
        if isinstance(component, dict):
            yield _component(manifest, component, (*at, field), suffix)


def _component(manifest: Manifest, component: Mapping[str, Any], at: JsonPath, suffix: str) -> Part:
    least, most = count(component.get("minReplicas"), 1), count(component.get("maxReplicas"), None)
    part = Part(suffix, component, containers(manifest, component, at), between(least, most))
    for field, model in component.items():
        if not isinstance(model, dict) or (field != "model" and field not in _FRAMEWORKS):
            continue
        place = (*at, field)
        named = Container(manifest, place, model)
        form = mapping(model.get("modelFormat")).get("name")
        runtime = str(model.get("runtime") or form or (field if field != "model" else ""))
        part = replace(part, containers=(named, *part.containers), models=_model(model, place), runtime=runtime)
    if "workerSpec" in component:
        part = replace(part, replicas=replace(part.replicas, reason="one replica spreads over several nodes"))
    return part


def _model(model: Mapping[str, Any], at: JsonPath) -> tuple[tuple[str, JsonPath], ...]:
    storage = mapping(model.get("storage"))
    for field in ("storageUri", "modelUri", "uri"):
        if isinstance(model.get(field), str) and model[field]:
            return ((model[field], (*at, field)),)
    if isinstance(storage.get("path"), str):
        kind = str(mapping(storage.get("parameters")).get("type") or "storage")
        return ((f"{kind}://{storage['path']}", (*at, "storage", "path")),)
    return ()


def _language_model(manifest: Manifest) -> Iterator[Part]:
    spec = mapping(manifest.document.get("spec"))
    model = mapping(spec.get("model"))
    models = _model(model, ("spec", "model"))
    for index, each in enumerate(sequence(mapping(model.get("lora")).get("adapters"))):
        models += _model(mapping(each), ("spec", "model", "lora", "adapters", index))
    for holder, suffix in (((), ""), (("prefill",), "-prefill")):
        about = spec if not holder else spec.get("prefill")
        if not isinstance(about, dict):
            continue
        number = count(about.get("replicas"), 1)
        replicas = Replicas(number, number)
        if isinstance(about.get("worker"), dict):
            replicas = replace(replicas, reason="one replica spreads over several nodes")
        yield replace(pod_part(manifest, ("spec", *holder, "template"), replicas, suffix), models=models)


def _runtime(manifest: Manifest) -> Iterator[Part]:
    yield pod_part(manifest, ("spec",), _TEMPLATE)


def _language_model_template(manifest: Manifest) -> Iterator[Part]:
    yield from (replace(each, replicas=_TEMPLATE) for each in _language_model(manifest) if each.containers)


def _trained_model(manifest: Manifest) -> Iterator[Part]:
    if manifest.kind == "Model" and manifest.group != "mlops.seldon.io":
        return
    spec = mapping(manifest.document.get("spec"))
    where = spec.get("inferenceService") or spec.get("server")
    reason = f"is loaded into {where}, which has its own price" if where else "is loaded into a server of its own price"
    at: JsonPath = ("spec", "model") if isinstance(spec.get("model"), dict) else ("spec",)
    model = mapping(spec.get("model")) or spec
    runtime = str(model.get("framework") or where or "")
    yield Part("", {}, (), Replicas(0, 0, reason), _model(model, at), runtime)


def _seldon_deployment(manifest: Manifest) -> Iterator[Part]:
    predictors = sequence(mapping(manifest.document.get("spec")).get("predictors"))
    for index, predictor in enumerate(map(mapping, predictors)):
        at = ("spec", "predictors", index)
        number = count(predictor.get("replicas"), 1)
        found: tuple[Container, ...] = ()
        spec: Mapping[str, Any] = {}
        for at_component, component in enumerate(map(mapping, sequence(predictor.get("componentSpecs")))):
            spec = mapping(component.get("spec"))
            found += containers(manifest, spec, (*at, "componentSpecs", at_component, "spec"))
        graph = mapping(predictor.get("graph"))
        models = tuple(_graph_models(graph, (*at, "graph")))
        runtime = str(graph.get("implementation") or "")
        yield Part(f"-{predictor.get('name') or index}", spec, found, Replicas(number, number), models, runtime)


def _graph_models(graph: Mapping[str, Any], at: JsonPath) -> Iterator[tuple[str, JsonPath]]:
    waiting = [(graph, at)]
    for _ in range(_MAX_GRAPH):
        if not waiting:
            return
        node, place = waiting.pop()
        yield from _model(node, place)
        children = enumerate(map(mapping, sequence(node.get("children"))))
        waiting += [(child, (*place, "children", index)) for index, child in children]


_READERS: dict[str, Callable[[Manifest], Iterator[Part]]] = {
    "InferenceService": _inference_service,
    "LLMInferenceService": _language_model,
    "LLMInferenceServiceConfig": _language_model_template,
    "ServingRuntime": _runtime,
    "ClusterServingRuntime": _runtime,
    "TrainedModel": _trained_model,
    "Model": _trained_model,
    "SeldonDeployment": _seldon_deployment,
}
