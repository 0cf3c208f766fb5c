"""Starts a keeper with its order, so that it survives whoever started it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from fairlead.domain.serving import ServerSpec
from fairlead.kernel.errors import BrokenWorldError
from fairlead.kernel.secret_forms import secret_forms
from fairlead.serve.records import LOG_FILES

__all__ = ["free_port", "launch"]

LOG_BYTES = 4 * 1024 * 1024

_LOWEST_PORT = 20_000

_INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
)
"""What a server sees of the control process's environment: never its credentials."""


def _bound(port: int) -> int:
    """The port on loopback that could be bound (0: any); 0 where it is taken."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def free_port(taken: Collection[int]) -> int:
    """A free port on loopback that is not promised to another server that has yet to bind it.

    It lies below the ports that the system gives to outgoing connections, where there is room: one of those would
    take it in the second that a server needs to load its model.
    """
    ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    room = max(ephemeral - _LOWEST_PORT, 0)
    while True:
        port = _bound(_LOWEST_PORT + secrets.randbelow(room) if room else 0)
        if port and port not in taken:
            return port


def _order(spec: ServerSpec, folder: Path, port: int, window: int) -> bytes:
    filled = [part.replace("{port}", str(port)).replace("{model_dir}", str(spec.model_dir)) for part in spec.command]
    forms = {form for value in spec.secrets for form in secret_forms(value)}
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    order: Mapping[str, object] = {
        "id": spec.id,
        "labels": dict(spec.labels),
        "command": filled,
        "port": port,
        "readiness_path": spec.readiness_path,
        "startup_timeout": spec.startup_timeout.total_seconds(),
        "grace": spec.grace.total_seconds(),
        "window": window,
        "folder": str(folder),
        "cwd": str(spec.model_dir),
        "secrets": sorted(forms, key=lambda form: (-len(form), form)),
        "environment": {**inherited, **spec.environment, "PORT": str(port)},
        "log_bytes": LOG_BYTES,
        "log_files": LOG_FILES,
    }
    return json.dumps(order).encode()


def launch(spec: ServerSpec, folder: Path, port: int, window: int) -> None:
    """Start the keeper and return when it has started the server and written `server.json`.

    The order goes through a pipe, since it holds secrets: never argv, never a file, and the keeper's own environment
    is empty. A keeper whose starter dies half way through the order starts nothing.
    """
    command = [sys.executable, "-S", "-E", "-I", str(Path(__file__).with_name("keeper.py"))]
    with (folder / "keeper.log").open("ab") as complaints:
        keeper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, cwd=folder, env={}
        )
        acknowledged, _ = keeper.communicate(_order(spec, folder, port, window))
    if acknowledged != b"started\n":
        reason = (folder / "keeper.log").read_text(encoding="utf-8", errors="replace").strip()[-400:]
        raise BrokenWorldError(
            f"its keeper did not start: {reason}", where=spec.id, mend="see whether the disk is full"
        )
