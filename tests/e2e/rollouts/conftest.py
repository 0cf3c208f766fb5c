"""A shop whose model behaves as its artifact says, with real customers through a real Envoy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.kernel.windows import parse_iso
from tests.e2e.spine.declarations import GATEWAY
from tests.e2e.spine.machine import Machine, Running, until

_SERVER = Path(__file__).with_name("model_server.py")

_ANALYSES = """\
analyses:
  - name: default
    every: 2s
    metrics:
      - { name: error-rate, alpha: 0.03, margin: 0.05 }
      - { name: latency, margin: 0.5 }
  - name: dear
    every: 2s
    metrics: [{ name: error-rate, alpha: 0.001, margin: 0.05 }, { name: cost-per-inference, margin: 0.5 }]
  - name: same-answers
    every: 2s
    metrics: [{ name: answers, margin: 0.05 }]
"""

CANARY = "release: { strategy: canary, steps: [{ weight: 50 }] }\n"


class Shop:
    """The machine with its one model."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        machine.declare_workspace(more=GATEWAY + _ANALYSES)

    def bring(self, subject: str, release: str = CANARY, **behaviour: float) -> str:
        """Commit a release that behaves so; its commit."""
        text = _SERVER.read_text().replace("float] = {}", f"float] = {behaviour!r}")
        program = self.machine.root / "server.py"
        program.write_text(text)
        self.machine.declare_command("shop", program, "", release)
        return self.machine.commit(subject)

    def begin(self, **behaviour: float) -> Running:
        """A first release that is live."""
        self.bring("Open the shop", CANARY, **behaviour)
        running = self.machine.start()
        self.machine.live()
        return running

    def events(self, running: Running) -> list[str]:
        """What the journal says of rollouts, oldest first."""
        return [each["kind"] for each in reversed(running.journal("rollout"))]

    def ended(self, running: Running, kind: str, seconds: float = 150) -> dict[str, Any]:
        """Wait for the end of the rollout; its journal record."""

        def found() -> dict[str, Any] | None:
            return next(iter(running.journal(f"rollout.{kind}")), None)

        return until(found, f"rollout.{kind}", seconds) or {}

    def seconds_out(self, running: Running, ended: dict[str, Any]) -> float:
        """Seconds from the verdict to the end of the new release's traffic; 0 where it never had any."""
        steps = running.journal("step.taken")
        back = [
            each["at"] for each in steps if "send all traffic" in each["body"]["step"] and each["at"] >= ended["at"]
        ]
        return (parse_iso(min(back)) - parse_iso(ended["at"])).total_seconds() if back else 0.0

    def reverted(self) -> str:
        """Wait for the revert at the head of the branch; its message."""
        git = self.machine.git
        until(lambda: git("log", "-1", "--format=%an") == "fairlead", "a revert at the head", 60)
        return git("log", "-1", "--format=%B")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A machine with an empty repository and a workspace."""
    machine = Machine.at(tmp_path)
    yield Shop(machine)
    machine.end_all()
