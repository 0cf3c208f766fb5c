"""The real program over a real workspace in a temporary folder, as a person drives it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Program", "free_port"]

PROGRAM = [sys.executable, "-m", "fairlead"]
_PATIENCE = 40


@dataclass(frozen=True)
class Program:
    """A person's machine: a workspace in a Git repository, a home, and nothing else."""

    workspace: Path
    home: Path

    @property
    def environ(self) -> dict[str, str]:
        """What the program finds around it."""
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(self.home),
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.com",
        }

    def run(self, *words: str, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command in the workspace; it must end with `exit_code`."""
        run = subprocess.run(
            [*PROGRAM, *words],
            cwd=self.workspace,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        assert run.returncode == exit_code, f"{words} ended with {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run

    def json(self, *words: str, exit_code: int = 0) -> Any:  # noqa: ANN401 - whatever the command answers
        """The JSON answer of a command."""
        answer = json.loads(self.run(*words, "--format", "json", exit_code=exit_code).stdout)
        assert answer["schema_version"] == 1
        return answer

    def git(self, *words: str) -> str:
        """Run git in the workspace."""
        run = subprocess.run(
            ["git", *words], cwd=self.workspace, env=self.environ, capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    def commit(self, subject: str) -> str:
        """Commit everything; answers the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")

    @contextmanager
    def up(self, *words: str) -> Iterator[Up]:
        """The control plane while the block lasts; ended by Ctrl-C where the block has not ended it."""
        command = [*PROGRAM, "up", "--port", "0", *words]
        told = self.home / f"up-{time.monotonic_ns()}.log"
        with (
            told.open("w") as log,
            subprocess.Popen(command, cwd=self.workspace, env=self.environ, stdout=log, stderr=log) as process,
        ):
            running = Up(process, told)
            try:
                running.page()
                yield running
            finally:
                if process.poll() is None:
                    running.end(signal.SIGINT)


@dataclass(frozen=True)
class Up:
    """A control plane that runs."""

    process: subprocess.Popen[bytes]
    log: Path

    def page(self) -> str:
        """The address that it printed, with its token."""
        return self.wait_for(r"page: (http://\S+)")[1]

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until it has told something."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            found = re.search(pattern, self.log.read_text())
            if found:
                return found
            assert self.process.poll() is None, f"it ended: {self.log.read_text()}"
            time.sleep(0.05)
        raise AssertionError(f"{pattern} was not told: {self.log.read_text()}")

    def end(self, number: signal.Signals) -> int:
        """Send a signal; answers the exit code."""
        self.process.send_signal(number)
        return self.process.wait(_PATIENCE)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
