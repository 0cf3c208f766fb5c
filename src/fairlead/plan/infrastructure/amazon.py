"""Compute on AWS: instances, scaling groups, EKS, SageMaker endpoints, Lambda functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, localcontext
from typing import Any

from fairlead.domain.plan import CostComponent
from fairlead.plan.infrastructure.attributes import block, blocks, number, text, whole
from fairlead.plan.infrastructure.components import SPOT, Subject, always, machines, per_use, unknown

__all__ = ["AMAZON"]

Attributes = Mapping[str, Any]
_NODE_TYPE = "t3.medium"
"""What EKS takes where a node group names no type (AWS, CreateNodegroup)."""
_LAMBDA_MIB = 128
_MILLION = Decimal(1_000_000)


def _instance(of: Subject) -> Iterator[CostComponent]:
    kind = text(of.attributes, "instance_type") or text(of.linked, "instance_type")
    yield machines(of.place, kind, 1, refused=_refused(of.attributes))


def _spot(of: Subject) -> Iterator[CostComponent]:
    yield machines(of.place, text(of.attributes, "instance_type"), 1, refused=SPOT)


def _refused(attributes: Attributes) -> str:
    """Why the list price does not hold for the machines of an instance or a launch template."""
    options = blocks(attributes, "instance_market_options")
    if any(text(each, "market_type", "spot") == "spot" for each in options):
        return SPOT
    tenancy = text(attributes, "tenancy") or text(block(attributes, "placement"), "tenancy")
    return "dedicated tenancy has no list price here" if tenancy in {"dedicated", "host"} else ""


def _scaling_group(of: Subject) -> Iterator[CostComponent]:
    policy = block(of.attributes, "mixed_instances_policy")
    kinds = [text(each, "instance_type") for each in blocks(block(policy, "launch_template"), "override")]
    if len(set(kinds)) > 1:
        yield unknown("instance", "hour", f"it mixes {', '.join(sorted(set(kinds)))}")
        return
    kind = (kinds or [text(of.linked, "instance_type")])[0]
    count, most = whole(of.attributes, "desired_capacity", "min_size"), whole(of.attributes, "max_size")
    yield machines(of.place, kind, count, most=most, refused=_refused(of.linked))


def _node_group(of: Subject) -> Iterator[CostComponent]:
    scaling = block(of.attributes, "scaling_config")
    kinds = [each for each in of.attributes.get("instance_types") or () if isinstance(each, str)]
    kind = kinds[0] if kinds else text(of.linked, "instance_type", _NODE_TYPE)
    count, most = whole(scaling, "desired_size", "min_size"), whole(scaling, "max_size")
    spot = text(of.attributes, "capacity_type") == "SPOT"
    yield machines(of.place, kind, count, most=most, refused=SPOT if spot else _refused(of.linked))


def _cluster(of: Subject) -> Iterator[CostComponent]:
    yield always(of.place, "eks-cluster", "control plane")


def _endpoint_configuration(of: Subject) -> Iterator[CostComponent]:
    for field in ("production_variants", "shadow_production_variants"):
        for at, variant in enumerate(blocks(of.attributes, field)):
            name = text(variant, "variant_name", str(at))
            label = f"{'shadow variant' if field.startswith('shadow') else 'variant'} {name}"
            if blocks(variant, "serverless_config"):
                yield unknown(f"{label} serverless", "GB-second", "no list price of SageMaker's serverless inference")
                continue
            count = whole(variant, "initial_instance_count")
            yield machines(of.place, text(variant, "instance_type"), 1 if count is None else count, label=label)


def _function(of: Subject) -> Iterator[CostComponent]:
    """Requests, and GB-seconds: requests × average duration × memory (AWS Lambda pricing)."""
    usage = of.place.usage
    requests = usage.requests if usage is not None else None
    took = usage.milliseconds if usage is not None else None
    memory = number(of.attributes, "memory_size") or Decimal(_LAMBDA_MIB)
    kinds = of.attributes.get("architectures")
    architecture = kinds[0] if isinstance(kinds, list) and kinds and isinstance(kinds[0], str) else "x86_64"
    with localcontext(prec=60):
        calls = None if requests is None else requests / _MILLION
        seconds = None if requests is None or took is None else requests * took / 1000 * memory / 1024
    needs = "requestsPerMonth and averageMilliseconds"
    yield per_use(of.place, "lambda-request", "requests", "1M requests", calls, needs=needs)
    service = f"lambda-gb-second-{architecture}"
    yield per_use(of.place, service, f"duration {architecture}", "GB-second", seconds, needs=needs)


def _free(of: Subject) -> Iterator[CostComponent]:  # noqa: ARG001 - every type is asked in the same way
    """Costs nothing by itself: what uses it has the price."""
    yield from ()


AMAZON: dict[str, Callable[[Subject], Iterator[CostComponent]]] = {
    "aws_instance": _instance,
    "aws_spot_instance_request": _spot,
    "aws_autoscaling_group": _scaling_group,
    "aws_launch_template": _free,
    "aws_eks_cluster": _cluster,
    "aws_eks_node_group": _node_group,
    "aws_sagemaker_endpoint_configuration": _endpoint_configuration,
    "aws_sagemaker_endpoint": _free,
    "aws_lambda_function": _function,
}
"""How each type is priced."""
