"""The end of a file on its way: some readers look for an archive there, whatever stands before it."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.check.scanners.base import Place, Problem
from fairlead.check.scanners.feed import Feed

__all__ = ["TailWatch"]

_END = b"PK\x05\x06"
_CENTRAL = b"PK\x01\x02"
_END_SIZE, _ENTRY_SIZE = 22, 46
_KEPT = (1 << 16) + _END_SIZE
"""As far as `zipfile` and others search for the end of an archive: the longest comment."""


class TailWatch:
    """Lets a feed through, and keeps its last bytes. With `exact`, only an archive that ends with the file counts."""

    def __init__(self, feed: Feed, *, exact: bool) -> None:
        self._inner = feed
        self._exact = exact
        self._tail = b""
        self._total = 0
        self.feed = Feed(self._pass)

    def _pass(self, count: int) -> bytes:
        data = self._inner.read(count)
        self._total += len(data)
        self._tail = data[-_KEPT:] if len(data) >= _KEPT else (self._tail + data)[-_KEPT:]
        return data

    def problems(self, place: Place) -> Iterator[Problem]:
        """Read to the end; a problem where the file is a zip archive as well."""
        for _ in self.feed.chunks():
            pass
        at = self._tail.rfind(_END)
        if at >= 0 and self._is_archive(at):
            message = f"`{place.label}` is a zip archive as well, which stands behind its content"
            yield Problem("scan/polyglot", message, "save the file again, without anything behind its content")

    def _is_archive(self, at: int) -> bool:
        record = self._tail[at : at + _END_SIZE]
        if len(record) < _END_SIZE:
            return False
        entries, size = int.from_bytes(record[10:12], "little"), int.from_bytes(record[12:16], "little")
        comment = int.from_bytes(record[20:22], "little")
        if self._exact and at + _END_SIZE + comment != len(self._tail):
            return False
        if size <= at:
            return entries > 0 and self._tail.startswith(_CENTRAL, at - size)
        # The directory begins before what was kept; it must at least find room there.
        before = self._total - len(self._tail) + at
        return 0 < entries * _ENTRY_SIZE <= size <= before
