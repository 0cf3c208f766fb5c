"""The ground that the story stands on: one folder, and the commands, commits and processes in it.

Commands are the real ones, run as a person would run them, each in a process of its own.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.kernel.errors import BrokenWorldError

__all__ = ["Ground", "Person", "Ran", "wait_until"]

_PATIENCE = 240.0
_LAST_WORDS = 1500
_LOOK = 0.1
_STATELESS = {("check",), ("lock",), ("rollout", "power")}
"""Commands that ask no control plane's state."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the story."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended: exit code, both streams as text."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything that it said."""
        return "\n".join(part.rstrip() for part in (self.out, self.err) if part.strip())


def wait_until(reached: Callable[[], bool], limit: float, what: str, *, pause: float = _LOOK) -> None:
    """Poll until `reached`; BrokenWorldError after `limit` seconds, naming what was waited for."""
    until = time.monotonic() + limit
    while not reached():
        if time.monotonic() > until:
            raise BrokenWorldError(f"{what} did not happen within {limit:g} s")
        time.sleep(pause)


@dataclass(slots=True)
class Ground:
    """Folders below `folder`, and the processes that were started. `width` is that of the commands' tables.

    `gateway_port` is that of the first region, `next_port` of the second; the team's chat listens at `inbox_port`.
    """

    folder: Path
    width: int
    gateway_port: int
    next_port: int
    inbox_port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        """The Git workspace."""
        return self.folder / "workspace"

    @property
    def state(self) -> Path:
        """The control plane's state."""
        return self.folder / "state"

    @property
    def trained(self) -> Path:
        """What was trained, one folder per candidate."""
        return self.folder / "trained"

    @property
    def keys(self) -> Path:
        """The customers' API keys, which are in no other place."""
        return self.folder / "keys.json"

    @property
    def load_report(self) -> Path:
        """The load's newest counts."""
        return self.folder / "load.json"

    @property
    def inbox(self) -> Path:
        """What the team was told."""
        return self.folder / "inbox.jsonl"

    @property
    def key(self) -> Path:
        """Grace's SSH key, made for the story."""
        return self.folder / "grace"

    def make_key(self) -> str:
        """Make that key; answers its public half."""
        place = str(self.key)
        try:
            ran = self._run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", place], {})
        except FileNotFoundError as error:
            mend = "install OpenSSH 8.9 or newer"
            raise BrokenWorldError("the program `ssh-keygen` is not found", mend=mend) from error
        if ran.code:
            raise BrokenWorldError(ran.text, where="ssh-keygen")
        return Path(f"{place}.pub").read_text(encoding="utf-8").strip()

    def fairlead(self, *words: str, state: Path | None = None, by: Person | None = None) -> Ran:
        """Run a `fairlead` command in the workspace, as somebody where it matters who."""
        place = () if words[:1] in _STATELESS or words[:2] in _STATELESS else ("--state", str(state or self.state))
        who = {} if by is None else _as_git_names(by)
        return self._run([sys.executable, "-m", "fairlead", *words, *place], {"COLUMNS": str(self.width), **who})

    def asked(self, *words: str) -> Any:
        """What a `fairlead` command answers as JSON; exit codes 0 and 1 are answers."""
        ran = self.fairlead(*words, "--format", "json")
        if ran.code > 1:
            raise BrokenWorldError(
                f"it ended with {ran.code}: {ran.err.strip()}", where=f"fairlead {shlex.join(words)}"
            )
        return json.loads(ran.out)

    def git(self, *words: str, by: Person) -> str:
        """Run a `git` command in the workspace as somebody."""
        # Nobody's own settings (signing, hooks, another default branch) may change the story.
        ran = self._run(
            ["git", *words], {**_as_git_names(by), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        )
        if ran.code:
            raise BrokenWorldError(
                ran.text[-_LAST_WORDS:], where=f"git {words[0]}", mend="see whether git is installed"
            )
        return ran.out.strip()

    def commit(self, subject: str, why: str, *, by: Person, approved: Person | None = None) -> str:
        """Commit everything in the workspace; answers the commit's id."""
        trailer = f"\n\nApproved-by: {approved.name} <{approved.email}>" if approved else ""
        self.git("add", "--all", by=by)
        self.git("commit", "--quiet", "--message", f"{subject}\n\n{why}{trailer}", by=by)
        return self.git("rev-parse", "HEAD", by=by)

    def start(self, name: str, *words: str) -> None:
        """Start a Python module as a process of its own session; its streams go to `<name>.log`."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=self.workspace if self.workspace.is_dir() else self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def words(self, name: str) -> str:
        """The last that a process said."""
        log = self.folder / f"{name}.log"
        return log.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:].strip() if log.exists() else ""

    def first_words(self, name: str) -> str:
        """The first that a process said."""
        log = self.folder / f"{name}.log"
        return log.read_text(encoding="utf-8", errors="replace")[:_LAST_WORDS] if log.exists() else ""

    def check_alive(self, name: str) -> None:
        """BrokenWorldError, with its last words, where a process has ended with an error."""
        process = self.processes[name]
        if process.poll():
            raise BrokenWorldError(f"it ended with {process.returncode}: {self.words(name)}", where=name)

    def end(self, name: str, number: signal.Signals = signal.SIGTERM, limit: float = 10.0) -> bool:
        """End a process that was started here; False where it had ended already, or had to be killed."""
        process = self.processes.pop(name, None)
        if process is None or process.poll() is not None:
            return False
        process.send_signal(number)
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        return True

    def _run(self, command: list[str], more: Mapping[str, str]) -> Ran:
        ran = subprocess.run(
            command,
            cwd=self.workspace,
            env={**os.environ, "NO_COLOR": "1", **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)


def _as_git_names(who: Person) -> dict[str, str]:
    """Environment by which Git, and whoever asks as Git does, knows a person."""
    parts = {"NAME": who.name, "EMAIL": who.email}
    return {f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER") for part, text in parts.items()}
