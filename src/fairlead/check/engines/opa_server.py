"""One `opa` process over a bundle of modules and data, asked through a socket in a folder that is its user's alone."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from fairlead.check.engines.base import Limits
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["LIMITED", "DeadServerError", "OpaServer", "environment", "write_bundle"]

LIMITED = ("/bin/sh", "-c", 'ulimit -c 0; ulimit -d "$0"; exec "$@"')
"""Runs a program with a bound on its memory, in kilobytes: the word that follows. Go's heap counts as data."""

_LONGEST_SOCKET = 100
_START_SECONDS = 20


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

    def __init__(self, program: str, modules: Sequence[tuple[str, bool]], data: bytes, limits: Limits) -> None:
        self._limits = limits
        self._folder = _own_folder()
        bundle = self._folder / "bundle"
        write_bundle(bundle, modules, data)
        address = self._folder / "opa.sock"
        self._process = subprocess.Popen(
            [
                *(*LIMITED, str(limits.memory_bytes >> 10), program, "run", "--server", "--bundle", str(bundle)),
                *("--addr", f"unix://{address}", "--log-level", "error", "--skip-version-check"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env=environment(),
            start_new_session=True,
        )
        self._connection = _SocketConnection(address, limits.wall_seconds)
        self._await()

    def ask(self, path: str, document: bytes) -> list[Any]:
        """`[value]`, `[]` for undefined, or `[None, message, module, line]` for a fault.

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
            return [None, *_complaint(found)]
        return [found["result"]] if "result" in found else []

    def end(self) -> None:
        """Kill it, and remove its folder."""
        self._connection.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
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


def write_bundle(folder: Path, modules: Sequence[tuple[str, bool]], data: bytes) -> None:
    """Modules with whether each is of version 0, as a bundle that says so."""
    folder.mkdir()
    old = {f"/module{at}.rego": 0 for at, (_, first_version) in enumerate(modules) if first_version}
    for at, (text, _) in enumerate(modules):
        (folder / f"module{at}.rego").write_text(text, encoding="utf-8")
    (folder / ".manifest").write_text(json.dumps({"rego_version": 1, "file_rego_versions": old}), encoding="utf-8")
    (folder / "data.json").write_bytes(data)


def _own_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="fairlead-opa-")
    if len(folder) > _LONGEST_SOCKET - len("/opa.sock"):
        shutil.rmtree(folder)
        folder = tempfile.mkdtemp(prefix="fairlead-opa-", dir="/tmp")
    return Path(folder)


def _complaint(found: Mapping[str, Any]) -> tuple[str, str, int]:
    """Message, module and line of an error that opa answers."""
    errors = found.get("errors") or [found]
    place = errors[0].get("location") or {}
    return (
        str(errors[0].get("message", found.get("message", ""))),
        Path(place.get("file", "")).stem,
        place.get("row", 0),
    )
