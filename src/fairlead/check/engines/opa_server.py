"""One `opa` process over a bundle of modules and data, asked through a socket in a folder that is its user's alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from fairlead.check.engines.base import Limits
from fairlead.check.engines.opa_bundles import Text
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["LIMITED", "Complaint", "DeadServerError", "OpaServer", "complaint", "environment", "write_bundle"]

LIMITED = ("/bin/sh", "-c", 'ulimit -c 0; ulimit -d "$0"; exec "$@"')
"""Runs a program with a bound on its memory, in kilobytes: the word that follows. Go's heap counts as data."""

_FOLLOWING = 'exec 3<&0; (read -r _ <&3; kill -9 $$) & exec "$@" 3<&- </dev/null'
"""Runs a program that is killed when its input ends: a server must not outlive the process that asks it."""

_LONGEST_SOCKET = 100
_START_SECONDS = 20


class Complaint(NamedTuple):
    """What opa says against a module, and at which of its lines. `text` is None where it names no module."""

    message: str
    text: Text | None
    line: int


class DeadServerError(Exception):
    """The process ended, or was ended, before it had answered. Its text says why, for people."""


class _SocketConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class OpaServer:
    """A running `opa run --server`. Used by one thread."""

    def __init__(self, program: str, texts: Sequence[Text], data: bytes, limits: Limits) -> None:
        self.texts, self.data = texts, data
        self._limits = limits
        self._folder = _own_folder()
        bundle = self._folder / "bundle"
        write_bundle(bundle, texts, data)
        address = self._folder / "opa.sock"
        self._process = subprocess.Popen(
            [
                *(*LIMITED, str(limits.memory_bytes >> 10), "/bin/sh", "-c", _FOLLOWING, "opa"),
                *(program, "run", "--server", "--bundle", str(bundle), "--addr", f"unix://{address}"),
                *("--log-level", "error", "--skip-version-check"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env=environment(),
            start_new_session=True,
        )
        self._connection = _SocketConnection(address, limits.wall_seconds)
        self._await()

    def ask(self, path: str, document: bytes) -> list[Any] | Complaint:
        """`[value]`, `[]` for undefined, or opa's complaint.

        DeadServerError where the process ended or took longer than its limit; it is ended then.
        """
        try:
            address = f"/v1/data/{path}?strict-builtin-errors=true"
            self._connection.request("POST", address, document, {"Content-Type": "application/json"})
            found: dict[str, Any] = json.loads(self._connection.getresponse().read())
        except TimeoutError as error:
            self.end()
            seconds = f"{self._limits.wall_seconds:g} s"
            raise DeadServerError(f"it gave no answer within {seconds} and was ended") from error
        except (OSError, HTTPException, ValueError) as error:
            self.end()
            megabytes = self._limits.memory_bytes >> 20
            raise DeadServerError(f"it ended the engine, whose memory is bound to {megabytes} MB") from error
        if "code" in found:
            errors = found.get("errors") or [found]
            return complaint(self.texts, errors[0])
        return [found["result"]] if "result" in found else []

    def end(self) -> None:
        """Kill it, and remove its folder."""
        self._connection.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _await(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._connection.request("GET", "/health")
                self._connection.getresponse().read()
            except (OSError, HTTPException):
                self._connection.close()
                time.sleep(0.01)
            else:
                return
        self.end()
        raise BrokenWorldError("`opa run --server` did not start", mend="try `opa run --server` by hand")


def environment() -> Mapping[str, str]:
    """What opa sees of the environment: nothing of this process's, which may hold secrets."""
    return {"LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "GOMAXPROCS": "2"}


def complaint(texts: Sequence[Text], error: Mapping[str, Any]) -> Complaint:
    """An error of opa's, with the module that it names."""
    place = error.get("location") or {}
    name = Path(place.get("file", "")).stem.removeprefix("module")
    text = texts[int(name)] if name.isdecimal() else None
    return Complaint(str(error.get("message", "")), text, int(place.get("row", 0)))


def write_bundle(folder: Path, texts: Sequence[Text], data: bytes) -> None:
    """Modules as a bundle that says which of them are of version 0."""
    folder.mkdir()
    old = {f"/module{at}.rego": 0 for at, (_, first_version, _) in enumerate(texts) if first_version}
    for at, (text, _, _) in enumerate(texts):
        (folder / f"module{at}.rego").write_text(text, encoding="utf-8")
    (folder / ".manifest").write_text(json.dumps({"rego_version": 1, "file_rego_versions": old}), encoding="utf-8")
    (folder / "data.json").write_bytes(data)


def _own_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="fairlead-opa-")
    if len(folder) > _LONGEST_SOCKET - len("/opa.sock"):
        shutil.rmtree(folder)
        folder = tempfile.mkdtemp(prefix="fairlead-opa-", dir="/tmp")
    return Path(folder)
