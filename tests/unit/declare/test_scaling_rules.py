"""A scaler that could not keep its promises is refused where it is declared; bounds shape no release."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.declare.rules import model_breaches, placement_breaches
from fairlead.domain.lock import Lock
from fairlead.domain.model import ModelSpec
from fairlead.domain.release import release_digest
from fairlead.domain.workspace import WorkspaceSpec

PRICES = {
    "currency": "USD",
    "rows": [{"resource": "cpu", "price": "0.5", "source": "list", "asOf": "2026-11-01", "includes": ["memory"]}],
}


def model(scaling: dict[str, Any] | None = None, **serving: object) -> ModelSpec:
    """A valid model that is scaled so; one core a replica."""
    return ModelSpec.model_validate(
        {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Model",
            "owner": "team@example.com",
            "artifact": {"uri": "file:model.onnx"},
            "serving": {"resources": {"cpu": "1"}, **({"scaling": scaling} if scaling is not None else {}), **serving},
            "environments": {"prod": {}},
        }
    )


def workspace(book: dict[str, Any] | None = PRICES) -> WorkspaceSpec:
    """A workspace with these prices."""
    return WorkspaceSpec.model_validate(
        {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Workspace",
            "name": "acme",
            "environments": [{"name": "prod", "target": {"kind": "local", "port": 8801}}],
            **({"priceBook": book} if book else {}),
        }
    )


@pytest.mark.parametrize(
    ("scaling", "place"),
    [
        ({"min": 3, "max": 2}, ("min",)),
        ({"policy": {"kind": "predictive", "target": "0.5"}}, ("policy", "target")),
        ({"policy": {"kind": "hpa", "pausedAt": 1}}, ("policy", "pausedAt")),
        ({"policy": {"kind": "keda", "headroom": "0.5"}}, ("policy", "headroom")),
        ({"policy": {"kind": "keda", "pausedAt": 3}, "max": 2}, ("policy", "pausedAt")),
        (
            {"policy": {"kind": "keda", "windows": [{"from": "08:00", "to": "18:00", "replicas": 3}]}, "max": 2},
            ("policy", "windows", 0, "replicas"),
        ),
        ({"step": "11m"}, ("step",)),
        ({"holdDown": "25h", "step": "10m"}, ("holdDown",)),
        ({"holdDown": "5m", "step": "1s"}, ("holdDown",)),
        ({"timeToReady": "2h", "step": "10m"}, ("timeToReady",)),
        ({"slo": {"wait": "0s"}}, ("slo", "wait")),
        ({"coldStart": {"wait": "1h"}}, ("coldStart", "wait")),
        ({"budget": {}}, ("budget",)),
        ({"budget": {"hourly": "5", "monthly": "5000"}}, ("budget",)),
    ],
)
def test_what_cannot_be_kept_is_refused(scaling: dict[str, Any], place: tuple[str | int, ...]) -> None:
    """One finding, at the field."""
    (found,) = model_breaches(model(scaling))
    assert found.location == ("serving", "scaling", *place)
    assert found.mend


def test_every_policy_takes_its_own_fields() -> None:
    """What the documentation shows is taken."""
    windows = [{"from": "08:00", "to": "18:00", "replicas": 2}]
    for policy in (
        {"kind": "predictive"},
        {"kind": "hpa", "target": "0.6"},
        {"kind": "keda", "target": "0.6", "windows": windows},
        {"kind": "scheduled", "headroom": "0.2"},
    ):
        assert list(model_breaches(model({"mode": "active", "max": 4, "policy": policy}))) == []


@pytest.mark.parametrize(
    ("scaling", "book", "said"),
    [
        ({"budget": {"hourly": "5"}}, None, "cannot be counted"),
        ({"budget": {"hourly": "0.9"}, "min": 2, "max": 2}, PRICES, "does not pay for 2 replicas"),
        ({"budget": {"monthly": "371.9"}, "min": 0}, PRICES, "does not pay for 1 replica "),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(
    scaling: dict[str, Any], book: dict[str, Any] | None, said: str
) -> None:
    """Nobody can count it, or it does not even pay for the fewest."""
    (found,) = placement_breaches(model(scaling), workspace(book))
    assert (found.location[:3], said in found.message) == (("serving", "scaling", "budget"), True)


def test_a_budget_that_pays_for_the_fewest_is_taken() -> None:
    """Also in a month of 31 days."""
    assert list(placement_breaches(model({"budget": {"monthly": "372"}}), workspace())) == []


def test_scaling_shapes_no_release() -> None:
    """Another bound is the same release; the servers' resources are another one."""
    lock = Lock("file:model.onnx", "r", (), "tree")
    digests = [release_digest(each, lock) for each in (model(), model({"max": 3}), model({"mode": "active"}))]
    assert len(set(digests)) == 1
    assert release_digest(model({"max": 3}, grace="20s"), lock) != digests[0]


def test_a_scaler_that_orders_may_have_its_most_servers() -> None:
    """What the gate allows is counted by the bound; where nobody orders, by the declared number."""
    assert [model(each).most_in("prod") for each in (None, {"max": 5}, {"max": 5, "mode": "active"})] == [1, 1, 5]
    assert model({"max": 5, "mode": "active"}, replicas=0).most_in("prod") == 0
