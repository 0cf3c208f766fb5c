"""A person's first day: from `fairlead init` to a rollback, with the real program, real servers and a real gateway."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.scenario.cli.program import PROGRAM, Program, free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

HOME = {"inputs": [{"name": "home", "shape": [1, 2], "datatype": "FP32", "data": [50, 2]}]}


@pytest.fixture
def started(tmp_path: Path) -> Program:
    """What `fairlead init` makes, on ports that are free, committed."""
    made = Program(tmp_path / "acme", tmp_path / "home")
    made.workspace.mkdir()
    made.home.mkdir()
    answer = made.json("init")
    assert "fairlead.yaml" in answer["written"]
    declared = made.workspace / "fairlead.yaml"
    text = declared.read_text()
    for port in set(re.findall(r"port: (\d+)", text)):
        text = text.replace(f"port: {port}", f"port: {free_port()}")
    declared.write_text(text)
    made.commit("Start the workspace")
    return made


def row(program: Program) -> dict[str, Any]:
    """The example in prod, as `status` tells it."""
    found: dict[str, Any] = next(each for each in program.json("status")["rows"] if each["environment"] == "prod")
    return found


def ask(program: Program, times: int) -> None:
    """Ask the example for a rent, as a customer, through the gateway."""
    port = re.findall(r"port: (\d+)", (program.workspace / "fairlead.yaml").read_text())[-1]
    address = f"http://127.0.0.1:{port}/v2/models/example/infer"
    for _ in range(times):
        answer = httpx2.post(address, json=HOME, headers={"x-customer": "acme"}, timeout=10)
        assert answer.status_code == 200


def change_memory(program: Program, memory: str) -> str:
    """Commit a release that asks for another amount of memory."""
    path = program.workspace / "models" / "example" / "model.yaml"
    path.write_text(re.sub(r"memory: \S+ }", f"memory: {memory} }}", path.read_text()))
    return program.commit(f"Ask for {memory}")


def test_a_commit_goes_live_is_counted_and_a_rollback_takes_it_back(started: Program) -> None:
    """One release after the other is live, its requests and its cost are counted, and a rollback is a commit."""
    assert "pass" in started.run("check").stderr
    assert [step["action"] for step in started.json("plan")["steps"]][:2] == ["fetch", "start"]
    with started.up():
        assert started.json("status", "--wait")["synced"] is True
        first = row(started)
        assert (first["health"], first["verdict"], first["ready"]) == ("healthy", "pass", 1)
        ask(started, 20)
        wait_for_requests(started, 20)
        commit = change_memory(started, "300Mi")
        started.run("status", "--wait")
        assert row(started)["release"] == f"example@{commit[:12]}"
        taken_back = started.json("rollback", "example", "--reason", "too dear")
        started.run("status", "--wait")
        assert row(started)["release"] == first["release"]
        assert taken_back["commit"] == started.git("rev-parse", "HEAD")
        history = started.json("history", "example", "--environment", "prod")["history"]
        assert [each["returned"] for each in history] == [True, False, False]
        assert "/v2/models/example/infer 200" in started.run("logs", "example").stdout
        assert started.json("audit", "verify")["verdict"] == "pass"
    assert row(started)["health"] in {"stopped", "down"}


def wait_for_requests(program: Program, count: int) -> None:
    """Wait until the meter has read as many requests, and prove that the bill closes."""
    until = time.monotonic() + 20
    while True:
        cost = program.json("cost", "--by", "customer")["cost"]
        counted = {each["key"]["customer"]: each["requests"] for each in cost["rows"]}
        if counted.get("acme") == count:
            break
        assert time.monotonic() < until, counted
    assert [each["residual"] for each in cost["totals"]] == ["0"]
    assert all(isinstance(each["amount"], str) for each in cost["rows"])


def test_a_broken_commit_is_refused_and_says_where(started: Program) -> None:
    """`check` names file, line and mend; the fleet stays as it is, and `status --wait` does not call that live."""
    with started.up():
        started.run("status", "--wait")
        before = row(started)["release"]
        path = started.workspace / "models" / "example" / "model.yaml"
        path.write_text(path.read_text().replace("owner:", "ownr:"))
        started.commit("Break it")
        found = started.json("check", exit_code=1)["findings"]
        assert [(each["path"], each["line"] > 0) for each in found][:1] == [("models/example/model.yaml", True)]
        assert "mend:" in started.run("check", exit_code=1).stdout
        fleet = started.json("status", "--wait", "--timeout", "20s", exit_code=1)
        assert fleet["attention"]
        assert row(started)["release"] == before


def test_a_person_holds_a_model_back_for_a_time(started: Program) -> None:
    """What is suspended does not follow Git, and follows again once it is resumed."""
    with started.up():
        started.run("status", "--wait")
        before = row(started)["release"]
        started.run("suspend", "example", "--reason", "load test", "--for", "10m")
        commit = change_memory(started, "310Mi")
        started.run("status", "--wait", "--timeout", "20s", exit_code=1)
        assert row(started)["release"] == before
        assert "suspended" in started.run("status").stdout
        assert started.json("resume", "example")["lifted"] is True
        started.run("status", "--wait")
        assert row(started)["release"] == f"example@{commit[:12]}"


def test_the_state_is_brought_back_from_a_backup(started: Program, tmp_path: Path) -> None:
    """A backup of a running control plane, restored into an empty folder, tells the same story."""
    with started.up():
        started.run("status", "--wait")
        started.run("backup", str(tmp_path / "acme.tar"))
        refused = started.run("restore", str(tmp_path / "acme.tar"), exit_code=2)
        assert "not empty" in refused.stderr
    other = ["--state", str(tmp_path / "other")]
    started.run("restore", str(tmp_path / "acme.tar"), *other)
    history = started.json("history", "example", "--environment", "prod", *other)["history"]
    assert history[0]["release"].startswith("example@")


def test_logs_are_followed_until_ctrl_c(started: Program) -> None:
    """New lines come as JSON lines while they are written; Ctrl-C ends it quietly with 130."""
    with started.up():
        started.run("status", "--wait")
        command = [*PROGRAM, "logs", "example", "--source", "gateway", "--follow", "--format", "json"]
        with subprocess.Popen(
            command,
            cwd=started.workspace,
            env=started.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as following:
            assert following.stdout is not None
            ask(started, 1)
            line = json.loads(following.stdout.readline())
            assert (line["schema_version"], line["model"], line["source"]) == (1, "example", "gateway")
            following.send_signal(signal.SIGINT)
            _, told = following.communicate(timeout=20)
        assert following.returncode == 130
        assert "Traceback" not in told
