"""Asks a server over HTTP whether it is ready."""

from __future__ import annotations

import http.client
from http import HTTPStatus

__all__ = ["is_ready"]


def is_ready(port: int, path: str, timeout: float) -> bool:
    """Whether `GET path` on loopback answers 2xx within `timeout` seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
