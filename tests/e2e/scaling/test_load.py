"""Replicas follow the load within the bounds, with real servers behind a real gateway, and no request fails."""

from __future__ import annotations

import pytest

from tests.e2e.scaling.scaled import Scaled
from tests.e2e.spine.machine import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_the_load_rises_and_falls(machine: Scaled) -> None:
    """More load brings more replicas, up to the bound; without it they go, after the hold; every order is told."""
    machine.declare_scaled()
    machine.commit("Begin")
    running = machine.start()
    machine.live()
    with machine.load(rate=45, seconds=90, model="slow") as load:
        until(lambda: machine.replicas() == 3, "three replicas")
        assert running.api("/api/v1/fleet").json()["synced"]
    assert load["failed"] == {}
    assert set(machine.trickle(lambda: machine.replicas() == 1)) == {200}
    orders = machine.orders()
    assert {each["bounds"] for each in orders} == {"1 to 3"}
    assert [each["order"] for each in orders][-1] == 1
    assert max(each["order"] for each in orders) == 3
    assert all("requests/s" in each["expected"] for each in orders)
    assert not running.journal("drift.healed")
    assert running.incidents() == []


def test_bounds_change_in_git(machine: Scaled) -> None:
    """Other bounds hold at once, restart nothing, and are no new release."""
    machine.declare_scaled()
    machine.commit("Begin")
    machine.start()
    release = machine.live()["rows"][0]["release"]
    before = machine.pids("server.py")
    machine.declare_scaled(min="2", max="4")
    machine.commit("Two at least")
    fleet = machine.live()
    until(lambda: machine.replicas() == 2, "two replicas")
    assert fleet["rows"][0]["release"] == release
    assert before <= machine.pids("server.py")
    newest = machine.orders()[-1]
    assert (newest["before"], newest["order"], newest["bounds"]) == (1, 2, "2 to 4")
