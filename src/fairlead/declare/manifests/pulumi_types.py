"""Pulumi's names of the types that have a price, and what Terraform calls them. Part of reading a preview."""

from __future__ import annotations

__all__ = ["TYPES"]

TYPES = {
    "aws:ec2/instance:Instance": "aws_instance",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": "aws_spot_instance_request",
    "aws:ec2/launchTemplate:LaunchTemplate": "aws_launch_template",
    "aws:autoscaling/group:Group": "aws_autoscaling_group",
    "aws:eks/cluster:Cluster": "aws_eks_cluster",
    "aws:eks/nodeGroup:NodeGroup": "aws_eks_node_group",
    "aws:sagemaker/endpoint:Endpoint": "aws_sagemaker_endpoint",
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": "aws_sagemaker_endpoint_configuration",
    "aws:ecs/service:Service": "aws_ecs_service",
    "aws:sagemaker/notebookInstance:NotebookInstance": "aws_sagemaker_notebook_instance",
    "aws:lambda/function:Function": "aws_lambda_function",
    "azure:compute/linuxVirtualMachine:LinuxVirtualMachine": "azurerm_linux_virtual_machine",
    "azure:compute/windowsVirtualMachine:WindowsVirtualMachine": "azurerm_windows_virtual_machine",
    "azure:compute/linuxVirtualMachineScaleSet:LinuxVirtualMachineScaleSet": "azurerm_linux_virtual_machine_scale_set",
    "azure:containerservice/kubernetesCluster:KubernetesCluster": "azurerm_kubernetes_cluster",
    "azure:containerservice/kubernetesClusterNodePool:KubernetesClusterNodePool": (
        "azurerm_kubernetes_cluster_node_pool"
    ),
    "azure:machinelearning/computeCluster:ComputeCluster": "azurerm_machine_learning_compute_cluster",
    "azure:machinelearning/computeInstance:ComputeInstance": "azurerm_machine_learning_compute_instance",
    "azure:appservice/linuxFunctionApp:LinuxFunctionApp": "azurerm_linux_function_app",
    "azure:appservice/servicePlan:ServicePlan": "azurerm_service_plan",
    "azure-native:compute:VirtualMachine": "azure_native_virtual_machine",
    "azure-native:containerservice:AgentPool": "azure_native_agent_pool",
    "azure-native:containerservice:ManagedCluster": "azure_native_managed_cluster",
    "azure-native:machinelearningservices:OnlineDeployment": "azure_native_online_deployment",
    "gcp:compute/instance:Instance": "google_compute_instance",
    "gcp:container/cluster:Cluster": "google_container_cluster",
    "gcp:container/nodePool:NodePool": "google_container_node_pool",
    "gcp:vertex/aiEndpoint:AiEndpoint": "google_vertex_ai_endpoint",
    "gcp:cloudfunctionsv2/function:Function": "google_cloudfunctions2_function",
    "gcp:cloudrun/service:Service": "google_cloud_run_service",
    "gcp:tpu/v2Vm:V2Vm": "google_tpu_v2_vm",
    "gcp:cloudrunv2/service:Service": "google_cloud_run_v2_service",
}
