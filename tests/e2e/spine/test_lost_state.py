"""The state folder is lost: the fleet is rebuilt from Git, what runs is adopted, and the new journal says so."""

from __future__ import annotations

import shutil
import time

import pytest

from tests.e2e.spine.machine import Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_while_nobody_controls(machine: Machine) -> None:
    """Removed while servers run and the control process is dead: `up` adopts the same servers."""
    machine.start().kill_when_signed()
    before, state = machine.servers(), machine.state
    shutil.rmtree(state, ignore_errors=True)
    time.sleep(3)
    assert machine.servers() == before, "the loss of a folder does not end what serves"
    running = machine.start()
    machine.live()
    assert machine.servers() == before
    assert machine.infer() == 200
    (began,) = running.journal("journal.started")
    assert began["body"]["reason"] == "state lost"
    assert machine.json("audit", "verify")["verdict"] == "pass"


def test_under_a_running_control_plane(machine: Machine) -> None:
    """Removed under a running control plane: it says that its state is gone and ends; the next one rebuilds all."""
    running = machine.start()
    machine.live()
    before, state = machine.servers(), machine.state
    shutil.rmtree(state, ignore_errors=True)
    assert until(running.process.poll, "it ends: nothing that it decides now could be written down") == 2
    assert "state" in running.log.read_text()
    machine.start()
    machine.live()
    assert machine.servers() == before
    assert machine.infer() == 200
