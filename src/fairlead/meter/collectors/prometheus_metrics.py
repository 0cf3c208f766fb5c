"""What is asked of a Prometheus server, as data: one query per metric, by the exporter that it comes from.

Names and labels as their projects document them in 2026:
vLLM: https://docs.vllm.ai/en/stable/usage/metrics/ (the client library adds `_total` to counters).
Triton: https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/metrics.html.
KServe's own servers: kserve/kserve, python/kserve/kserve/metrics.py. Knative's queue proxy:
https://knative.dev/docs/serving/services/service-metrics.
DCGM: https://docs.nvidia.com/datacenter/dcgm/latest/gpu-telemetry/dcgm-exporter.html.
kube-state-metrics: docs/metrics/workload/pod-metrics.md and docs/metrics/cluster/node-metrics.md of
kubernetes/kube-state-metrics. cAdvisor: docs/storage/prometheus.md of google/cadvisor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from fairlead.kernel.errors import UsageError

__all__ = ["EXPORTERS", "QUERIES", "Query", "queries_of"]

_GIB = Fraction(1, 2**30)


@dataclass(frozen=True, slots=True)
class Query:
    """One metric and the use that it tells. Its value times `scale` is in the measure's unit (a gauge's: per second).

    `only` are matchers of PromQL. `kind` is `counter`, `gauge` (integrated over time) or `gpu`: how busy a GPU or MIG
    instance is, which also says who holds it and that it is there. `unless` names a query that tells the same better,
    where it tells of the same GPU. `keep` are labels that stay apart.
    """

    name: str
    metric: str
    kind: Literal["counter", "gauge", "gpu"]
    measure: str
    role: str = "used"
    scale: Fraction = Fraction(1)
    only: str = ""
    keep: tuple[str, ...] = ()
    unless: str = ""

    @property
    def exporter(self) -> str:
        """The exporter's name: the part before the slash."""
        return self.name.partition("/")[0]

    @property
    def selector(self) -> str:
        """The series, in PromQL."""
        return f"{self.metric}{{{self.only}}}"


_VLLM = ("engine",)
_GPU = ("UUID", "gpu", "modelName", "GPU_I_ID", "GPU_I_PROFILE", "exported_container")
_CONTAINER = ("container",)
_REAL = 'container!="", container!="POD"'
"""cAdvisor's own sums over a pod, and pause containers, are no containers."""

QUERIES: tuple[Query, ...] = (
    Query("vllm/input-tokens", "vllm:prompt_tokens_total", "counter", "input_tokens", keep=_VLLM),
    Query("vllm/output-tokens", "vllm:generation_tokens_total", "counter", "output_tokens", keep=_VLLM),
    Query("vllm/cached-tokens", "vllm:prefix_cache_hits_total", "counter", "cached_input_tokens", keep=_VLLM),
    Query("vllm/requests", "vllm:request_success_total", "counter", "requests", keep=_VLLM),
    Query("vllm/prefill", "vllm:request_prefill_time_seconds_sum", "counter", "prefill_seconds", keep=_VLLM),
    Query("vllm/decode", "vllm:request_decode_time_seconds_sum", "counter", "decode_seconds", keep=_VLLM),
    Query("triton/requests", "nv_inference_request_success", "counter", "requests", keep=("version",)),
    Query("triton/inferences", "nv_inference_count", "counter", "inferences", keep=("version",)),
    Query(
        "triton/compute",
        "nv_inference_compute_infer_duration_us",
        "counter",
        "compute_seconds",
        scale=Fraction(1, 1_000_000),
        keep=("version",),
    ),
    Query("kserve/requests", "request_predict_seconds_count", "counter", "requests"),
    Query("kserve/compute", "request_predict_seconds_sum", "counter", "compute_seconds"),
    Query(
        "knative/requests",
        "revision_app_request_count",
        "counter",
        "requests",
        only='response_code_class="2xx"',
        keep=("configuration_name", "revision_name"),
    ),
    Query("dcgm/engine-active", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gpu", "gpu_seconds", keep=_GPU),
    Query(
        "dcgm/utilisation",
        "DCGM_FI_DEV_GPU_UTIL",
        "gpu",
        "gpu_seconds",
        scale=Fraction(1, 100),
        keep=_GPU,
        unless="dcgm/engine-active",
    ),
    Query(
        "kube/cpu-requests",
        "kube_pod_container_resource_requests",
        "gauge",
        "cpu_seconds",
        "reserved",
        only='resource="cpu", node!=""',
        keep=_CONTAINER,
    ),
    Query(
        "kube/memory-requests",
        "kube_pod_container_resource_requests",
        "gauge",
        "memory_gib_seconds",
        "reserved",
        scale=_GIB,
        only='resource="memory", node!=""',
        keep=_CONTAINER,
    ),
    Query("kube/cpu-capacity", "kube_node_status_capacity", "gauge", "cpu_seconds", "capacity", only='resource="cpu"'),
    Query(
        "kube/memory-capacity",
        "kube_node_status_capacity",
        "gauge",
        "memory_gib_seconds",
        "capacity",
        scale=_GIB,
        only='resource="memory"',
    ),
    Query("cadvisor/cpu", "container_cpu_usage_seconds_total", "counter", "cpu_seconds", only=_REAL, keep=_CONTAINER),
    Query(
        "cadvisor/memory",
        "container_memory_working_set_bytes",
        "gauge",
        "memory_gib_seconds",
        scale=_GIB,
        only=_REAL,
        keep=_CONTAINER,
    ),
    Query("cadvisor/received", "container_network_receive_bytes_total", "counter", "network_bytes", only='pod!=""'),
    Query("cadvisor/sent", "container_network_transmit_bytes_total", "counter", "network_bytes", only='pod!=""'),
    Query(
        "kubelet/volumes",
        "kubelet_volume_stats_used_bytes",
        "gauge",
        "storage_gib_hours",
        scale=_GIB / 3600,
        keep=("persistentvolumeclaim",),
    ),
)
"""In the order in which they are asked."""

EXPORTERS: Mapping[str, tuple[Query, ...]] = {
    name: tuple(query for query in QUERIES if query.exporter == name)
    for name in dict.fromkeys(query.exporter for query in QUERIES)
}
"""Queries by exporter."""


def queries_of(names: Sequence[str]) -> tuple[Query, ...]:
    """Queries of the exporters, or of single ones by name; all of them where none is named. UsageError: not known."""
    unknown = [name for name in names if name not in EXPORTERS and name not in {query.name for query in QUERIES}]
    if unknown:
        known = f"known are {', '.join(EXPORTERS)}, and single queries such as {QUERIES[0].name}"
        raise UsageError(f"there is no exporter {unknown[0]!r}", mend=known)
    return tuple(query for query in QUERIES if not names or {query.name, query.exporter} & set(names))
