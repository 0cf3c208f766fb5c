"""Compute on Azure: virtual machines, AKS, Azure Machine Learning, function apps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

from fairlead.domain.plan import CostComponent
from fairlead.plan.infrastructure.attributes import block, blocks, text, whole
from fairlead.plan.infrastructure.components import SPOT, Subject, always, machines, per_use, unknown

__all__ = ["AZURE"]

Attributes = Mapping[str, Any]
_WINDOWS = "the list prices here are of Linux, and Windows costs more"
_MILLION = Decimal(1_000_000)
_ENDPOINT = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments@"


def _machine(of: Subject) -> Iterator[CostComponent]:
    size = text(of.attributes, "size") or text(of.attributes, "vm_size")
    yield machines(of.place, size, 1, refused=_refused(of.attributes))


def _refused(attributes: Attributes) -> str:
    """Why the list price does not hold."""
    if text(attributes, "priority") == "Spot" or text(attributes, "vm_priority") == "LowPriority":
        return SPOT
    return _WINDOWS if text(attributes, "os_type") == "Windows" else ""


def _windows(of: Subject) -> Iterator[CostComponent]:
    yield machines(of.place, text(of.attributes, "size"), 1, refused=_WINDOWS)


def _scale_set(of: Subject) -> Iterator[CostComponent]:
    sku, count = text(of.attributes, "sku"), whole(of.attributes, "instances")
    yield machines(of.place, sku, count, refused=_refused(of.attributes))


def _cluster(of: Subject) -> Iterator[CostComponent]:
    tier = text(of.attributes, "sku_tier", "Free")
    if tier == "Standard":
        yield always(of.place, "aks-standard", "control plane Standard")
    elif tier != "Free":
        yield unknown(f"control plane {tier}", "hour", f"no list price of the tier {tier}")
    yield from _pool(replace(of, attributes=block(of.attributes, "default_node_pool")))


def _pool(of: Subject) -> Iterator[CostComponent]:
    kind = text(of.attributes, "vm_size")
    count, most = whole(of.attributes, "node_count", "min_count"), whole(of.attributes, "max_count")
    yield machines(of.place, kind, count, most=most, refused=_refused(of.attributes))


def _compute_cluster(of: Subject) -> Iterator[CostComponent]:
    """Azure Machine Learning asks the machines' price, and nothing for the service."""
    scaling = block(of.attributes, "scale_settings")
    count, most = whole(scaling, "min_node_count"), whole(scaling, "max_node_count")
    yield machines(of.place, text(of.attributes, "vm_size"), count, most=most, refused=_refused(of.attributes))


def _compute_instance(of: Subject) -> Iterator[CostComponent]:
    yield machines(of.place, text(of.attributes, "virtual_machine_size"), 1)


def _any_resource(of: Subject) -> Iterator[CostComponent]:
    """An online endpoint's deployment, which `azurerm` has no type for: `azapi_resource` with a body of ARM's form."""
    if not text(of.attributes, "type").startswith(_ENDPOINT):
        return
    body = of.attributes.get("body")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            body = None
    about = body if isinstance(body, dict) else {}
    yield from _deployment(replace(of, attributes=about))


def _deployment(of: Subject) -> Iterator[CostComponent]:
    properties = block(of.attributes, "properties") or block(of.attributes, "online_deployment_properties")
    kind = text(properties, "instanceType") or text(properties, "instance_type")
    yield machines(of.place, kind, whole(block(of.attributes, "sku"), "capacity"))


def _native_machine(of: Subject) -> Iterator[CostComponent]:
    size = text(block(of.attributes, "hardware_profile"), "vm_size")
    yield machines(of.place, size, 1, refused=_refused(of.attributes))


def _native_cluster(of: Subject) -> Iterator[CostComponent]:
    tier = text(block(of.attributes, "sku"), "tier", "Free")
    if tier == "Standard":
        yield always(of.place, "aks-standard", "control plane Standard")
    elif tier != "Free":
        yield unknown(f"control plane {tier}", "hour", f"no list price of the tier {tier}")
    for pool in blocks(of.attributes, "agent_pool_profiles"):
        yield from _native_pool(replace(of, attributes=pool))


def _native_pool(of: Subject) -> Iterator[CostComponent]:
    count, most = whole(of.attributes, "count", "min_count"), whole(of.attributes, "max_count")
    spot = text(of.attributes, "scale_set_priority") == "Spot"
    refused = SPOT if spot else _refused(of.attributes)
    yield machines(of.place, text(of.attributes, "vm_size"), count, most=most, refused=refused)


def _function_app(of: Subject) -> Iterator[CostComponent]:
    """Executions and GB-seconds on a consumption plan; any other plan has its own price."""
    plan = text(of.linked, "sku_name")
    if plan != "Y1":
        why = f"no list price of the service plan {plan}" if plan else "its service plan is not in the same file"
        yield unknown(f"service plan {plan}".strip(), "hour", why)
        return
    usage = of.place.usage
    requests = usage.requests if usage is not None else None
    with localcontext(prec=60):
        calls = None if requests is None else requests / _MILLION
    needs = "requestsPerMonth"
    yield per_use(of.place, "functions-execution", "executions", "1M requests", calls, needs=needs)
    # Azure bills the memory that an execution really used, which neither a plan nor a count of requests tells.
    yield unknown("duration", "GB-second", "it is billed by the memory that executions use, which no plan says")


def _free(of: Subject) -> Iterator[CostComponent]:  # noqa: ARG001 - every type is asked in the same way
    """Costs nothing by itself: what uses it has the price."""
    yield from ()


AZURE: dict[str, Callable[[Subject], Iterator[CostComponent]]] = {
    "azurerm_linux_virtual_machine": _machine,
    "azurerm_virtual_machine": _machine,
    "azurerm_windows_virtual_machine": _windows,
    "azurerm_linux_virtual_machine_scale_set": _scale_set,
    "azurerm_kubernetes_cluster": _cluster,
    "azurerm_kubernetes_cluster_node_pool": _pool,
    "azurerm_machine_learning_compute_cluster": _compute_cluster,
    "azurerm_machine_learning_compute_instance": _compute_instance,
    "azurerm_linux_function_app": _function_app,
    "azurerm_service_plan": _free,
    "azapi_resource": _any_resource,
    "azure_native_online_deployment": _deployment,
    "azure_native_virtual_machine": _native_machine,
    "azure_native_managed_cluster": _native_cluster,
    "azure_native_agent_pool": _native_pool,
}
"""How each type is priced."""
