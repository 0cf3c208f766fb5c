"""Asks a server over HTTP whether it is ready, and for what it tells of itself."""

from __future__ import annotations

import http.client
from http import HTTPStatus

__all__ = ["is_ready", "read_text"]

MAX_BYTES = 1024 * 1024


def _get(port: int, path: str, timeout: float) -> bytes | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read(MAX_BYTES)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES else None


def is_ready(port: int, path: str, timeout: float) -> bool:
    """Whether `GET path` on loopback answers 2xx, each step within `timeout` seconds."""
    return _get(port, path, timeout) is not None


def read_text(port: int, path: str, timeout: float) -> str | None:
    """What `GET path` on loopback answers with 2xx, at most MAX_BYTES of it; None for anything else."""
    body = _get(port, path, timeout)
    return None if body is None else body.decode("utf-8", "replace")
