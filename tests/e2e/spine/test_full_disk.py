"""The disk under the state is full: it is said, what serves goes on, nothing is lost, space mends it all."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.spine.machine import Machine, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture
def small(machine: Machine) -> Iterator[Path]:
    """A file system of 48 MB below the state, which only root can mount."""
    place = machine.home / "state"
    place.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mount.returncode:
        pytest.skip(f"needs a right to mount a small file system (root, CAP_SYS_ADMIN): {mount.stderr.strip()}")
    yield place
    machine.end_all()
    subprocess.run(["umount", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take all the space there is, to the last byte."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return ballast


def test_a_full_disk(machine: Machine, small: Path) -> None:
    """Serving goes on; a commit waits with a clear word; with space again it goes live."""
    running = machine.start()
    before = machine.live()["rows"][0]["release"]
    for _ in range(20):
        assert machine.infer() == 200
    until(lambda: machine.metered() == 20, "requests are metered")
    servers = machine.servers(), machine.pids("envoy")
    ballast = fill(small)
    for _ in range(20):
        assert machine.infer() == 200
    machine.declare_onnx(memory="300Mi")
    commit = machine.commit("Ask for more")
    until(lambda: "full" in running.log.read_text() or "No space" in running.log.read_text(), "it says so")
    assert running.process.poll() is None, "it waits for space"
    refused = machine.run("suspend", "example", "--reason", "no space", exit_code=2)
    assert "full" in refused.stderr
    assert "Traceback" not in refused.stderr + running.log.read_text()
    assert machine.infer() == 200
    assert servers[0] <= machine.servers()
    ballast.unlink()
    assert machine.live()["rows"][0]["release"] == f"example@{commit[:12]}" != before
    assert machine.infer() == 200
    assert machine.json("audit", "verify")["verdict"] == "pass"
    until(lambda: machine.metered() >= 22, "what was answered with space is metered")


def test_what_was_answered_while_the_disk_was_full_is_booked(machine: Machine, small: Path) -> None:
    """The gateway's log has no line of it, so it is unmetered: counted, not dropped."""
    machine.start()
    machine.live()
    ballast = fill(small)
    for _ in range(20):
        assert machine.infer() == 200
    time.sleep(0.5)  # Envoy writes its log every 100 ms
    ballast.unlink()
    assert machine.infer() == 200

    def booked() -> int:
        return sum(row["requests"] + row["unmetered"] for row in machine.usage().values())

    until(lambda: booked() == 21, "all is booked", 10)
