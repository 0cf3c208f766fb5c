"""A pod's specification -> its images, the models its arguments name, what one replica asks for, and where it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fairlead.declare.manifests.accelerators import INSTANCE_LABELS, accelerator_kind, is_accelerator
from fairlead.declare.manifests.references import image_pin, model_pin
from fairlead.domain.infrastructure import Image, JsonPath, Manifest, ModelReference, Pin, PodResources

__all__ = [
    "Container",
    "Placement",
    "amounts",
    "containers",
    "images",
    "mapping",
    "named_models",
    "placement",
    "sequence",
]

_QUANTITY = re.compile(
    r"([0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE]([-+]?[0-9]{1,2})|([munkMGTPE]|[KMGTPE]i)?)"
)
_SCALE = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("0.001"), "": Decimal(1),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12), "P": Decimal(10**15),
    "E": Decimal(10**18), "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
    "Pi": Decimal(2**50), "Ei": Decimal(2**60),
}  # fmt: skip
_MODEL_FLAGS = ("--model", "--model-id", "--model_id", "--model-path", "--hf-repo", "--pretrained-model-name-or-path")
_REVISION_FLAGS = ("--revision", "--model-revision", "--model_revision")
_MODEL_VARIABLES = ("MODEL_ID", "HF_MODEL_ID", "STORAGE_URI", "MODEL_URI", "HUGGINGFACE_MODEL_ID")
_REVISION_VARIABLES = ("REVISION", "MODEL_REVISION", "HF_REVISION")
_PROVIDERS = (
    ("karpenter.k8s.aws/", "aws"), ("eks.amazonaws.com/", "aws"), ("k8s.amazonaws.com/", "aws"),
    ("cloud.google.com/", "google"), ("kubernetes.azure.com/", "azure"), ("agentpool", "azure"),
)  # fmt: skip
_REGION_LABELS = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")


def mapping(value: object) -> Mapping[str, Any]:
    """`value` where it is a mapping, else an empty one: others' manifests need not have the shape they should."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[Any]:
    """`value` where it is a list, else an empty one."""
    return value if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class Container:
    """One container and its path in `manifest`; `prepares`: it runs before the others and ends."""

    manifest: Manifest
    at: JsonPath
    data: Mapping[str, Any]
    prepares: bool = False


def containers(manifest: Manifest, spec: Mapping[str, Any], at: JsonPath) -> tuple[Container, ...]:
    """The containers of the pod at that path."""
    found = []
    for field in ("containers", "initContainers"):
        for index, each in enumerate(sequence(spec.get(field))):
            if isinstance(each, dict):
                # An initial container that is always restarted is a sidecar, and runs as long as the others.
                prepares = field == "initContainers" and each.get("restartPolicy") != "Always"
                found.append(Container(manifest, (*at, field, index), each, prepares))
    return tuple(found)


def images(parts: Iterable[Container]) -> Iterator[Image]:
    """The images of containers."""
    for part in parts:
        reference = part.data.get("image")
        if isinstance(reference, str) and reference:
            line = part.manifest.line_of((*part.at, "image"))
            name = str(part.data.get("name") or "")
            yield Image(reference, image_pin(reference), name, part.manifest.path, line)


def named_models(parts: Iterable[Container]) -> Iterator[ModelReference]:
    """The models that arguments and environment name: `--model-id`, `vllm serve NAME`, `MODEL_ID`."""
    for part in parts:
        words = [str(word) for field in ("command", "args") for word in sequence(part.data.get(field))]
        variables = {
            str(each.get("name")): str(each["value"])
            for each in map(mapping, sequence(part.data.get("env")))
            if isinstance(each.get("value"), str)
        }
        revision = _flag(words, _REVISION_FLAGS) or next(
            (variables[name] for name in _REVISION_VARIABLES if name in variables), ""
        )
        flagged = _flag(words, _MODEL_FLAGS) or _served(words)
        if flagged:
            line = part.manifest.line_of((*part.at, "args"))
            yield ModelReference(flagged, _pin(flagged, revision), "argument", part.manifest.path, line)
        for name in _MODEL_VARIABLES:
            if variables.get(name) and variables[name] != flagged:
                line = part.manifest.line_of((*part.at, "env"))
                yield ModelReference(variables[name], _pin(variables[name], revision), name, part.manifest.path, line)
                break


def _pin(uri: str, revision: str) -> Pin:
    """A path within the container says nothing of what was put there; it counts as a place, like a volume."""
    return model_pin(f"file://{uri}" if uri.startswith(("/", "./")) else uri, revision)


def _flag(words: Sequence[str], flags: Iterable[str]) -> str:
    """The value of the first of `flags`, written `--flag=value` or `--flag value`."""
    known = set(flags)
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in known and (equals or at + 1 < len(words)):
            return value if equals else words[at + 1]
    return ""


def _served(words: Sequence[str]) -> str:
    """NAME of `vllm serve NAME`."""
    for at, word in enumerate(words[:-1]):
        if word == "serve" and not words[at + 1].startswith("-"):
            return words[at + 1]
    return ""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a pod asks to run: node labels that it requires, and what follows from them."""

    labels: Mapping[str, str]

    @property
    def instance_type(self) -> str:
        """The machine's type, or empty."""
        return next((self.labels[label] for label in INSTANCE_LABELS if self.labels.get(label)), "")

    @property
    def region(self) -> str:
        """The region, or empty."""
        return next((self.labels[label] for label in _REGION_LABELS if self.labels.get(label)), "")

    @property
    def provider(self) -> str:
        """`aws`, `google`, `azure`, or empty."""
        return next((name for prefix, name in _PROVIDERS if any(each.startswith(prefix) for each in self.labels)), "")


def placement(spec: Mapping[str, Any]) -> Placement:
    """The labels of the node selector, and those of the required affinity that leave one value only."""
    labels = {str(key): str(value) for key, value in mapping(spec.get("nodeSelector")).items()}
    affinity = mapping(mapping(spec.get("affinity")).get("nodeAffinity"))
    required = mapping(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))
    terms = sequence(required.get("nodeSelectorTerms"))
    # Several terms are alternatives: no label of one of them is certain.
    for term in map(mapping, terms if len(terms) == 1 else ()):
        for each in map(mapping, sequence(term.get("matchExpressions"))):
            values = sequence(each.get("values"))
            if each.get("operator") == "In" and len(values) == 1:
                labels.setdefault(str(each.get("key")), str(values[0]))
    return Placement(labels)


def amounts(parts: Iterable[Container], labels: Mapping[str, str]) -> tuple[PodResources, PodResources]:
    """What one replica requests, and its limits.

    The containers' sum, or what an initial container asks for where that is more. A limit without a request is the
    request too (Kubernetes, "Resource Management for Pods and Containers").
    """
    requests: list[tuple[PodResources, bool]] = []
    limits: list[tuple[PodResources, bool]] = []
    for part in parts:
        resources = mapping(part.data.get("resources"))
        limit = mapping(resources.get("limits"))
        requests.append((_amount({**limit, **mapping(resources.get("requests"))}, labels), part.prepares))
        limits.append((_amount(limit, labels), part.prepares))
    return _whole(requests), _whole(limits)


def _amount(asked: Mapping[str, Any], labels: Mapping[str, str]) -> PodResources:
    cpu, memory = _quantity(asked.get("cpu")), _quantity(asked.get("memory"))
    gpus = {name: count for name in asked if is_accelerator(name) and (count := _quantity(asked[name]))}
    kinds = sorted({accelerator_kind(name, labels) for name in gpus})
    total = sum(gpus.values(), Decimal(0))
    return PodResources(cpu, None if memory is None else int(memory), total, "+".join(kinds))


def _whole(parts: Sequence[tuple[PodResources, bool]]) -> PodResources:
    running = [each for each, prepares in parts if not prepares]
    first = [each for each, prepares in parts if prepares]
    kinds = sorted({each.gpu_type for each, _ in parts if each.gpu})
    cpu = _most(_sum([each.cpu for each in running]), [each.cpu for each in first])
    memory = _most(_sum([each.memory for each in running]), [each.memory for each in first])
    gpu = max([sum((each.gpu for each in running), Decimal(0)), *(each.gpu for each in first)])
    return PodResources(cpu, None if memory is None else int(memory), gpu, "+".join(kinds))


def _sum(values: Sequence[Decimal | int | None]) -> Decimal | None:
    """None where one of them does not say: a sum without it would count it as free."""
    known = [Decimal(value) for value in values if value is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(values) else None


def _most(total: Decimal | None, others: Sequence[Decimal | int | None]) -> Decimal | None:
    return None if total is None else max([total, *(Decimal(value) for value in others if value is not None)])


def _quantity(value: object) -> Decimal | None:
    """A Kubernetes quantity: `500m`, `1.5`, `4Gi`, `1e3`; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    match = _QUANTITY.fullmatch(str(value).strip())
    if match is None:
        return None
    scale = Decimal(f"1e{int(match[2])}") if match[2] else _SCALE[match[3] or ""]
    return Decimal(match[1]) * scale
