"""Clouds' resources whatever tool names them: their regions, and which are made from which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["LINKED", "linked_names", "normal_region", "region_of"]

LINKED = {
    "aws_instance": "aws_launch_template",
    "aws_autoscaling_group": "aws_launch_template",
    "aws_eks_node_group": "aws_launch_template",
    "aws_sagemaker_endpoint": "aws_sagemaker_endpoint_configuration",
    "azurerm_linux_function_app": "azurerm_service_plan",
    "azurerm_kubernetes_cluster_node_pool": "azurerm_kubernetes_cluster",
}
"""What a type of resource takes its machines or its region from, where it does not name them itself."""

_LINK_FIELDS = (
    "launch_template",
    "mixed_instances_policy",
    "endpoint_config_name",
    "service_plan_id",
    "kubernetes_cluster_id",
)
_ZONE = re.compile(r"(.+)-[a-z]")
_AWS_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-[0-9]+)[a-z]")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:([a-z0-9-]+):")


def linked_names(attributes: Mapping[str, Any]) -> set[str]:
    """Ids and names that the linking attributes hold."""
    waiting: list[object] = [attributes.get(field) for field in _LINK_FIELDS]
    found: set[str] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            found.add(each)
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found


def region_of(provider: str, attributes: Mapping[str, Any]) -> str:
    """The region that a resource's own attributes name, or empty."""
    fields = {
        "aws": ("region", "availability_zone"),
        "azure": ("location",),
        "google": ("region", "zone", "location"),
    }
    for field in fields.get(provider, ()):
        value = attributes.get(field)
        if isinstance(value, str) and value:
            return normal_region(provider, value)
    arn = attributes.get("arn") if provider == "aws" else None
    match = _ARN.match(arn) if isinstance(arn, str) else None
    return match[1] if match else ""


def normal_region(provider: str, text: str) -> str:
    """A region's name as price lists write it: `East US` is eastus, a zone is in its region."""
    if provider == "azure":
        return text.replace(" ", "").lower()
    if provider == "google":
        match = _ZONE.fullmatch(text)
        return match[1] if match else text
    match = _AWS_ZONE.fullmatch(text)
    return match[1] if match else text
