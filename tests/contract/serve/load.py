"""A small load: keep-alive connections over raw sockets that send one request after the other, and count answers."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass
class Load:
    """Requests to `path` on loopback from `connections` at once, until it is ended."""

    port: int
    path: str
    body: dict[str, Any]
    connections: int = 8
    pause: float = 0.0
    codes: Counter[int] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def __enter__(self) -> Self:
        self._ending = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._begun = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        self._thread.join()
        self.seconds = time.monotonic() - self._begun

    @property
    def rate(self) -> float:
        """Requests per second over the whole load."""
        return sum(self.codes.values()) / self.seconds

    async def _run(self) -> None:
        await asyncio.gather(*(self._connection() for _ in range(self.connections)))

    async def _connection(self) -> None:
        body = json.dumps(self.body).encode()
        head = f"POST {self.path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        request = head.encode() + body
        reader = writer = None
        while not self._ending:
            try:
                if reader is None or writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(request)
                head_bytes = await reader.readuntil(b"\r\n\r\n")
                headers = head_bytes.lower()
                at = headers.index(b"content-length: ") + 16
                answer = await reader.readexactly(int(headers[at : headers.index(b"\r", at)]))
                self.codes[int(head_bytes[9:12])] += 1
                self.answers[answer.decode()] += 1
                if b"connection: close" in headers:
                    reader = None
            except (OSError, asyncio.IncompleteReadError):
                self.codes[0] += 1
                reader = None
            await asyncio.sleep(self.pause)
        if writer is not None:
            writer.close()
