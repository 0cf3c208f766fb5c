"""The page and the API on their address: a socket that is bound early, and a server in the main thread."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from fairlead.kernel.errors import BrokenWorldError, ConflictError, UsageError

__all__ = ["PageServer", "Tls", "bind", "tls_of", "url_of"]

_GRACE = 2
"""Seconds that open answers have to end; a page that follows events never ends by itself."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate and its key, PEM."""

    certificate: Path
    key: Path


def tls_of(certificate: Path | None, key: Path | None) -> Tls | None:
    """Both, or neither; UsageError for one alone."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise UsageError("a certificate needs its key, and a key its certificate", mend="give --tls-cert and --tls-key")
    return Tls(certificate, key)


def bind(address: str, port: int) -> socket.socket:
    """A listening socket; ConflictError where the port is taken, before anything else has begun."""
    try:
        return socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    except OSError as error:
        where = f"{address}:{port}"
        if error.errno == errno.EADDRINUSE:
            mend = "choose another with --port, or a free one with --port 0"
            raise ConflictError("the port of page and API is in use", where=where, mend=mend) from error
        raise BrokenWorldError(f"cannot listen: {error.strerror}", where=where, mend="see --address") from error


def url_of(listening: socket.socket, tls: Tls | None) -> str:
    """Where the page is, without its token."""
    host, port = listening.getsockname()[:2]
    named = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{named}:{port}/"


class PageServer:
    """Serves an application until it is told to end; may be told from any thread and from a signal."""

    def __init__(self, app: ASGIApp, listening: socket.socket, tls: Tls | None) -> None:
        self._socket = listening
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE,
                ssl_certfile=tls.certificate if tls else None,
                ssl_keyfile=tls.key if tls else None,
            )
        )

    def serve(self) -> None:
        """Serve; returns when the end was asked for and the open answers are given."""
        self._server.run(sockets=[self._socket])

    def end(self) -> None:
        """Ask for the end."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """Leaves signals to whoever composes the control plane: two of them mean two different ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
