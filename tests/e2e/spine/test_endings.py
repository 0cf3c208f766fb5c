"""Who may run, and what each way to end leaves behind."""

from __future__ import annotations

import signal
import socket

import pytest

from tests.e2e.spine.machine import Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_sigterm_leaves_it_serving_and_the_next_up_adopts(machine: Machine) -> None:
    """Nobody is lost on the way through SIGTERM and a new `up`; SIGINT then ends every process."""
    first = machine.start()
    machine.live()
    before = machine.servers(), machine.pids("envoy")
    with machine.load(rate=100) as load:
        assert first.end(signal.SIGTERM) == 0
        assert (machine.servers(), machine.pids("envoy")) == before
        second = machine.start()
        machine.live()
    assert load["failed"] == {}
    assert (machine.servers(), machine.pids("envoy")) == before
    assert second.end(signal.SIGINT) == 0
    assert until(lambda: not machine.processes(), "no process is left")
    assert machine.infer() == 0
    assert machine.metered() == load["sent"], "what the last control plane had not read is metered from the log"


def test_down_ends_all_with_and_without_a_control_plane(machine: Machine) -> None:
    """`down` ends a running control plane and its servers; of servers that are alone, it ends them itself."""
    running = machine.start()
    machine.live()
    assert machine.json("down")["by"] == "control plane"
    assert running.process.wait(20) == 0
    until(lambda: not machine.processes(), "no process is left")
    machine.start().kill_when_signed()
    assert machine.infer() == 200
    assert machine.json("down") == {"schema_version": 1, "by": "this command", "servers": 1}
    until(lambda: not machine.processes(), "no process is left")


def test_a_second_up_is_refused_and_names_the_holder(machine: Machine) -> None:
    """Exit 2, the holder's process and page, nothing else; the first goes on."""
    running = machine.start()
    machine.live()
    for words in (["up", "--port", "0"], ["up", "--port", "0", "--repo", str(machine.workspace)]):
        refused = machine.run(*words, exit_code=2)
        assert f"process {running.process.pid}" in refused.stderr
        assert refused.stdout == ""
        assert "Traceback" not in refused.stderr
    assert machine.infer() == 200


def test_a_gateway_port_that_somebody_holds(machine: Machine) -> None:
    """An incident names port, holder and mend; once the port is free, the fleet goes live by itself."""
    with socket.create_server(("127.0.0.1", machine.port)):
        running = machine.start()
        (incident,) = until(running.incidents, "an incident")
        assert incident["kind"] == "gateway-down"
        assert str(machine.port) in incident["message"]
        assert "pid" in incident["message"]
        assert "another port" in incident["mend"]
        machine.run("status", "--wait", "--timeout", "3s", exit_code=1)
    machine.live()
    assert machine.infer() == 200
    until(lambda: not running.incidents(), "the incident is closed")


def test_a_gateway_port_is_moved_onto_one_that_somebody_holds(machine: Machine) -> None:
    """A commit that moves the gateway to a taken port is an incident, and the old port serves on."""
    running = machine.start()
    machine.live()
    path = machine.workspace / "fairlead.yaml"
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        path.write_text(path.read_text().replace(f"port: {machine.port}", f"port: {taken}"))
        machine.commit("Move")
        (incident,) = until(running.incidents, "an incident")
        assert str(taken) in incident["message"]
        assert machine.infer() == 200
        machine.git("revert", "--no-edit", "HEAD")
    machine.live()
    until(lambda: not running.incidents(), "the incident is closed")
