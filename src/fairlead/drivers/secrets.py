"""Secrets by reference: from the environment, a file or a command. Values stay in memory.

Every value that was resolved is made known to the `Redactor`, through which all logs pass.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from fairlead.domain.model import SecretRef
from fairlead.drivers.secrets_redact import Redactor
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["ReferencedSecrets", "reference_name"]

_MAX_BYTES = 64 * 1024
"""Longest secret; keys and certificates are far shorter, and a command cannot fill the memory."""

_PATIENCE = timedelta(seconds=10)


class ReferencedSecrets:
    """Secrets over the machine. A relative path is taken from `base`, where commands run as well."""

    def __init__(
        self,
        redactor: Redactor,
        *,
        base: Path,
        environ: Mapping[str, str] = os.environ,
        patience: timedelta = _PATIENCE,
    ) -> None:
        self._redactor = redactor
        self._base = base
        self._environ = environ
        self._patience = patience

    def resolve(self, reference: SecretRef) -> str:
        """The value, without the line break at its end.

        BrokenWorldError naming the reference, never the value, where there is none, or an empty one.
        """
        name = reference_name(reference)
        value = self._value(reference, name).removesuffix("\n").removesuffix("\r")
        if not value:
            raise _refused(name, "is empty")
        self._redactor.learn(value)
        return value

    def _value(self, reference: SecretRef, name: str) -> str:
        if reference.from_env is not None:
            if reference.from_env not in self._environ:
                raise _refused(name, "is not set")
            return self._environ[reference.from_env]
        if reference.from_file is not None:
            return _text(_read(self._base / reference.from_file, name), name)
        return _text(self._run(reference.from_command or (), name), name)

    def _run(self, command: Sequence[str], name: str) -> bytes:
        """What a command prints. It runs in a group of its own, which is ended as a whole: late, loud or done."""
        try:
            process = subprocess.Popen(
                command,
                cwd=self._base,
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise _refused(name, f"cannot be run ({error.strerror})") from None
        with process:
            try:
                return _finished(process, time.monotonic() + self._patience.total_seconds(), name)
            finally:
                _end(process)


def reference_name(reference: SecretRef) -> str:
    """How a reference is called in messages: its kind and its place. A command is called by its program alone."""
    if reference.from_env is not None:
        return f"environment variable {reference.from_env}"
    if reference.from_file is not None:
        return f"file {reference.from_file}"
    return f"command {(reference.from_command or ('(none)',))[0]}"


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _refused(name, f"cannot be read ({error.strerror})") from None


def _text(raw: bytes, name: str) -> str:
    if len(raw) > _MAX_BYTES:
        raise _refused(name, f"is longer than {_MAX_BYTES} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _refused(name, "is no UTF-8 text") from None  # the error itself would quote the value


def _finished(process: subprocess.Popen[bytes], deadline: float, name: str) -> bytes:
    """Output of a process that ended well before `deadline` (monotonic seconds); one byte too many tells of more."""
    printed = b""
    pipe = process.stdout
    with selectors.DefaultSelector() as selector:
        if pipe is not None:
            selector.register(pipe, selectors.EVENT_READ)
        while pipe is not None and len(printed) <= _MAX_BYTES:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise _refused(name, "did not come in time")
            chunk = os.read(pipe.fileno(), _MAX_BYTES)
            if not chunk:
                break
            printed += chunk
    if len(printed) <= _MAX_BYTES and (code := _exit_code(process, deadline, name)):
        raise _refused(name, f"failed with exit code {code}")
    return printed


def _exit_code(process: subprocess.Popen[bytes], deadline: float, name: str) -> int:
    try:
        return process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _refused(name, "did not come in time") from None


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _refused(name: str, what: str) -> BrokenWorldError:
    return BrokenWorldError(f"the secret from {name} {what}", mend="provide it where fairlead up runs, then try again")
