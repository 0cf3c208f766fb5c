"""Rendering a kustomization with `kustomize` or `kubectl`, where one is found: bounded in time and size, no network."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fairlead.domain.infrastructure import KustomizeError

__all__ = ["MAX_OUTPUT", "kustomizer"]

MAX_OUTPUT = 64 << 20
"""Bytes of YAML that one kustomization may become."""

_SECONDS = 60.0
_MESSAGE = 300
_WRAPPING = re.compile(r'^(E[0-9]{4} \S+ +[0-9]+ \S+\] "command failed" err=|[Ee]rror: )')
"""What kubectl and kustomize put before the message itself."""

_GLANCE = 0.2
"""Seconds between two looks at a program that runs."""
_NOWHERE = "http://127.0.0.1:9"
"""Port 9 is `discard`: nobody listens, so that whatever would ask the network is refused at once."""


def kustomizer(root: Path, *, seconds: float = _SECONDS) -> Callable[[str], str] | None:
    """A function that renders the kustomization in a folder below `root`, or None where no program is found for it.

    It raises KustomizeError where the program fails, takes longer than `seconds`, or writes more than `MAX_OUTPUT`.
    """
    kustomize, kubectl = shutil.which("kustomize"), shutil.which("kubectl")
    command = [kustomize, "build"] if kustomize else [kubectl, "kustomize"] if kubectl else None
    if command is None:
        return None
    return lambda folder: _run([*map(str, command), str(root / folder)], seconds)


def _run(command: list[str], seconds: float) -> str:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=_environment(), start_new_session=True
        )
        if _ended(process, output.fileno(), seconds) != 0:
            errors.seek(0)
            said = _WRAPPING.sub("", " ".join(errors.read(1 << 16).decode(errors="replace").split())).strip('"<')
            raise KustomizeError(said[:_MESSAGE] or f"exit status {process.returncode}")
        output.seek(0)
        return output.read(MAX_OUTPUT).decode(errors="replace")


def _ended(process: subprocess.Popen[bytes], output: int, seconds: float) -> int:
    """The exit status; a program that takes too long or writes too much is ended."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            status = process.wait(_GLANCE)
            if os.fstat(output).st_size <= MAX_OUTPUT:
                return status
        if os.fstat(output).st_size > MAX_OUTPUT:
            problem = f"it becomes more than {MAX_OUTPUT} bytes"
        elif time.monotonic() > deadline:
            problem = f"no answer within {seconds:g} s"
        else:
            continue
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise KustomizeError(problem, mend="render it yourself and check the result with `--iac`")


def _environment() -> dict[str, str]:
    """Only what the program needs to start; no credentials, and every way to the network ends nowhere."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
    return {**kept, **proxies, "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0", "KUBECONFIG": "/dev/null"}
