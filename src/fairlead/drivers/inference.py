"""Questions to a model server on this machine, one after the other over one connection, each within a time limit."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass

from fairlead.kernel.errors import BrokenWorldError

__all__ = ["MAX_ANSWER", "InferenceClient", "Reply"]

MAX_ANSWER = 64 << 20
"""Bytes of an answer; a server that says more is not believed to end."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came: status, body, and the nanoseconds from the first byte asked to the last one answered."""

    status: int
    body: bytes
    nanoseconds: int


class InferenceClient:
    """HTTP/1.1 with a kept connection."""

    def __init__(self, port: int, timeout: float) -> None:
        """Ask 127.0.0.1:`port`; each step of a question may take `timeout` seconds. Nothing is opened yet."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def get(self, path: str) -> Reply:
        """GET; BrokenWorldError where no answer comes."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: bytes) -> Reply:
        """POST of JSON; BrokenWorldError where no answer comes."""
        return self._ask("POST", path, body)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> Reply:
        begun = time.perf_counter_ns()
        try:
            self._connection.request(method, path, body, {"content-type": "application/json"} if body else {})
            response = self._connection.getresponse()
            told = response.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            reason = "no answer in time" if isinstance(error, TimeoutError) else (str(error) or type(error).__name__)
            raise BrokenWorldError(f"the model's server gave no answer: {reason}", where=f"{method} {path}") from error
        if len(told) > MAX_ANSWER:
            self._connection.close()
            raise BrokenWorldError(f"the answer has more than {MAX_ANSWER} bytes", where=f"{method} {path}")
        return Reply(response.status, told, time.perf_counter_ns() - begun)
