"""A load generator: keep-alive connections on uvloop, one process of its own; writes its latencies to a file.

Run: python benchmarks/serving/client.py PORT SECONDS CONNECTIONS RATE OUT   (RATE 0: as fast as answers come)
"""

from __future__ import annotations

import asyncio
import sys
import time
from array import array
from pathlib import Path
from typing import cast

import uvloop

BODY = b'{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4.5]}]}'
REQUEST = (
    b"POST /v2/models/m/infer HTTP/1.1\r\nhost: m\r\ncontent-type: application/json\r\n"
    b"x-api-key: key-of-acme\r\ncontent-length: %d\r\n\r\n" % len(BODY)
) + BODY
LENGTH = b"content-length: "
GRAIN = 0.002


class Connection(asyncio.Protocol):
    """One request after the other; at a fixed pace, an answer's latency counts from when it was due."""

    def __init__(self, spans: array[float], pace: float) -> None:
        self.spans, self.pace = spans, pace
        self.held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)
        self.due = time.perf_counter()
        self.send()

    def send(self) -> None:
        """Send one request; late only where the answer before was late, and then the wait counts."""
        now = time.perf_counter()
        self.begun = self.due if self.busy(now) else now
        self.transport.write(REQUEST)

    def busy(self, now: float) -> bool:
        """Whether the request was held up by the one before, by more than a timer's grain."""
        return self.pace > 0 and now - self.due > GRAIN

    def data_received(self, data: bytes) -> None:
        """Count an answer when it is whole."""
        self.held += data
        head = self.held.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self.held.index(LENGTH) + len(LENGTH)
        if len(self.held) < head + 4 + int(self.held[at : self.held.index(b"\r", at)]):
            return
        if not self.held.startswith(b"HTTP/1.1 200"):
            raise SystemExit(self.held.decode())
        self.held = b""
        now = time.perf_counter()
        self.spans.append(now - self.begun)
        self.due = max(self.due + self.pace, now - 1) if self.pace else now
        if self.due > now:
            asyncio.get_running_loop().call_later(self.due - now, self.send)
        else:
            self.send()


async def load(port: int, seconds: float, connections: int, rate: float) -> array[float]:
    """Latencies in seconds of all answers."""
    spans = array("d")
    pace = connections / rate if rate else 0.0
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(spans, pace), "127.0.0.1", port)
        await asyncio.sleep(pace / connections)
    await asyncio.sleep(seconds)
    return spans


if __name__ == "__main__":
    result = uvloop.run(load(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
    Path(sys.argv[5]).write_bytes(result.tobytes())
