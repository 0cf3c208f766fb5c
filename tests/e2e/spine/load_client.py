"""`python load_client.py PORT PATH RATE SECONDS < BODY`: kept-alive raw sockets that send at a rate and count all.

Each of the connections sends one request after the other, at its pace, with no second try. `begun` is printed when
all are open; at the end, or on SIGTERM when what was sent is answered, the counts as JSON. Whatever is not answered
whole and with 200 is in `failed`, with its reason; `begun` of a failure is the second of the load in which it was sent.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections import Counter

CONNECTIONS = 24
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Load:
    """Counts of all connections."""

    def __init__(self, port: int, path: str, body: bytes) -> None:
        head = f"POST {path} HTTP/1.1\r\nhost: load\r\nx-customer: acme\r\ncontent-length: {len(body)}\r\n\r\n"
        self.port, self.request = port, head.encode() + body
        self.over = asyncio.Event()
        self.sent = self.answered = 0
        self.failed: Counter[str] = Counter()
        self.begun = time.monotonic()

    async def connection(self, pace: float, until: float) -> None:
        """Send until the time is over."""
        streams: Streams | None = await asyncio.open_connection("127.0.0.1", self.port)
        due = time.monotonic()
        while not self.over.is_set() and time.monotonic() < until:
            try:
                if streams is None:
                    streams = await asyncio.open_connection("127.0.0.1", self.port)
                self.sent += 1
                code, leaves = await self.ask(*streams)
                if code == 200:
                    self.answered += 1
                else:
                    self.failed[f"status {code}"] += 1
                if leaves:
                    streams[1].close()
                    streams = None
            except (OSError, asyncio.IncompleteReadError) as error:
                self.failed[type(error).__name__] += 1
                streams = None
                await asyncio.sleep(0.02)
            due = max(due + pace, time.monotonic() - pace)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, bool]:
        """One request: its status, and whether the other side leaves after it."""
        writer.write(self.request)
        async with asyncio.timeout(20):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            at = head.index(b"content-length: ") + 16
            await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        return int(head[9:12]), b"connection: close" in head

    async def run(self, rate: float, seconds: float) -> None:
        """All connections, side by side."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.over.set)
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        until = self.begun + seconds
        await asyncio.gather(*(self.connection(CONNECTIONS / rate, until) for _ in range(CONNECTIONS)))
        spent = time.monotonic() - self.begun
        counts = {"sent": self.sent, "answered": self.answered, "failed": self.failed, "seconds": spent}
        sys.stdout.write(json.dumps(counts))


async def main() -> None:
    """Read the order and send."""
    port, path, rate, seconds = sys.argv[1:]
    await Load(int(port), path, sys.stdin.buffer.read()).run(float(rate), float(seconds))


if __name__ == "__main__":
    asyncio.run(main())
