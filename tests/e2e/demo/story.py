"""The tour as a newcomer runs it: a process with an empty home, whose lines are noted with their time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Telling", "left_behind"]


@dataclass
class Telling:
    """A running `fairlead demo`. `lines` holds what it said so far, with the seconds since its start."""

    folder: Path
    options: tuple[str, ...]
    lines: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        home, scratch = self.folder / "home", self.folder / "tmp"
        home.mkdir()
        scratch.mkdir()
        environ = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(scratch), "LANG": "C.UTF-8"}
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fairlead", "demo", *self.options],
            cwd=home,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        """Everything that it said so far."""
        return "\n".join(line for _, line in self.lines)

    def wait(self, limit: float) -> int:
        """Its exit code, within `limit` seconds."""
        code = self.process.wait(limit)
        self._reader.join(10)
        return code

    def wait_for(self, words: str, limit: float) -> None:
        """Until it has said `words`; AssertionError with what it said instead."""
        until = time.monotonic() + limit
        while words not in self.text:
            assert time.monotonic() < until, self.text
            assert self.process.poll() is None, self.text
            time.sleep(0.1)

    def results(self) -> list[tuple[float, str]]:
        """Each result line, with its second."""
        mark = "  => "
        return [(at, line.removeprefix(mark)) for at, line in self.lines if line.startswith(mark)]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append((time.monotonic() - self.begun, line.rstrip("\n")))


_ENDING = 20
"""Seconds: a command that was asked a moment before the end answers, and ends by itself."""


def left_behind(folder: Path) -> list[str]:
    """Processes that work in `folder` or were started with a path in it, and do not end."""
    until = time.monotonic() + _ENDING
    while (found := _working_in(folder)) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def _working_in(folder: Path) -> list[str]:
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            place = str((process / "cwd").readlink())
        except OSError:
            continue  # it ended meanwhile, or belongs to somebody else
        if str(folder) in words or place.startswith(str(folder)):
            found.append(f"{process.name}: {words}")
    return found
