"""kill -9 of what serves: it is healed at once, and what a killed gateway had not logged is booked as unmetered."""

from __future__ import annotations

import os
import re
import signal
import time
from datetime import datetime

import httpx2
import pytest

from tests.e2e.spine.machine import Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

HEALED = 5.0
"""Seconds from detection to health. The promise is 2 s on a machine that is not shared; the rest is for one that is."""


def moment(text: str) -> float:
    """Epoch seconds of a record's time."""
    return datetime.fromisoformat(text).timestamp()


def kill(pids: set[int]) -> None:
    """Each by its pid, with no time to say anything."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def answered(machine: Machine) -> int:
    """Requests that the model servers themselves count."""
    ports = [re.search(r"--port (\d+)", machine.processes()[pid]) for pid in machine.servers()]
    texts = [httpx2.get(f"http://127.0.0.1:{port[1]}/metrics", timeout=10).text for port in ports if port]
    return sum(int(count) for text in texts for count in re.findall(r"fairlead_requests_total\{.*\} (\d+)", text))


def test_a_killed_gateway_is_healed_and_its_losses_are_booked(machine: Machine) -> None:
    """Envoy is killed under load twice: a new one serves, and metered + unmetered = what the server itself answered."""
    running = machine.start()
    machine.live()
    servers = machine.servers()
    with machine.load(rate=300) as load:
        for times in (1, 2):
            time.sleep(1)
            kill(gone := machine.pids("envoy"))
            until(lambda: machine.infer() == 200, "requests are answered again")
            healed = time.time()
            (died, *earlier) = running.journal("gateway.died")
            assert len(earlier) == times - 1
            assert healed - moment(died["at"]) < HEALED
            assert not machine.pids("envoy") & gone
        time.sleep(1)
    assert load["answered"] > 300
    assert machine.servers() == servers, "a gateway's death does not touch the servers"

    def booked() -> int:
        return sum(row["requests"] - row["errors"] + row["unmetered"] for row in machine.usage().values())

    until(lambda: booked() >= answered(machine), f"{load}: {booked()} of {answered(machine)} booked")
    assert booked() == answered(machine)
    assert machine.json("audit", "verify")["verdict"] == "pass"


def test_a_killed_server_is_replaced(machine: Machine) -> None:
    """Another server takes its place, the incident is closed, and the journal tells what died and what was healed."""
    running = machine.start()
    machine.live()
    kill(gone := machine.servers())
    until(lambda: running.journal("attempt.failed"), "the death is detected")
    until(lambda: machine.servers() and not machine.servers() & gone, "another server")
    until(lambda: machine.infer() == 200, "requests are answered again")
    healed = time.time()
    (seen,) = running.journal("attempt.failed")
    assert "-9" in str(seen)
    assert healed - moment(seen["at"]) < HEALED
    until(lambda: not running.incidents(), "the incident is closed")
    assert {record["model"] for record in running.journal("drift.healed")} == {"example"}


def test_one_of_two_replicas_dies_under_load(machine: Machine) -> None:
    """The other one serves on, and the route has two again within seconds."""
    path = machine.workspace / "models" / "example" / "model.yaml"
    path.write_text(path.read_text().replace("serving: {", "serving: { replicas: 2,"))
    machine.commit("Two replicas")
    running = machine.start()
    machine.live()
    first, second = sorted(machine.servers())
    with machine.load(rate=200) as load:
        time.sleep(1)
        kill({first})
        until(lambda: len(machine.servers() - {first}) == 2, "two replicas again")
        until(lambda: running.api("/api/v1/fleet").json()["rows"][0]["ready"] == 2, "both are ready")
        spoiled = load_failures(machine)
    assert second in machine.servers()
    assert sum(load["failed"].values()) < load["sent"] * 0.25, f"half of the capacity was left: {load}, {spoiled}"


def load_failures(machine: Machine) -> int:
    """Errors that the gateway saw."""
    return int(sum(row["errors"] for row in machine.usage().values()))
