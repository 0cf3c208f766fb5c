"""The books: they close to the last digit over windows, provisional ones and restarts, and survive a backup."""

from __future__ import annotations

import signal
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.spine.machine import Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

DIMENSIONS = ("model", "release", "customer", "environment")


def total(cost: dict[str, Any]) -> dict[str, Decimal]:
    """The one bill of an answer, as exact decimals."""
    (found,) = cost["totals"]
    return {name: Decimal(found[name]) for name in ("billed", "releases", "platform", "idle", "residual")}


def closes(machine: Machine, *dimensions: str) -> Decimal:
    """Prove that releases + platform + idle = billed, by every dimension; the amount billed."""
    for by in dimensions:
        cost = machine.cost(by)
        bill = total(cost)
        assert bill["releases"] + bill["platform"] + bill["idle"] == bill["billed"] > 0
        assert bill["residual"] == 0
        assert sum((Decimal(row["amount"]) for row in cost["rows"]), Decimal()) == bill["releases"]
    return bill["billed"]


def test_it_closes_over_windows_restarts_and_the_end(bare: Machine) -> None:
    """While windows of 5 s are published, across a kill and after the end; idle machines cost, stopped ones do not."""
    bare.declare_workspace(window="5s")
    bare.declare_onnx()
    bare.commit("Begin")
    running = bare.start()
    bare.live()
    with bare.load(rate=50) as load:
        until(lambda: running.api("/api/v1/fleet").json()["freshness"]["metered"], "a window is published")
        first = closes(bare, *DIMENSIONS)
        running.kill()
        running = bare.start()
    until(lambda: bare.metered() == load["sent"], f"all of {load} metered")
    assert closes(bare, *DIMENSIONS) > first
    assert running.end(signal.SIGINT) == 0
    last = closes(bare, "release")
    assert closes(bare, "customer") == last, "nothing is paid for after the end"


def test_a_backup_of_a_running_control_plane_restores_into_an_empty_state(machine: Machine) -> None:
    """Journal, history, usage and the bill's published part are the same; `audit verify` passes; `up` serves again."""
    running = machine.start()
    machine.live()
    with machine.load(rate=50) as load:
        until(lambda: machine.metered() > 50, "requests are metered")
        backup = machine.root / "backup.tar"
        machine.run("backup", str(backup))
    assert backup.stat().st_mode & 0o077 == 0
    history = running.api("/api/v1/models/example/history").json()["history"]
    assert load["failed"] == {}
    assert running.end(signal.SIGINT) == 0
    other = ["--state", str(machine.root / "other")]
    machine.run("restore", str(backup), *other)
    assert machine.json("audit", "verify", *other)["verdict"] == "pass"
    restored = machine.json("history", "example", *other)["history"]
    assert [each["release"] for each in restored] == [each["release"] for each in history]
    refused = machine.run("restore", str(backup), *other, exit_code=2)
    assert "not empty" in refused.stderr
    machine.start(*other)
    machine.live()
    assert machine.infer() == 200
    assert machine.json("audit", "verify", *other)["verdict"] == "pass"
