"""Opens a price list: a file or an address, packed with gzip or not, within bounds of size and time."""

from __future__ import annotations

import gzip
import io
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TextIO
from urllib.parse import urlsplit

from fairlead.kernel.errors import BrokenWorldError, NotFoundError, UsageError

__all__ = ["Bounds", "OpenedList", "is_address", "open_price_list", "source_name"]

_SCHEMES = ("http", "https")
_HEAD = 4096
_GZIP = b"\x1f\x8b"
_ANSWER_SECONDS = 30.0
_PIECE = 1 << 16
_PLAIN = {"Accept-Encoding": "identity"}
"""What is packed on its way would be unpacked without a bound; a packed file is unpacked here."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one list may cost to read."""

    bytes: int = 16 << 30
    """Unpacked. AWS's largest offer file has 8 GB."""

    seconds: float = 3600.0
    """For what comes over the network."""


@dataclass(frozen=True, slots=True)
class OpenedList:
    """A list's text from its beginning, and its first letters, by which its form is told."""

    head: str
    text: TextIO


def is_address(place: str) -> bool:
    """Whether `place` is to be fetched. UsageError for an address of another kind than http and https."""
    scheme, there, _ = place.partition("://")
    if there and scheme.lower() not in _SCHEMES:
        mend = f"download it, or give an address that begins with {' or '.join(f'{each}://' for each in _SCHEMES)}"
        raise UsageError(f"no list is fetched by {scheme[:20]}", where=source_name(place), mend=mend)
    return bool(there)


def source_name(place: str) -> str:
    """A file's name; an address without user, password, parameters and fragment, which may hold what is secret."""
    if "://" not in place:
        return Path(place).name
    parts = urlsplit(place)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


@contextmanager
def open_price_list(place: str, bounds: Bounds) -> Iterator[OpenedList]:
    """The list at a path or an address. NotFoundError where there is none, BrokenWorldError where it cannot be had."""
    with ExitStack() as stack:
        raw = stack.enter_context(_fetched(place, bounds) if is_address(place) else _file(Path(place)))
        packed = io.BufferedReader(_Counted(raw, bounds.bytes, place), _PIECE)
        if packed.peek(2)[:2] == _GZIP:
            unpacked = stack.enter_context(gzip.GzipFile(fileobj=packed))
            packed = io.BufferedReader(_Counted(unpacked, bounds.bytes, place), _PIECE)
        head = packed.peek(_HEAD)[:_HEAD].decode("utf-8-sig", "replace")
        yield OpenedList(head, io.TextIOWrapper(packed, encoding="utf-8-sig", newline=""))


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    if not path.is_file():
        raise NotFoundError("there is no such file", where=str(path), mend="name a file, or an address")
    with path.open("rb") as stream:
        yield stream


@contextmanager
def _fetched(address: str, bounds: Bounds) -> Iterator[_Readable]:
    import httpx2

    named, until = source_name(address), time.monotonic() + bounds.seconds
    mend = "see that it can be reached from here, or download it and name the file"
    try:
        with httpx2.stream("GET", address, headers=_PLAIN, timeout=_ANSWER_SECONDS, follow_redirects=False) as answer:
            if answer.is_redirect:
                leads = source_name(str(answer.headers.get("location", "")))
                raise BrokenWorldError(f"the list lies elsewhere: {leads}", where=named, mend="name that address")
            if not answer.is_success:
                raise BrokenWorldError(f"the answer is {answer.status_code}", where=named, mend=mend)
            yield _Pieces(answer.iter_raw(), until, named)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        what = f"the list cannot be fetched: {str(error) or type(error).__name__}"
        raise BrokenWorldError(what, where=named, mend=mend) from error


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Pieces:
    """What comes over the network, until a moment."""

    def __init__(self, pieces: Iterator[bytes], until: float, named: str) -> None:
        self._pieces = pieces
        self._rest = b""
        self._until = until
        self._named = named

    def read(self, size: int, /) -> bytes:
        if time.monotonic() > self._until:
            mend = "download it, and name the file"
            raise BrokenWorldError("the list comes too slowly", where=self._named, mend=mend)
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


class _Counted(io.RawIOBase):
    """A stream that ends with an error where it has more bytes than are read."""

    def __init__(self, stream: _Readable, most: int, place: str) -> None:
        self._stream = stream
        self._left = most
        self._most = most
        self._place = place

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than typeshed's Buffer
        """Some bytes; 0 at the end."""
        piece = self._stream.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            what = f"the list has more than the {self._most} bytes that are read"
            raise BrokenWorldError(what, where=source_name(self._place), mend="import it in parts")
        buffer[: len(piece)] = piece
        return len(piece)
