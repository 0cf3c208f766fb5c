"""Which accelerator a pod asks for, and of which kind: resource names, node labels, instance types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["INSTANCE_LABELS", "KIND_LABELS", "accelerator_kind", "is_accelerator"]

_RESOURCES = re.compile(
    r"(nvidia\.com/(gpu|mig-[0-9a-z.]+)(\.shared)?|amd\.com/gpu|gpu\.intel\.com/[a-z0-9]+|google\.com/tpu"
    r"|aws\.amazon\.com/neuron(core|device)?|habana\.ai/gaudi)"
)

KIND_LABELS = (
    "cloud.google.com/gke-accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "nvidia.com/gpu.product",
    "gpu.nvidia.com/class",
    "k8s.amazonaws.com/accelerator",
    "kubernetes.azure.com/accelerator",
    "accelerator",
)
"""Node labels that name the kind of accelerator, surest first."""

INSTANCE_LABELS = (
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "karpenter.k8s.aws/instance-type",
)
"""Node labels that name the machine."""

_FAMILY_LABEL = "karpenter.k8s.aws/instance-family"
_GPU_MEMORY_LABEL = "karpenter.k8s.aws/instance-gpu-memory"

# GKE's plain `nvidia-tesla-a100` is the 40 GB one; elsewhere an A100 without its memory may be either.
_KINDS = (
    (r"b300", "B300"),
    (r"gb?200(?!\d)|b200", "B200"),
    (r"h200", "H200"),
    (r"h100", "H100"),
    (r"mi300x?", "MI300X"),
    (r"a100.*80|^a2-ultragpu|^p4de\.|nc\d+ads_a100|nd96ams", "A100-80GB"),
    (r"a100.*40|tesla-a100|^a2-(high|mega)gpu|^p4d\.|nd96asr", "A100-40GB"),
    (r"l40s|^g6e\.", "L40S"),
    (r"(^|[^a-z0-9])l40($|[^a-z0-9])", "L40"),
    (r"(^|[^a-z0-9])l4($|[^a-z0-9])|^g2-|^g6\.", "L4"),
    (r"a10g|^g5\.", "A10G"),
    (r"(^|[^a-z0-9])a10($|[^0-9a-z])", "A10"),
    (r"v100|^p3(dn)?\.|nc\d+rs?_v3", "V100"),
    (r"p100", "P100"),
    (r"(^|[^a-z0-9])p4($|[^a-z0-9])", "P4"),
    (r"(^|[^a-z0-9])t4($|[^a-z0-9])|^g4dn\.", "T4"),
    (r"^p5e(n)?\.", "H200"),
    (r"^p5\.|^a3-(high|mega|edge)gpu", "H100"),
    (r"^a3-ultragpu", "H200"),
    (r"^a4-|^p6-b200", "B200"),
    (r"^inf2\.", "Inferentia2"),
    (r"^trn1n?\.", "Trainium1"),
)


def is_accelerator(resource: str) -> bool:
    """Whether a resource name of a pod asks for an accelerator."""
    return _RESOURCES.fullmatch(resource) is not None


def accelerator_kind(resource: str, labels: Mapping[str, str]) -> str:
    """The kind, from the labels of the nodes that a pod asks for: `L4`, `A100-80GB`. As much as is said where unknown.

    A slice of a GPU and what is no GPU are kinds of their own, named as the resource.
    """
    name = resource.rpartition("/")[2].removesuffix(".shared")
    if name.startswith("mig-") or resource.startswith(("google.com/", "habana.ai/")):
        return name
    said = [labels[label] for label in KIND_LABELS if labels.get(label)]
    said += [labels[label] for label in INSTANCE_LABELS if labels.get(label)]
    said += [f"{labels[_FAMILY_LABEL]}."] if labels.get(_FAMILY_LABEL) else []
    memory = labels.get(_GPU_MEMORY_LABEL, "")
    if memory.isdecimal() and said:
        said[0] = f"{said[0]}-{int(memory[:12]) // 1000}gb"
    return _first_kind(said) or (said[0] if said else "" if name == "gpu" else name)


def _first_kind(said: Iterable[str]) -> str:
    for text in said:
        low = text.lower()[:200]
        for pattern, kind in _KINDS:
            if re.search(pattern, low):
                return kind
    return ""
