"""What people hold back and let go, and what goes away: suspend, manual sync, mass removal, a deleted model."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.spine.machine import CHAT, Machine, Running, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def release(running: Running, model: str = "example") -> str:
    """The live release of a model."""
    rows = running.api("/api/v1/fleet").json()["rows"]
    return next((str(row["release"]) for row in rows if row["model"] == model), "")


def held(running: Running, kind: str) -> str:
    """Wait for the incident of a kind; its message and mend."""
    incident = until(lambda: [each for each in running.incidents() if each["kind"] == kind], f"{kind}")[0]
    return f"{incident['message']} - {incident['mend']}"


def test_suspend_and_resume(machine: Machine) -> None:
    """A suspended model stays on its release, with who, until when and why; a kill does not forget it."""
    running = machine.start()
    before = machine.live()["rows"][0]["release"]
    machine.run("suspend", "example", "--reason", "load test", "--for", "10m")
    machine.declare_onnx(memory="300Mi")
    commit = machine.commit("Ask for more")
    assert "load test" in held(running, "suspended")
    running.kill()
    running = machine.start()
    assert "load test" in held(running, "suspended")
    assert release(running) == before
    machine.run("resume", "example")
    machine.live()
    assert release(running) == f"example@{commit[:12]}"
    assert len(running.journal("model.suspended")) == len(running.journal("model.resumed")) == 1
    assert running.journal("model.suspended")[0]["actor"]["claimed"] is True


def test_manual_sync(bare: Machine) -> None:
    """`sync: manual` waits for a person, for the first release and for every later one."""
    bare.declare_workspace(sync="manual")
    bare.declare_onnx()
    first = bare.commit("Begin")
    running = bare.start()
    assert "fairlead sync example" in held(running, "waiting-for-sync")
    assert bare.servers() == set()
    bare.run("sync", "example")
    bare.live()
    bare.declare_onnx(memory="300Mi")
    second = bare.commit("Ask for more")
    held(running, "waiting-for-sync")
    assert release(running) == f"example@{first[:12]}"
    bare.run("sync")
    bare.live()
    assert release(running) == f"example@{second[:12]}"


def test_a_removal_of_more_than_half_waits(machine: Machine) -> None:
    """Both serve on until a person confirms that very commit; then they are drained, and their end is recorded."""
    machine.declare_command("chat", CHAT, serving=", protocol: openai")
    machine.commit("Two models")
    running = machine.start()
    machine.live()
    shutil.rmtree(machine.workspace / "models")
    commit = machine.commit("Remove all")
    told = held(running, "removal-unconfirmed")
    assert f"fairlead confirm {commit[:12]}" in told
    assert "2 of 2" in told
    assert (machine.infer(), len(machine.servers()), len(machine.pids("server.py"))) == (200, 1, 1)
    machine.run("confirm", commit[:12])
    machine.live()
    until(lambda: not machine.servers() | machine.pids("server.py"), "both servers end")
    assert {record["model"] for record in running.journal("deployment.ended")} == {"example", "chat"}
    assert machine.infer() == 404
    until(lambda: not running.incidents(), "the incident is closed")


def test_a_deleted_model_is_drained_and_its_usage_stays(machine: Machine) -> None:
    """One of two models goes at once; a request in flight is answered to its end; its history and cost stay."""
    machine.declare_command("chat", CHAT, serving=", protocol: openai")
    machine.commit("Two models")
    running = machine.start()
    machine.live()
    for _ in range(3):
        assert machine.infer() == 200
    shutil.rmtree(machine.workspace / "models" / "example")
    machine.commit("Remove one")
    machine.live()
    until(lambda: not machine.servers(), "its server ends")
    assert machine.infer() == 404
    until(lambda: machine.metered() == 3, "its usage stays")
    assert [record["model"] for record in running.journal("deployment.ended")] == ["example"]
    assert release(running, "chat")
