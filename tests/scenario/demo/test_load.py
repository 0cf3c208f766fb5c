"""The load that proves "0 failed" would have seen a failure: every answer that is not whole is counted."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.kernel.digests import sha256_hex
from fairlead.show.cli.demo.traffic import CUSTOMERS, Report, make_keys, read_report

EVERY = 5
"""One of so many calls is answered badly."""

WAYS = (
    (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}", True),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", False),
    (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\ndata:", False),
    (b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\ndata: {\n", True),
    (b"", False),
)
"""An error, an answer and a stream cut short, one that is whole and says too little, and none at all; and whether the
connection stays open."""


@dataclass
class Gateway:
    """Answers calls over HTTP/1.1, and spoils every fifth of them, in each way in turn."""

    calls: int = 0
    spoilt: int = 0
    keys: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until a spoilt answer or the client ends it."""
        try:
            while await self._answer(reader, writer):
                await writer.drain()
        except (EOFError, ConnectionError):
            pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2])
        body = json.loads(await reader.readexactly(int(fields["content-length"])))
        self.keys.add(fields["authorization"].removeprefix("Bearer "))
        self.calls += 1
        if self.calls % EVERY == 0:
            said, stays = WAYS[self.spoilt % len(WAYS)]
            writer.write(said)
            self.spoilt += 1
            return stays
        if body.get("stream"):
            head_of_stream = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            writer.write(head_of_stream + b"8\r\ndata: {}\r\n10\r\n\n\ndata: [DONE]\n\n\r\n0\r\n\r\n")
        else:
            writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"outputs": []}')
        return True


async def send(folder: Path, gateway: Gateway, requests: int) -> Report:
    """Run the load as the tour does, against `gateway`, until it has sent so many requests."""
    listening = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    (folder / "digits.csv").write_text("0,16,8,4\n1,2,3,7\n")
    words = ["--port", str(port), "--keys", str(folder / "keys.json"), "--digits", str(folder / "digits.csv")]
    limits = ["--report", str(folder / "load.json"), "--requests", str(requests), "--seconds", "30"]
    load = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fairlead.show.cli.demo.load", *words, *limits, stderr=asyncio.subprocess.PIPE
    )
    _, said = await load.communicate()
    assert load.returncode == 0, said.decode()
    listening.close()
    return read_report(folder / "load.json")


def test_every_failure_is_counted(tmp_path: Path) -> None:
    """The load's counts are the gateway's own, to the last call; each customer comes with its own key."""
    digests = make_keys(tmp_path / "keys.json")
    gateway = Gateway()
    report = asyncio.run(send(tmp_path, gateway, 400))
    assert gateway.calls == 400
    assert (report.of().answered, report.of().failed) == (gateway.calls - gateway.spoilt, gateway.spoilt)
    assert gateway.spoilt == 400 // EVERY
    assert {sha256_hex(key.encode()) for key in gateway.keys} == set(digests.values())
    assert sorted(report.tallies) == [customer.name for customer in CUSTOMERS]
    assert len(report.failures) == 20


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    """The customers' keys are in one file that nobody else may read; what goes to Git is their digests."""
    file = tmp_path / "keys.json"
    digests = make_keys(file)
    assert file.stat().st_mode & 0o077 == 0
    keys = json.loads(file.read_text())
    assert digests == {name: sha256_hex(key.encode()) for name, key in keys.items()}
