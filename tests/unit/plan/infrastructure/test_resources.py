"""Cloud resources have named components before and after a plan, or the reason why there is no price."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.declare.manifests.infrastructure import read_infrastructure
from fairlead.declare.manifests.workloads import workloads
from fairlead.domain.infrastructure import Assumptions, Change, Resource, Usage
from fairlead.kernel.money import Money
from fairlead.plan.infrastructure import price_resource, price_workload, priced_types
from fairlead.plan.list_prices import list_price_book

DATA = Path(__file__).parents[3] / "data" / "infrastructure"
NOTHING = Assumptions()


_MIXED = {"launch_template": [{"override": [{"instance_type": "g5.xlarge"}, {"instance_type": "g6.xlarge"}]}]}
_SMALL = ["management fee: 73 USD", "instance e2-medium: 24.4591683 USD"]


def resource(name: str, address: str) -> Resource:
    """A resource of one of the example files."""
    found = read_infrastructure(name, (DATA / name).read_bytes())
    return next(each for each in found.resources if each.address.endswith(address))


def dollars(name: str, address: str, assumptions: Assumptions = NOTHING) -> tuple[list[str], list[str]]:
    """The components before and after: name, and price or its absence."""
    before, after = price_resource(resource(name, address), assumptions)
    return (
        [f"{each.name}: {each.monthly}" for each in before],
        [f"{each.name}: {each.monthly}" for each in after],
    )


def why(name: str, address: str) -> str:
    """What the components after say."""
    return "; ".join(each.source for each in price_resource(resource(name, address), NOTHING)[1])


@pytest.mark.parametrize(
    ("name", "address", "before", "after"),
    [
        (
            "terraform-aws.json",
            "aws_instance.trainer",
            ["instance g5.xlarge: 734.38 USD"],
            ["instance g5.2xlarge: 884.76 USD"],
        ),
        ("terraform-aws.json", "aws_instance.gone", ["instance m7i.large: 73.584 USD"], []),
        ("terraform-aws.json", "aws_autoscaling_group.pool", [], ["instance g6.xlarge: 1762.512 USD"]),
        ("terraform-aws.json", "aws_launch_template.pool", [], []),
        (
            "terraform-aws.json",
            "aws_eks_node_group.gpu",
            ["instance p4d.24xlarge: 16029.07866 USD"],
            ["instance p5.48xlarge: 80358.4 USD"],
        ),
        ("terraform-aws.json", "aws_eks_cluster.main", ["control plane: 73 USD"], ["control plane: 73 USD"]),
        ("terraform-aws.json", "aws_s3_bucket.models", [], []),
        (
            "terraform-azure.json",
            "azurerm_linux_virtual_machine.vm",
            [],
            ["instance Standard_NC24ads_A100_v4: 3485.75 USD"],
        ),
        (
            "terraform-azure.json",
            "azurerm_kubernetes_cluster.aks",
            ["instance Standard_D4s_v5: 420.48 USD"],
            ["control plane Standard: 73 USD", "instance Standard_D4s_v5: 700.8 USD"],
        ),
        ("terraform-azure.json", "azapi_resource.deployment", [], ["instance Standard_NC24ads_A100_v4: 5362.58 USD"]),
        ("terraform-google.json", "google_compute_instance.vm", [], ["instance a2-highgpu-1g: 2681.57105 USD"]),
        ("terraform-google.json", "node_pool.zonal", [], ["instance g2-standard-4: 1031.9750923 USD"]),
        ("terraform-google.json", "node_pool.regional", [], ["instance g2-standard-4: 3095.9252769 USD"]),
        ("pulumi.json", "Instance::trainer", ["instance g5.xlarge: 734.38 USD"], ["instance g5.2xlarge: 884.76 USD"]),
        ("pulumi.json", "Group::pool", [], ["instance g6.xlarge: 1762.512 USD"]),
        (
            "pulumi.json",
            "NodePool::gpu",
            ["instance g2-standard-4: 3095.9252769 USD"],
            ["instance g2-standard-4: 1547.96263845 USD"],
        ),
        ("pulumi.json", "OnlineDeployment::blue", [], ["instance Standard_NC24ads_A100_v4: 5362.58 USD"]),
    ],
)
def test_machines_by_the_hour(name: str, address: str, before: list[str], after: list[str]) -> None:
    """730 hours of each machine at the list price of its region; a regional pool has its nodes in three zones."""
    assert dollars(name, address) == (before, after)


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        (
            "terraform-aws.json",
            "aws_instance.far",
            "no list price of g5.xlarge in eu-west-1; the nearest that is known is 1.006",
        ),
        ("terraform-aws.json", "aws_instance.later", "not known before the plan is carried out"),
        ("terraform-aws.json", "aws_eks_node_group.spot", "a spot price is not a list price"),
        ("terraform-aws.json", "configuration.score", "the plain machine g5.xlarge is 1.006 USD/h"),
        (
            "terraform-aws.json",
            "aws_lambda_function.score",
            "say requestsPerMonth and averageMilliseconds of aws_lambda_function",
        ),
        ("terraform-azure.json", "node_pool.gpu", "it may scale down to none; say hoursPerMonth of"),
        ("terraform-azure.json", "function_app.f", "billed by the memory that executions use"),
        ("terraform-google.json", "instance.t4", "no list price of an accelerator that is attached"),
        (
            "terraform-google.json",
            "deployment.gemma",
            "no list price of Vertex AI; the plain machine is 1.000416287 USD/h",
        ),
        ("terraform-google.json", "functions2_function.f", "1 instances are kept idle"),
    ],
)
def test_a_price_that_is_unknown_says_why(name: str, address: str, said: str) -> None:
    """And the mend, where there is one; no other region's price is taken instead."""
    _, after = price_resource(resource(name, address), NOTHING)
    assert any(each.monthly is None and each.unit_price is None for each in after)
    assert said in why(name, address)


def test_use_is_priced_with_the_assumption_that_it_names() -> None:
    """3 million requests of 250 ms and 1 GB on Arm: 0.60 and 750,000 GB-seconds (AWS Lambda pricing)."""
    usage = Usage("forecast of 2026-10", Decimal(3_000_000), Decimal(250))
    assumptions = Assumptions({"aws_lambda_function.score": usage})
    _, after = price_resource(resource("terraform-aws.json", "aws_lambda_function.score"), assumptions)
    assert [(each.quantity, each.monthly) for each in after] == [
        (Decimal(3), Money(Decimal("0.6"), "USD")),
        (Decimal(750_000), Money(Decimal("10.00005"), "USD")),
    ]
    assert all(each.source.endswith("use assumed: forecast of 2026-10") for each in after)


def test_assumed_hours_price_what_scales_to_none() -> None:
    """For as many machines as there may be, and it is said."""
    assumptions = Assumptions(otherwise=Usage("guess", hours=Decimal(100)))
    _, after = price_resource(resource("terraform-azure.json", "compute_cluster.train"), assumptions)
    assert [(each.quantity, each.monthly) for each in after] == [(Decimal(400), Money(Decimal(1224), "USD"))]
    assert "100 hours assumed: guess" in after[0].source


def test_what_is_forgotten_goes_on_costing() -> None:
    """It leaves the tool's care, not the bill."""
    machine = {"instance_type": "g5.xlarge", "availability_zone": "us-east-1a"}
    gone = Resource("a", "aws_instance", "aws", "us-east-1", "p", 0, Change.FORGET, machine, None)
    before, after = price_resource(gone, NOTHING)
    assert before == after != ()


@pytest.mark.parametrize(
    ("kind", "attributes", "components"),
    [
        ("aws_ecs_service", {}, ["compute: None"]),
        (
            "azure_native_managed_cluster",
            {"sku": {"tier": "Premium"}, "agent_pool_profiles": [{"vm_size": "Standard_D4s_v5", "count": 2}]},
            ["control plane Premium: None", "instance Standard_D4s_v5: 280.32 USD"],
        ),
        (
            "azure_native_virtual_machine",
            {"hardware_profile": {"vm_size": "Standard_NC4as_T4_v3"}},
            ["instance Standard_NC4as_T4_v3: 383.98 USD"],
        ),
        (
            "azure_native_agent_pool",
            {"vm_size": "Standard_D4s_v5", "count": 2, "scale_set_priority": "Spot"},
            ["instance Standard_D4s_v5: None"],
        ),
        ("azurerm_service_plan", {"sku_name": "P1v3"}, []),
        ("aws_autoscaling_group", {"desired_capacity": 2, "mixed_instances_policy": [_MIXED]}, ["instance: None"]),
        ("google_container_cluster", {"enable_autopilot": True}, ["management fee: None", "pods: None"]),
        ("google_container_cluster", {"location": "us-central1-a", "initial_node_count": 1, "enable": 1}, _SMALL),
    ],
)
def test_other_forms_of_compute(kind: str, attributes: dict[str, object], components: list[str]) -> None:
    """Azure's own types in Pulumi, kinds without a list price, mixtures, clusters of pods: a price or its absence."""
    region = "us-central1" if "location" in attributes else "eastus"
    made = Resource("a", kind, "", region, "p", 0, Change.CREATE, None, attributes)
    assert [f"{each.name}: {each.monthly}" for each in price_resource(made, NOTHING)[1]] == components


def test_the_types_that_are_compute_are_listed() -> None:
    """So that a report can say how many resources were not priced."""
    assert {"aws_instance", "google_cloud_run_v2_service", "azurerm_kubernetes_cluster"} <= set(priced_types())
    assert "aws_s3_bucket" not in priced_types()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = [
    *("instance_type", "size", "vm_size", "machine_type", "sku", "type", "count", "location", "body", "architectures"),
    *("scaling_config", "desired_size", "desired_capacity", "min_size", "max_size", "node_count", "memory_size"),
    *("template", "containers", "resources", "limits", "node_config", "autoscaling", "default_node_pool"),
    *("production_variants", "instance_types", "guest_accelerator", "service_config", "deploy_config"),
]
_ATTRIBUTES = st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=6)


@settings(max_examples=80, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(priced_types()),
    st.recursive(
        _ATTRIBUTES, lambda inner: st.dictionaries(st.sampled_from(_FIELDS), inner | st.lists(inner), max_size=4)
    ),
    _ATTRIBUTES,
)
def test_any_attributes_have_a_price_or_a_reason(
    kind: str, attributes: dict[str, object], linked: dict[str, object]
) -> None:
    """Whatever a provider's next version puts there: no exception, no float, no price without a source."""
    changed = Resource("a", kind, "", "us-east-1", "p", 0, Change.CREATE, None, attributes, linked_after=linked)
    _, after = price_resource(changed, NOTHING)
    for each in after:
        assert isinstance(each.quantity, Decimal)
        assert each.source
        assert (each.monthly is None) == (each.unit_price is None)


@settings(max_examples=150, deadline=1000)
@given(
    st.recursive(
        _JSON,
        lambda inner: st.dictionaries(
            st.sampled_from(
                [
                    "spec",
                    "predictor",
                    "template",
                    "containers",
                    "model",
                    "resources",
                    "requests",
                    "env",
                    "args",
                    "nodeSelector",
                    "affinity",
                    "workerGroupSpecs",
                    "predictors",
                    "graph",
                ]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=20,
    ),
    st.sampled_from(
        [
            "Pod",
            "Deployment",
            "InferenceService",
            "LLMInferenceService",
            "RayService",
            "SeldonDeployment",
            "Service",
            "CronJob",
            "HorizontalPodAutoscaler",
            "TrainedModel",
            "Application",
        ]
    ),
)
def test_any_manifest_is_a_workload_or_none(spec: object, kind: str) -> None:
    """Of any shape whatever."""
    content = json.dumps({"apiVersion": "argoproj.io/v1", "kind": kind, "spec": spec}).encode()
    found = read_infrastructure("x.json", content)
    for each in workloads(found.manifests):
        price_workload(each, list_price_book())
