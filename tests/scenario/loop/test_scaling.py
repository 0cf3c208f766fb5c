"""A scaler in the loop: who orders and who only tells, what a rollout keeps, and what no kill may change."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.journal import Draft
from fairlead.domain.serving import ModelLoad
from fairlead.flows.fleet import fleet
from fairlead.flows.history import history
from fairlead.flows.scaling.kept import kept, kept_history
from tests.scenario.loop.scene import Scene

KEY = ("prod", "digits")

_PRICES = """\
priceBook:
  currency: USD
  rows: [{ resource: cpu, price: 0.5, source: list, asOf: 2026-11-01, includes: [memory] }]
"""


@dataclass
class Served:
    """The scene of a model that is scaled, and is asked what a test says: the gateway's log and its counts."""

    scene: Scene
    total: int = 0
    lines: list[str] = field(default_factory=list)

    def declare(self, content: str = "one", more: str = "", **fields: str) -> str:
        """Declare and commit the model with this scaler: ten requests a second and replica, a step at each look."""
        given = {"mode": "active", "max": "5", "step": "2s", "timeToReady": "2s", "holdDown": "8s", "capacity": "10",
                 "policy": "{ kind: keda }", **fields}  # fmt: skip
        self.scene.declare("digits", content)
        path = self.scene.repo / "models" / "digits" / "model.yaml"
        scaling = ", ".join(f"{name}: {value}" for name, value in given.items())
        path.write_text(path.read_text().replace("replicas: 1", f"scaling: {{ {scaling} }}") + more)
        return self.scene.commit(f"Scale so: {scaling}")

    def asked(self, requests: int, *, logged: bool = True, held: int = 0) -> None:
        """So many requests were answered since the last look, and one look."""
        self.total += requests
        folder = self.scene.folder / "state" / "gateway"
        folder.mkdir(exist_ok=True, parents=True)
        begun = self.scene.clock.now().timestamp()
        line = {"start": f"{begun:.6f}", "duration_us": 50_000, "service_us": 50_000, "environment": "prod",
                "model": "digits", "method": "POST", "server": "127.0.0.1:1", "code": 200}  # fmt: skip
        with (folder / "access.log").open("a") as log:
            log.write((json.dumps(line) + "\n") * (requests if logged else 0))
        self.scene.gateway.loads = {KEY: ModelLoad(0, held, {"a": self.total})}
        self.scene.look()

    @property
    def alive(self) -> int:
        """Servers that live."""
        return len(self.scene.running())

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Bodies of the journal's records of a kind, oldest first."""
        return [dict(each.draft.body) for each in self.scene.state.records(kind=kind)]


@pytest.fixture
def served(tmp_path: Path) -> Served:
    """An empty workspace."""
    return Served(Scene(tmp_path))


def test_active_orders_within_its_bounds(served: Served) -> None:
    """Replicas follow the demand up to the bound and back to the fewest; Git is live all the time."""
    served.declare()
    served.scene.settle()
    for _ in range(3):
        served.asked(400)
    assert served.alive == 5
    assert served.scene.look().synced
    for _ in range(8):
        served.asked(2)
    assert served.alive == 1
    orders = served.told("scaling.ordered")
    assert orders[0]["order"] == 5
    assert all(not isinstance(value, float) for each in orders for value in each.values())
    assert served.told("drift.healed") == []


def test_a_shadow_tells_every_change_and_changes_nothing(served: Served) -> None:
    """Its decisions stand in the journal; what runs is what is declared."""
    served.declare(mode="shadow")
    served.scene.settle()
    for _ in range(3):
        served.asked(400)
    assert served.alive == 1
    assert [each["order"] for each in served.told("scaling.decided")] == [5]
    assert served.told("scaling.ordered") == []
    (row,) = fleet(served.scene.world).rows
    assert row.scaling is not None
    assert (row.replicas, row.scaling.ordered, row.scaling.runs) == (1, 5, None)
    (entry,) = history(served.scene.world, "digits")
    assert entry.scaling is not None
    assert entry.scaling.text == "shadow 5 in 1-5"


def test_a_forecast_tells_by_the_hour_what_it_would_have_cost(served: Served) -> None:
    """No decision is journalled; every hour the orders are, and what ran, with the money of both."""
    path = served.scene.repo / "fairlead.yaml"
    path.write_text(path.read_text() + _PRICES)
    served.declare(mode="forecast-only", step="10m")
    served.scene.settle()
    for _ in range(13):
        served.scene.clock.advance(timedelta(minutes=10))
        served.asked(18_000)  # 30 a second: three servers' work, five with what is left free
    assert served.alive == 1
    assert served.told("scaling.decided") == served.told("scaling.ordered") == []
    _, told = served.told("scaling.foretold")
    assert told["requests"] == 6 * 18_000
    seconds = told["ran_replica_seconds"]
    assert seconds == pytest.approx(3612, abs=2)
    assert told["ordered_replica_seconds"] == 5 * seconds
    assert (told["ran_cost"], told["ordered_cost"], told["currency"]) == ("0.2508", "1.2542", "USD")


def test_to_zero_and_woken(served: Served) -> None:
    """After the hold the last server goes and the release stays live; whoever waits brings one at the next look."""
    served.declare(min="0")
    served.scene.settle()
    served.asked(3)
    for _ in range(8):
        served.asked(0)
    assert (served.alive, served.scene.routed()) == (
        0,
        {"digits": f"digits@{served.scene.git('rev-parse', 'HEAD')[:12]}"},
    )
    assert served.scene.look().synced
    for _ in range(2):  # the artifact is looked for, then the server is started
        served.asked(0, held=4)
    assert served.alive >= 1
    for _ in range(2):
        served.asked(0)
    assert [each["basis"] for each in served.told("scaling.ordered")][-1] in {"woken", "policy"}
    assert len(served.told("scaling.cold-start")) == 1
    assert served.told("deployment.ended") == []


def test_a_dead_log_stops_nothing(served: Served) -> None:
    """Requests that the log does not tell of: an incident, no replica less, and the end of it with the cause."""
    served.declare()
    served.scene.settle()
    for _ in range(3):
        served.asked(60)
    known = served.alive
    assert known > 1
    for _ in range(12):
        served.asked(20, logged=False)
    assert served.alive == known
    assert served.scene.incidents() == ["scaling-insufficient"]
    for _ in range(12):
        served.asked(20)
    assert served.scene.incidents() == []
    assert served.alive < known


def test_a_gateway_that_says_nothing_stops_nothing(served: Served) -> None:
    """Neither counts nor log: the order stands."""
    served.declare()
    served.scene.settle()
    for _ in range(3):
        served.asked(60)
    known = served.alive
    for _ in range(12):
        served.scene.gateway.loads = None
        served.scene.look()
    assert served.alive == known
    assert served.scene.incidents() == ["scaling-insufficient"]


def test_the_next_control_plane_goes_on_as_if_it_were_the_same(tmp_path: Path) -> None:
    """Killed at every look: the same orders, the same learning, the same history."""
    pairs = []
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        served = Served(Scene(tmp_path / name))
        served.scene.declare("digits", "one")
        served.scene.commit("Live, and not scaled")
        served.scene.settle()
        clock = served.scene.clock
        clock.advance(clock.now().replace(hour=20, minute=0, second=0) - clock.now())  # however many looks that took
        served.declare(policy="{ kind: predictive }")
        for at in range(170):
            if name == "killed" and at % 10 == 0:
                served.scene.restart()
            served.asked((at * 7) % 60)
        found = kept(served.scene.world, KEY)
        assert found is not None
        orders = [(each["before"], each["order"]) for each in served.told("scaling.ordered")]
        pairs.append((found.order, found.learnt, kept_history(served.scene.world, KEY), orders))
    assert pairs[0] == pairs[1]
    assert pairs[0][2]


def test_bounds_of_git_hold_at_once_and_a_budget_does_too(served: Served) -> None:
    """Fewer are allowed, more are demanded: at the next look, whatever the demand."""
    served.declare()
    served.scene.settle()
    for _ in range(3):
        served.asked(400)
    served.declare(max="2")
    for _ in range(3):
        served.asked(400)
    assert served.alive == 2
    served.declare(min="4", max="4")
    for _ in range(3):
        served.asked(0)
    assert served.alive == 4
    assert len(served.told("deployment.live")) == 1


def test_without_a_scaler_the_declared_number_runs_again(served: Served) -> None:
    """Scaling that is taken out of Git orders nothing any more."""
    served.declare()
    served.scene.settle()
    for _ in range(3):
        served.asked(400)
    served.scene.declare("digits", "one")
    served.scene.commit("No scaler")
    served.scene.settle()
    assert served.alive == 1
    (row,) = fleet(served.scene.world).rows
    assert (row.scaling, row.replicas) == (None, 1)


def test_a_new_release_takes_over_with_as_many(served: Served) -> None:
    """The order stands still while one release replaces another: the new one comes up with what the load needs."""
    served.declare()
    served.scene.settle()
    for _ in range(3):
        served.asked(60)
    known = served.alive
    assert known > 1
    head = served.declare("two")
    for _ in range(6):
        served.asked(60)
    assert served.scene.running() == [f"digits@{head[:12]}"] * known


def test_a_rollout_keeps_the_order_for_both_releases(served: Served) -> None:
    """While a canary steps, both releases have the servers that the load had asked for, whatever is asked meanwhile."""
    canary = "release: { strategy: canary, steps: [{ weight: 10 }] }\n"
    served.declare(more=canary)
    served.scene.settle()
    for _ in range(3):
        served.asked(30)
    known = served.alive
    assert 1 < known < 5
    old, new = served.scene.git("rev-parse", "HEAD")[:12], served.declare("two", more=canary)[:12]
    for _ in range(6):
        served.asked(30)
    for demand in (400, 400, 400, 0, 0, 0, 0, 0, 0, 0):
        served.asked(demand)
        assert sorted(served.scene.running()) == sorted([f"digits@{old}"] * known + [f"digits@{new}"] * known)
    (route,) = served.scene.world.gateway.serving().routes  # type: ignore[union-attr]
    assert sorted(each.weight for each in route.backends) == [10, 90]


@pytest.mark.parametrize("path", ["models/digits/model.yaml", "fairlead.yaml"])
def test_what_nobody_can_read_takes_no_server_away(served: Served, path: str) -> None:
    """A declaration that is broken leaves as many servers as were ordered, and who waits still waits."""
    served.declare(min="0")
    served.scene.settle()
    for _ in range(3):
        served.asked(60)
    known = served.alive
    assert known > 1
    (served.scene.repo / path).write_text("kind: [broken\n")
    served.scene.commit("Break it")
    for _ in range(6):
        served.asked(60)
    assert served.alive == known
    (route,) = served.scene.world.gateway.serving().routes  # type: ignore[union-attr]
    assert route.hold is not None


def test_a_scaler_that_breaks_leaves_its_order(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk says no while it steps: its servers stand, the look goes on, and later it steps on from what was."""
    served.declare()
    served.scene.settle()
    for _ in range(3):
        served.asked(60)
    known, put = served.alive, served.scene.state.put_fact

    def full(key: str, value: str, draft: Draft | None = None) -> None:
        if key.startswith("scaling/"):
            raise OSError(28, "No space left on device")
        put(key, value, draft)

    with monkeypatch.context() as broken:
        broken.setattr(served.scene.state, "put_fact", full)
        served.asked(400)
    assert served.alive == known
    for _ in range(3):
        served.asked(400)
    assert served.alive == 5
