"""One kept-alive HTTP/1.1 connection, over asyncio's streams: cheap enough not to disturb what it measures."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Answer", "BrokenAnswerError", "Connection"]

_PATIENCE = 30.0


class BrokenAnswerError(Exception):
    """What came is no whole answer in HTTP/1.1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and whole body."""

    status: int
    body: bytes


class Connection:
    """Opened at the first request, and again after the other side or an error closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a JSON body and read the answer to its end; OSError, EOFError or BrokenAnswerError where it has none.

        TimeoutError, which is an OSError, after 30 s.
        """
        lines = [f"POST {path} HTTP/1.1", f"host: {self._host}:{self._port}", "content-type: application/json"]
        lines += [f"content-length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
        async with asyncio.timeout(_PATIENCE):
            if self._streams is None:
                self._streams = await asyncio.open_connection(self._host, self._port)
            reader, writer = self._streams
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
            return await self._answer(reader)

    def close(self) -> None:
        """Leave the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        try:
            status = int(head[0].split(" ")[1])
            body = await _body(reader, fields)
        except (ValueError, IndexError) as error:
            raise BrokenAnswerError(head[0]) from error
        if fields.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, body)


async def _body(reader: asyncio.StreamReader, fields: Mapping[str, str]) -> bytes:
    if fields.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(fields["content-length"]))
    pieces: list[bytes] = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while (await reader.readline()).strip():
        pass  # trailers, up to the empty line
    return b"".join(pieces)
