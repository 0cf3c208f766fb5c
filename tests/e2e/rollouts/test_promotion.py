"""`fairlead promote` at the real program: one line in Git moves the very release on, once its time is over."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.serve.launch import free_port
from tests.e2e.rollouts.conftest import _SERVER
from tests.e2e.spine.declarations import GATEWAY, WORKSPACE
from tests.e2e.spine.machine import Machine, Running, until
from tests.scenario.cli.program import PROGRAM

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

_SOAK = 60


class Street:
    """Two environments on one machine: what is in dev for a minute may move on to prod."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.prod = free_port((machine.port,))
        text = WORKSPACE.format(port=self.prod, sync="automatic", window="5m") + GATEWAY
        dev = f"environments:\n  - name: dev\n    target: {{ port: {machine.port} }}\n    soak: {_SOAK}s\n"
        (machine.workspace / "fairlead.yaml").write_text(text.replace("environments:\n", dev))

    def bring(self, note: int) -> str:
        """Commit a release for dev; what is pinned in prod stays. Its commit."""
        server = self.machine.root / "server.py"
        server.write_text(_SERVER.read_text().replace("float] = {}", f"float] = {{'note': {note}}}"))
        path = self.machine.workspace / "models" / "shop" / "model.yaml"
        before = path.read_text() if path.exists() else ""
        self.machine.declare_command("shop", server)
        placed = before[before.index("environments:") :] if before else "environments: { dev: {} }\n"
        text = path.read_text()
        path.write_text(text[: text.index("environments:")] + placed)
        return self.machine.commit(f"Serve {note}")

    def row(self, running: Running, environment: str) -> dict[str, Any]:
        """Where the model stands in an environment."""
        rows = running.api("/api/v1/fleet").json()["rows"]
        return next((row for row in rows if row["environment"] == environment), {})


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """A machine whose workspace has two environments."""
    machine = Machine.at(tmp_path)
    yield Street(machine)
    machine.end_all()


def may_move_on(machine: Machine) -> bool:
    """Whether nothing stands between; the exit status and the JSON say the same."""
    command = [*PROGRAM, "promote", "shop", "--to", "prod", "--dry-run", "--format", "json"]
    done = subprocess.run(
        command, cwd=machine.workspace, env=machine.environ, capture_output=True, text=True, check=False
    )
    between = json.loads(done.stdout)["between"]
    assert done.returncode == bool(between), done
    return not between


def test_the_very_release_moves_on_when_its_time_is_over(street: Street) -> None:
    """Refused with the reason while it soaks; then one line is committed, and prod runs the same digest."""
    machine = street.machine
    first = street.bring(1)
    running = machine.start()
    machine.live()
    begun = time.monotonic()
    dev = street.row(running, "dev")
    assert (dev["release"], street.row(running, "prod")) == (f"shop@{first[:12]}", {})

    refused = machine.run("promote", "shop", "--to", "prod", exit_code=1)
    assert time.monotonic() - begun < _SOAK, "the machine is too busy to be asked within the soak"
    assert "not promoted, this stands between" in refused.stdout
    assert f"shop@{first[:12]} runs in dev for" in refused.stdout
    assert "mend: wait for" in refused.stdout
    assert machine.git("rev-parse", "HEAD") == first
    machine.run("promote", "shop", "--to", "prod", "--override", exit_code=2)

    until(lambda: may_move_on(machine), "the end of the soak", 2 * _SOAK)
    lock = machine.git("rev-parse", "HEAD:models/shop/model.lock")
    said = machine.run("promote", "shop", "--to", "prod", "--reason", "it ran well").stdout
    assert f"shop@{first[:12]} from dev to prod: committed" in said
    message = machine.git("log", "-1", "--format=%B")
    assert message.startswith("Promote shop to prod\n")
    assert "it ran well" in message
    assert machine.git("diff", "--numstat", "HEAD~1").split() == ["1", "1", "models/shop/model.yaml"]
    assert machine.git("rev-parse", "HEAD:models/shop/model.lock") == lock

    machine.live()
    prod = street.row(running, "prod")
    assert (prod["release"], prod["digest"]) == (dev["release"], dev["digest"])
    assert prod["ready"] == 1
    again = machine.run("promote", "shop", "--to", "prod", exit_code=1)
    assert "Git wants" in again.stdout


def test_dev_goes_on_and_prod_stays_where_it_is(street: Street) -> None:
    """The pin holds: a newer release is live in dev alone, and prod's server is not touched."""
    machine = street.machine
    first = street.bring(1)
    running = machine.start()
    machine.live()
    made = machine.run("promote", "shop", "--to", "prod", "--override", "--reason", "the fair begins today").stdout
    assert "promote/soak" in made
    assert "Fairlead-Override: promote/soak" in machine.git("log", "-1", "--format=%B")
    machine.live()
    before = {record["sequence"] for record in running.journal("deployment.live") if record["environment"] == "prod"}
    second = street.bring(2)
    machine.live()
    assert street.row(running, "dev")["release"] == f"shop@{second[:12]}"
    assert street.row(running, "prod")["release"] == f"shop@{first[:12]}"
    after = {record["sequence"] for record in running.journal("deployment.live") if record["environment"] == "prod"}
    assert after == before
    (promotion,) = running.journal("promotion.committed")
    assert promotion["body"]["overridden"] == ["promote/soak"]
    assert promotion["body"]["reason"] == "the fair begins today"
