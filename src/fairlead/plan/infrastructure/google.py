"""Compute on Google Cloud: instances, node pools, Vertex AI, Cloud Run and functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

from fairlead.domain.plan import CostComponent
from fairlead.plan.infrastructure.attributes import block, blocks, number, text, whole
from fairlead.plan.infrastructure.components import SPOT, Place, Subject, always, machines, per_use, unknown

__all__ = ["GOOGLE"]

Attributes = Mapping[str, Any]
_ZONE = re.compile(r".+-[a-z]")
_ZONES = 3
"""Zones over which Google spreads a regional cluster's nodes where none are named (GKE, "Regional clusters")."""
_NODE_TYPE = "e2-medium"
"""What GKE takes where no machine type is named."""
_MILLION = Decimal(1_000_000)
_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(m|Mi|M|Gi|G)?")
_GIB = {"": Decimal(1) / 2**30, "M": Decimal(10**6) / 2**30, "Mi": Decimal(1) / 1024, "G": Decimal(10**9) / 2**30}


def _instance(of: Subject) -> Iterator[CostComponent]:
    scheduling = block(of.attributes, "scheduling")
    spot = scheduling.get("preemptible") is True or text(scheduling, "provisioning_model") == "SPOT"
    yield machines(of.place, text(of.attributes, "machine_type"), 1, refused=SPOT if spot else "")
    yield from _guests(of.attributes, "guest_accelerator", 1)


def _guests(attributes: Attributes, field: str, machines_count: int | None) -> Iterator[CostComponent]:
    """Accelerators that are attached to general machines. Those of a2, a3, a4 and g2 are in the machine's price."""
    if re.match(r"(a[234]|g[24])-", text(attributes, "machine_type")):
        return
    for each in blocks(attributes, field):
        count = whole(each, "count")
        if count:
            amount = Decimal(count * (machines_count or 0) * 730)
            why = "no list price of an accelerator that is attached to a machine"
            yield unknown(f"gpu {text(each, 'type')}", "GPU-hour", why, amount)


def _cluster(of: Subject) -> Iterator[CostComponent]:
    yield always(of.place, "gke-cluster", "management fee")
    if of.attributes.get("enable_autopilot") is True:
        yield unknown("pods", "hour", "Autopilot is paid by what pods request")
    elif of.attributes.get("remove_default_node_pool") is not True and not blocks(of.attributes, "node_pool"):
        yield from _pool(of)
    for pool in blocks(of.attributes, "node_pool"):
        yield from _pool(replace(of, attributes={"location": of.attributes.get("location"), **pool}))


def _pool(of: Subject) -> Iterator[CostComponent]:
    """A pool's numbers are for each zone, except the totals of its autoscaling."""
    config = block(of.attributes, "node_config")
    scaling = block(of.attributes, "autoscaling")
    total = whole(scaling, "total_min_node_count")
    each_zone = whole(of.attributes, "node_count")
    if each_zone is None:
        least = whole(scaling, "min_node_count")
        each_zone = least if least is not None else whole(of.attributes, "initial_node_count")
    count = total if total is not None else None if each_zone is None else each_zone * _zones(of.attributes)
    most = whole(scaling, "total_max_node_count")
    most = most if most is not None else (whole(scaling, "max_node_count") or 0) * _zones(of.attributes)
    spot = config.get("spot") is True or config.get("preemptible") is True
    kind = text(config, "machine_type", _NODE_TYPE)
    yield machines(of.place, kind, count, most=most, refused=SPOT if spot else "")
    yield from _guests(config, "guest_accelerator", count)


def _zones(attributes: Attributes) -> int:
    named = attributes.get("node_locations")
    if isinstance(named, list) and named:
        return len(named)
    return 1 if _ZONE.fullmatch(text(attributes, "location")) else _ZONES


def _vertex_deployment(of: Subject) -> Iterator[CostComponent]:
    dedicated = block(of.attributes, "deploy_config", "dedicated_resources") or block(
        of.attributes, "dedicated_resources"
    )
    machine = block(dedicated, "machine_spec")
    kind = text(machine, "machine_type")
    count = whole(dedicated, "min_replica_count")
    plain = machines(of.place, kind, 1 if count is None else count)
    hint = f"; the plain machine is {plain.unit_price} USD/h, and Vertex AI asks more" if plain.unit_price else ""
    yield unknown(f"prediction node {kind}".strip(), "hour", f"no list price of Vertex AI{hint}", plain.quantity)


def _function(of: Subject) -> Iterator[CostComponent]:
    """Second generation functions run on Cloud Run, at its prices."""
    config = block(of.attributes, "service_config")
    memory, cpu = _gib(config.get("available_memory")), number(config, "available_cpu")
    yield from _by_use(of.place, cpu, memory, whole(config, "min_instance_count"))


def _service(of: Subject) -> Iterator[CostComponent]:
    template = block(of.attributes, "template")
    containers = blocks(template, "containers")
    limits = [block(each, "resources", "limits") for each in containers]
    cpu = sum((_cores(each.get("cpu")) or Decimal(1) for each in limits), Decimal(0))
    memory = sum((_gib(each.get("memory")) or Decimal("0.5") for each in limits), Decimal(0))
    for each in limits:
        if each.get("nvidia.com/gpu"):
            yield unknown("gpu", "GPU-second", "no list price of Cloud Run's GPUs")
    yield from _by_use(of.place, cpu, memory, whole(block(template, "scaling"), "min_instance_count"))


def _by_use(place: Place, cpu: Decimal | None, memory: Decimal | None, least: int | None) -> Iterator[CostComponent]:
    """Requests, vCPU-seconds and GiB-seconds while requests are served, one at a time in an instance."""
    usage = place.usage
    requests = usage.requests if usage is not None else None
    took = usage.milliseconds if usage is not None else None
    with localcontext(prec=60):
        seconds = None if requests is None or took is None else requests * took / 1000
        calls = None if requests is None else requests / _MILLION
    needs = "requestsPerMonth and averageMilliseconds"
    yield per_use(place, "cloud-run-request", "requests", "1M requests", calls, needs=needs)
    for name, unit, amount in (("vcpu", "vCPU-second", cpu), ("gib", "GiB-second", memory)):
        used = None if seconds is None or amount is None else seconds * amount
        label = "cpu" if name == "vcpu" else "memory"
        yield per_use(place, f"cloud-run-{name}-second", label, unit, used, needs=needs)
    if least:
        why = f"{least} instances are kept idle, and there is no list price of idle instances"
        yield unknown("idle instances", "hour", why, Decimal(least * 730))


def _cores(value: object) -> Decimal | None:
    match = _AMOUNT.fullmatch(str(value)) if value is not None else None
    if match is None or match[2] not in {None, "m"}:
        return None
    return Decimal(match[1]) / 1000 if match[2] else Decimal(match[1])


def _gib(value: object) -> Decimal | None:
    match = _AMOUNT.fullmatch(str(value)) if value is not None else None
    if match is None or match[2] == "m":
        return None
    return Decimal(match[1]) if match[2] == "Gi" else Decimal(match[1]) * _GIB[match[2] or ""]


def _free(of: Subject) -> Iterator[CostComponent]:  # noqa: ARG001 - every type is asked in the same way
    """Costs nothing by itself: what is deployed to it has the price."""
    yield from ()


GOOGLE: dict[str, Callable[[Subject], Iterator[CostComponent]]] = {
    "google_compute_instance": _instance,
    "google_container_cluster": _cluster,
    "google_container_node_pool": _pool,
    "google_vertex_ai_endpoint": _free,
    "google_vertex_ai_endpoint_with_model_garden_deployment": _vertex_deployment,
    "google_cloudfunctions2_function": _function,
    "google_cloud_run_v2_service": _service,
}
"""How each type is priced."""
