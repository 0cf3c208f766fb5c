"""`python server.py PORT`: a model server that behaves as BEHAVIOUR says, which each test's release has of its own.

`errors` and `wrong` are shares of requests that are answered with 500, or with another answer; `delay_ms` is waited
and `burn_ms` computed for each; `flaky` is a share that is broken off; after `crash_after` requests it exits with 3.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time

BEHAVIOUR: dict[str, float] = {}


class Server:
    """Answers one request after the other on each connection."""

    def __init__(self, behaviour: dict[str, float]) -> None:
        self.behaviour, self.asked = behaviour, 0

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the other side leaves."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lower = head.lower()
                at = lower.find(b"content-length: ")
                if at >= 0:
                    await reader.readexactly(int(lower[at + 16 : lower.index(b"\r", at)]))
                if head.startswith(b"GET"):
                    self.answer(writer, 200, {"ready": True})
                elif not await self.infer(writer):
                    break
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def infer(self, writer: asyncio.StreamWriter) -> bool:
        """One inference; False where the connection is broken off."""
        told = self.behaviour
        self.asked += 1
        if self.asked == told.get("crash_after"):
            os._exit(3)
        if told.get("delay_ms"):
            await asyncio.sleep(random.lognormvariate(0, 0.25) * told["delay_ms"] / 1000)
        until = time.process_time() + told.get("burn_ms", 0) / 1000
        while time.process_time() < until:
            pass
        if random.random() < told.get("flaky", 0):
            return False
        failed = random.random() < told.get("errors", 0)
        value = 2 if random.random() < told.get("wrong", 0) else 1
        output = {"name": "label", "shape": [1], "datatype": "INT64", "data": [value]}
        self.answer(writer, 500 if failed else 200, {"error": "it failed"} if failed else {"outputs": [output]})
        return True

    @staticmethod
    def answer(writer: asyncio.StreamWriter, code: int, body: object) -> None:
        """One answer with its length."""
        text = json.dumps(body).encode()
        head = f"HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
        writer.write(head.encode() + text)


async def main() -> None:
    """Serve until SIGTERM."""
    server = await asyncio.start_server(Server(BEHAVIOUR).connection, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


asyncio.run(main())
