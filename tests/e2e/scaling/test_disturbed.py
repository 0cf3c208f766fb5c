"""A scaler whose control plane, gateway or log dies: orders survive, and nothing is scaled down blindly."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.e2e.scaling.scaled import Scaled
from tests.e2e.spine.machine import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def test_killed_while_it_scales(machine: Scaled) -> None:
    """The next control plane finds the order and brings it about; nothing is started twice, no request fails."""
    machine.declare_scaled(holdDown="60s")
    machine.commit("Begin")
    running = machine.start()
    machine.live()
    with machine.load(rate=45, seconds=90, model="slow") as load:
        until(lambda: any(each["order"] == 3 for each in machine.orders()), "three are ordered")
        running.kill()
        machine.start()
        until(lambda: machine.replicas() == 3, "three replicas")
        time.sleep(3)
        assert machine.replicas() == 3
    assert load["failed"] == {}
    assert [each["order"] for each in machine.orders()][-1] == 3


def test_a_dead_log_never_scales_down(machine: Scaled) -> None:
    """The log says nothing while requests are answered: replicas stand, and an incident says why."""
    machine.declare_scaled(holdDown="15s")
    machine.commit("Begin")
    running = machine.start()
    machine.live()
    with machine.load(rate=45, seconds=120, model="slow"):
        until(lambda: machine.replicas() == 3, "three replicas")
    log = machine.state / "gateway" / "access.log"
    # Envoy goes on writing into the file that it has open, which nobody finds any more.
    log.rename(log.with_name("gone"))
    machine.trickle(lambda: [each["kind"] for each in running.incidents()] == ["scaling-insufficient"])
    later = time.monotonic() + 20
    machine.trickle(lambda: time.monotonic() > later)
    assert machine.replicas() == 3
    (gateway,) = machine.pids("envoy")
    os.kill(gateway, signal.SIGKILL)
    until(lambda: machine.infer("slow") == 200, "another gateway")
    machine.trickle(lambda: machine.replicas() == 1)
    until(lambda: not running.incidents(), "the incident is over")
