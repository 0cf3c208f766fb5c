"""Customers who keep to a release: what each sent is kept, and says how much less their requests prove."""

from __future__ import annotations

import json
import random

import pytest

from fairlead.flows.rollouts.arms import Arms, ArmTally
from fairlead.flows.rollouts.customers import Sums, cluster_of, gathered, inflations

KEY = b"k" * 16
MEASURES = ("error-rate", "latency", "slo-burn")


def sent(requests: int, failures: int, time_us: int = 5_000) -> ArmTally:
    """What a customer sent to one release."""
    return ArmTally(requests=requests, failures=failures, outside=failures, times=[time_us] * (requests - failures))


def look(customers: dict[str, tuple[ArmTally, ArmTally]]) -> Arms:
    """A look that found these, by customer."""
    named = cluster_of(KEY)
    return Arms(apart={named(customer): both for customer, both in customers.items()})


def crowd(fail: float, count: int = 200, requests: int = 100) -> Sums:
    """Customers, of whom one in five fails always as often as `fail` and the others never, half of them in each arm."""
    chance = random.Random(1)
    apart = {}
    for at in range(count):
        one = sent(requests, int(requests * fail) if chance.random() < 0.2 else 0, chance.choice([4_000, 9_000]))
        apart[f"c{at}"] = (one, ArmTally()) if at % 2 else (ArmTally(), one)
    return gathered({}, look(apart), {}, MEASURES)


def test_sums_add_up_over_looks() -> None:
    """Two looks keep what one look at both would."""
    twice = gathered(gathered({}, look({"ann": (sent(4, 1), ArmTally())}), {}, MEASURES),
                     look({"ann": (sent(6, 0), ArmTally())}), {}, MEASURES)  # fmt: skip
    once = gathered({}, look({"ann": (sent(10, 1), ArmTally())}), {}, MEASURES)
    assert {name: [pytest.approx(each) for each in rows.values()] for name, rows in once.items()} == {
        name: list(rows.values()) for name, rows in twice.items()
    }


def test_unlike_customers_prove_less() -> None:
    """Where some customers fail for reasons of their own, a hundred requests of each say little more than one."""
    found = inflations(crowd(0.5))
    assert found["error-rate"] > 20
    assert found["slo-burn"] > 20
    assert inflations(crowd(0.0))["error-rate"] < 2


def test_requests_of_nobody_are_drawn_one_by_one() -> None:
    """They are no cluster, however many."""
    found = gathered({}, look({"": (sent(5_000, 50), sent(5_000, 40))}), {}, MEASURES)
    assert inflations(found)["error-rate"] == pytest.approx(1)


def test_no_name_is_kept_and_the_room_is_bounded() -> None:
    """Customers are hashes of few digits under the rollout's own key."""
    named = cluster_of(KEY)
    clusters = {named(f"customer-{at}") for at in range(20_000)}
    assert len(clusters) <= 512
    assert "customer" not in json.dumps(sorted(clusters))
    assert named("ann") != cluster_of(b"z" * 16)("ann") or named("bob") != cluster_of(b"z" * 16)("bob")


def test_without_clusters_nothing_is_inflated() -> None:
    """A release that is drawn by request is judged as ever."""
    assert inflations(gathered({}, Arms(), {}, MEASURES)) == {}
