"""What runs policies' code: it sees nothing, it is ended, and it never outlives whoever asks it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fairlead.check.engines.base import Engine, Limits, RegoError, engine_for
from fairlead.check.engines.process import WorkerProcess
from fairlead.domain.policy import Dialect, Module
from fairlead.kernel.errors import BrokenWorldError, UsageError

ASKING = """
import os, signal, sys
from fairlead.check.engines.base import Limits, engine_for
from fairlead.domain.policy import Dialect, Module

engine = engine_for(sys.argv[1], sys.argv[2], Limits(cpu_seconds=float(sys.argv[3])))
program = engine.compile([Module("p.rego", "package t\\ndeny if input.x")], "t.deny", Dialect.CONFTEST)
assert program.evaluate({"x": True}, {}).violations
print("answered", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


SECONDS = "4.321"
"""A limit that no other test sets: the workers of this one are known by it."""


def marked(mark: str) -> list[int]:
    """Processes whose words hold the mark."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            text = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in text and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")
@pytest.mark.parametrize("name", ["regorus", pytest.param("opa", marks=pytest.mark.opa)])
def test_nothing_outlives_who_asked(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """After a kill -9 of the asking process its engine ends too."""
    path = request.getfixturevalue("opa") if name == "opa" else ""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    words = [sys.executable, "-c", ASKING, name, path, SECONDS]
    asking = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert asking.stdout == "answered\n", asking.stderr
    mark = f"fairlead.check.engines.worker\x00{SECONDS}" if name == "regorus" else str(tmp_path)
    deadline = time.monotonic() + 10
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marked(mark) == []


def test_a_worker_sees_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither secrets nor paths reach the process that runs policies."""
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    worker = WorkerProcess(Limits())
    try:
        seen = Path(f"/proc/{worker.pid}/environ").read_text(encoding="utf-8")
    finally:
        worker.end()
    assert "hunter2" not in seen
    assert {each.partition("=")[0] for each in seen.split("\0") if each} <= {"LC_ALL", "RUST_BACKTRACE"}


def test_a_worker_that_does_not_start_is_a_broken_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said what to try, and no policy is blamed."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(BrokenWorldError, match="does not start"):
        WorkerProcess(Limits())


def test_a_program_that_ends_workers_while_it_compiles_is_refused() -> None:
    """The engine goes on with another worker."""
    engine: Engine = engine_for("regorus", limits=Limits(cpu_seconds=0.2))
    try:
        with pytest.raises(RegoError, match="processor time"):
            engine.compile([Module("p.rego", f"package t\ndeny if {'[' * 60}{']' * 60}")], "t.deny", Dialect.CONFTEST)
        program = engine.compile([Module("p.rego", "package t\ndeny if input.x")], "t.deny", Dialect.CONFTEST)
        assert program.evaluate({"x": True}, {}).violations
    finally:
        engine.close()


def test_an_engine_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    """Also where something else bears its name."""
    with pytest.raises(BrokenWorldError, match="install opa"):
        engine_for("opa", str(tmp_path / "opa"))
    with pytest.raises(BrokenWorldError, match="too old"):
        engine_for("opa", "/bin/true")
    with pytest.raises(UsageError, match="regorus"):
        engine_for("cedar")
