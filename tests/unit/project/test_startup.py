"""A command line that is asked for help answers at once: it loads nothing that help does not need."""

from __future__ import annotations

import importlib.util
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "alembic",
    "cryptography",
    "duckdb",
    "fastapi",
    "httpx2",
    "huggingface_hub",
    "jinja2",
    "numpy",
    "onnxruntime",
    "pydantic",
    "pygit2",
    "ruamel",
    "sklearn",
    "sqlalchemy",
    "starlette",
    "uvicorn",
}
MAX_CPU_SECONDS = 0.2

MODULE = ["-m", "fairlead"]
SCRIPT = [str(Path(sys.executable).with_name("fairlead"))]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("fairlead.show") is None, reason="there is no command line in this tree"
)


def imported(importtime: str) -> set[str]:
    """Top-level packages in the report that `python -X importtime` writes to stderr."""
    rows = [line.rpartition("|")[2].strip() for line in importtime.splitlines() if line.startswith("import time:")]
    return {row.partition(".")[0] for row in rows}


@pytest.mark.parametrize("program", [MODULE, SCRIPT], ids=["python -m fairlead", "fairlead"])
def test_help_imports_nothing_heavy(program: list[str]) -> None:
    """`fairlead --help` loads the command line only."""
    command = [sys.executable, "-X", "importtime", *program, "--help"]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    modules = imported(run.stderr)
    assert {"fairlead", "click"} <= modules
    assert modules & HEAVY == set()


def test_help_takes_little_of_the_processor() -> None:
    """`fairlead --help` takes under 0.2 s of CPU; the least of five runs, since others share the machine."""
    assert min(cpu_seconds([*SCRIPT, "--help"]) for _ in range(5)) < MAX_CPU_SECONDS


def cpu_seconds(command: list[str]) -> float:
    """User and system time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


UNUSED = {"alembic", "cryptography", "duckdb", "fastapi", "httpx2", "huggingface_hub", "numpy", "onnx"}
UNUSED |= {"onnxruntime", "pyarrow", "starlette", "uvicorn"}


def test_a_question_loads_what_it_needs(tmp_path: Path) -> None:
    """`fairlead status` over a workspace where nothing runs loads no server, no engine and no client."""
    environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "GIT_CONFIG_GLOBAL": os.devnull}
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
    for command in ([*SCRIPT, "init", "."], ["git", "add", "."], ["git", *who, "commit", "-qm", "Start"]):
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=environ)
    subprocess.run([*SCRIPT, "status"], check=False, capture_output=True, cwd=tmp_path, env=environ)
    command = [sys.executable, "-X", "importtime", *MODULE, "status"]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environ)
    modules = imported(run.stderr)
    assert {"sqlalchemy", "pygit2"} <= modules
    assert modules & UNUSED == set()
