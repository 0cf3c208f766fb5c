"""Compute for which there is no list price here: named, so that a report says that its price is unknown."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.domain.plan import CostComponent
from fairlead.plan.infrastructure.components import Subject, unknown

__all__ = ["UNLISTED", "unlisted"]

UNLISTED = {
    "aws": (
        "aws_apprunner_service",
        "aws_batch_compute_environment",
        "aws_bedrock_provisioned_model_throughput",
        "aws_ec2_fleet",
        "aws_ecs_service",
        "aws_eks_fargate_profile",
        "aws_emr_cluster",
        "aws_sagemaker_notebook_instance",
        "aws_spot_fleet_request",
    ),
    "azure": (
        "azurerm_cognitive_deployment",
        "azurerm_container_app",
        "azurerm_container_group",
        "azurerm_function_app",
        "azurerm_function_app_flex_consumption",
        "azurerm_linux_web_app",
        "azurerm_orchestrated_virtual_machine_scale_set",
        "azurerm_windows_function_app",
        "azurerm_windows_virtual_machine_scale_set",
    ),
    "google": (
        "google_cloud_run_service",
        "google_cloud_run_v2_job",
        "google_cloudfunctions_function",
        "google_compute_instance_group_manager",
        "google_compute_region_instance_group_manager",
        "google_dataproc_cluster",
        "google_notebooks_instance",
        "google_tpu_v2_queued_resource",
        "google_tpu_v2_vm",
        "google_workbench_instance",
    ),
}
"""Types by provider."""


def unlisted(of: Subject) -> Iterator[CostComponent]:
    """One component without a price."""
    yield unknown("compute", "hour", f"{of.place.address} is compute of a type that has no list price here")
