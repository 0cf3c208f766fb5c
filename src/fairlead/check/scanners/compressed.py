"""Files packed by gzip, zlib, bzip2, xz or lzma: unpacked as they stream, and scanned as what they hold."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Protocol

from fairlead.check.scanners.base import ANY_SIZE, Budget, Place, Problem
from fairlead.check.scanners.feed import Feed
from fairlead.check.scanners.recognise import LOOK, kind_of
from fairlead.check.scanners.scan import scan_content

__all__ = ["BrokenArchiveError", "Unpacked", "deflated", "scan", "scan_zfile", "zip_lzma"]

_CHUNK = 1 << 16
_OUT = 1 << 18
_MEMORY = 256 << 20
_MAX_STREAMS = 10_000
_ZFILE_HEADER, _LZMA_PROPERTIES = 21, 5
_ENDINGS = (".gz", ".bz2", ".xz", ".lzma", ".z", ".zlib")


class BrokenArchiveError(Exception):
    """Packed bytes that do not unpack."""


class _Unpacker(Protocol):
    """What the decompressors of the standard library have in common, once zlib's is fitted to it."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Inflate:
    """zlib's object, whose input that is left over is taken up again as the other decompressors do."""

    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max(max_length, 0))


_UNPACKERS: dict[str, Callable[[], _Unpacker]] = {
    "gzip": lambda: _Inflate(16 + zlib.MAX_WBITS),
    "zlib": lambda: _Inflate(zlib.MAX_WBITS),
    "deflate": lambda: _Inflate(-zlib.MAX_WBITS),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY),
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MEMORY),
}
_ERRORS = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)


class Unpacked:
    """The unpacked bytes of a feed, a bounded piece at a time. `many`: another stream may follow where one ends."""

    def __init__(self, feed: Feed, kind: str, budget: Budget, *, many: bool) -> None:
        self._feed, self._kind, self._budget, self._many = feed, kind, budget, many
        self._unpacker = _UNPACKERS[kind]()
        self._pending = b""
        self._streams = 1

    def read(self, _count: int = -1) -> bytes:
        """The next piece; empty at the end. BrokenArchiveError, or BombError of the budget."""
        while True:
            if self._unpacker.eof and not self._next_stream():
                return b""
            data = self._step()
            if data:
                self._budget.spend(len(data))
                return data

    def _step(self) -> bytes:
        fed, self._pending = self._pending, b""
        try:
            data = self._unpacker.decompress(fed, _OUT)
            if not data and not self._unpacker.eof:
                more = self._feed.read(_CHUNK)
                if not more:
                    raise BrokenArchiveError("its packed bytes are cut off")
                data = self._unpacker.decompress(more, _OUT)
        except _ERRORS as error:
            raise BrokenArchiveError(f"its packed bytes are broken: {error}") from error
        return data

    def _next_stream(self) -> bool:
        """Go on with a stream that follows, as gzip, bzip2 and xz allow it."""
        rest = self._unpacker.unused_data + self._pending
        self._pending = b""
        rest = rest or self._feed.read(_CHUNK)
        if not rest:
            return False
        if not self._many or self._streams == _MAX_STREAMS:
            raise BrokenArchiveError("something follows its packed bytes")
        if not rest.strip(b"\x00"):
            # Padding, which tape and xz leave.
            self._unpacker = _Done()
            return self._next_stream()
        self._streams += 1
        self._unpacker, self._pending = _UNPACKERS[self._kind](), rest
        return True


class _Done:
    """Stands where no stream is open."""

    eof = True
    unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return b""


def deflated(feed: Feed, kind: str, budget: Budget) -> Feed:
    """A member of an archive, unpacked."""
    return Feed(Unpacked(feed, kind, budget, many=False).read)


def scan(feed: Feed, place: Place) -> Iterator[Problem]:
    """The unpacked content, under the name without the packer's ending."""
    kind = kind_of(feed.peek(LOOK)) or place.name.rpartition(".")[2]
    kind = {"gz": "gzip", "tgz": "gzip", "bz2": "bzip2", "tbz2": "bzip2", "txz": "xz"}.get(kind, kind)
    inner = Feed(Unpacked(feed, kind, place.budget, many=True).read)
    try:
        yield from scan_content(inner, place.member(_inner_name(place.name), ANY_SIZE))
        for _ in inner.chunks():
            pass
    except BrokenArchiveError as error:
        yield Problem("scan/archive-broken", f"`{place.label}`: {error}", "fetch or pack the file again")


def scan_zfile(feed: Feed, place: Place) -> Iterator[Problem]:
    """What joblib wrote before 0.10: its mark, the size in 19 characters, and zlib's bytes."""
    feed.skip(_ZFILE_HEADER)
    if feed.peek(1) == b" ":
        feed.skip(1)
    inner = Feed(Unpacked(feed, "zlib", place.budget, many=False).read)
    try:
        yield from scan_content(inner, place.member(place.name, ANY_SIZE))
    except BrokenArchiveError as error:
        yield Problem("scan/archive-broken", f"`{place.label}`: {error}", "fetch or pack the file again")


def zip_lzma(feed: Feed, budget: Budget) -> Feed:
    """LZMA in a zip archive: its own header, made into that of a file of LZMA alone. APPNOTE 6.3.10, section 5.8."""
    length = int.from_bytes(feed.take(4)[2:], "little")
    if length != _LZMA_PROPERTIES:
        raise BrokenArchiveError("its packed bytes have no LZMA header")
    head = feed.take(length) + b"\xff" * 8
    parts = BytesIO(head)
    return deflated(Feed(lambda count: parts.read(count) or feed.read(count)), "lzma", budget)


def _inner_name(name: str) -> str:
    lower = name.lower()
    for packed, plain in ((".tgz", ".tar"), (".tbz2", ".tar"), (".txz", ".tar")):
        if lower.endswith(packed):
            return name[: -len(packed)] + plain
    ending = next((each for each in _ENDINGS if lower.endswith(each)), "")
    return name[: len(name) - len(ending)]
