"""A bounded walk over protobuf's wire format: fields and their lengths, in constant memory, nothing decoded or run.

Source: Protocol Buffers documentation, "Encoding" (varints, tags, length-delimited records).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.check.scanners.feed import Feed

__all__ = ["LENGTH", "MAX_FIELDS", "VARINT", "Field", "MalformedError", "Wire"]

MAX_FIELDS = 5_000_000
"""Fields that are walked in one file: far more than any model has, and a bound on time."""

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_VARINT_BITS = 64
_MAX_NUMBER = (1 << 29) - 1


class MalformedError(Exception):
    """The bytes are not protobuf, or end too early."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number, its wire type, and the value of a varint or the end offset of a length-delimited one."""

    number: int
    wire: int
    value: int


class Wire:
    """Reads forward only. CutError of the feed where the file is shorter than it says."""

    def __init__(self, feed: Feed, size: int) -> None:
        self._feed = feed
        self._size = size
        self._fields = 0
        self.offset = 0

    def fields(self, end: int | None = None) -> Iterator[Field]:
        """Fields up to offset `end`; what the caller did not read of a field is passed over before the next one."""
        end = self._size if end is None else end
        while self.offset < end:
            field = self._field(end)
            yield field
            if field.wire == LENGTH:
                self.skip_to(field.value)

    def text(self, end: int, limit: int) -> bytes:
        """The bytes up to offset `end`; MalformedError where they are more than `limit`."""
        if end - self.offset > limit:
            raise MalformedError(f"a name is longer than {limit} bytes")
        return self._read(end - self.offset)

    def skip_to(self, end: int) -> None:
        """Pass over what is left up to offset `end`."""
        if end > self.offset:
            self._feed.skip(end - self.offset)
            self.offset = end

    def _field(self, end: int) -> Field:
        self._fields += 1
        if self._fields > MAX_FIELDS:
            raise MalformedError(f"more than {MAX_FIELDS} fields")
        tag = self._varint(end)
        number, wire = tag >> 3, tag & 7
        if not 0 < number <= _MAX_NUMBER:
            raise MalformedError(f"no field has number {number}")
        if wire == VARINT:
            return Field(number, wire, self._varint(end))
        if wire == LENGTH:
            until = self._varint(end) + self.offset
            if until > end:
                raise MalformedError(f"{until - end} bytes are missing")
            return Field(number, wire, until)
        if wire in {FIXED32, FIXED64}:
            self._fixed(8 if wire == FIXED64 else 4, end)
            return Field(number, wire, 0)
        raise MalformedError(f"wire type {wire} is not in use")

    def _fixed(self, count: int, end: int) -> None:
        if self.offset + count > end:
            raise MalformedError(f"{self.offset + count - end} bytes are missing")
        self._read(count)

    def _varint(self, end: int) -> int:
        value = 0
        for shift in range(0, _VARINT_BITS + 6, 7):
            byte = self._feed.byte() if self.offset < end else -1
            if byte < 0:
                raise MalformedError("a number is cut off")
            self.offset += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the continuation bit
                return value
        raise MalformedError("a number is longer than 64 bits")

    def _read(self, count: int) -> bytes:
        data = self._feed.take(count)
        self.offset += count
        return data
