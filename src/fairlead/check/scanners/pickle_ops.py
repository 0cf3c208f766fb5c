"""The opcodes of pickles, read one by one: what each carries, in constant memory.

Source: CPython's `Lib/pickletools.py` (the table of opcodes, protocols 0 to 5), `Modules/_pickle.c` (what each reads).
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from fairlead.check.scanners.feed import CutError, Feed

__all__ = ["LONG_TEXT", "MAX_LINE", "BrokenPickleError", "Token", "tokens"]

MAX_LINE = 16 << 20
"""Bytes of a text argument. CPython has no bound; a longer one is no pickle that a program wrote."""

_MAX_TEXT = 4_096
_DIGITS = 19


class BrokenPickleError(Exception):
    """The bytes are no pickle, or end too early."""


class _LongText:
    """Stands for a text or a number that is too long to be a name: nothing but its presence is kept."""


LONG_TEXT: Final = _LongText()

Token = tuple[int, object]
"""An opcode's byte, and what it carries: int, str, LONG_TEXT, bytes, (module, name), or None where it says nothing."""

_BARE = frozenset(b"(.012NQRabdelostu]})\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98")
_BYTES = {ord("B"): 4, ord("C"): 1, 0x8E: 8}
_LONG_TEXTS = {ord("X"): 4, 0x8D: 8}
_STOP = ord(".")


def tokens(feed: Feed, keeps: Callable[[int], bool]) -> Iterator[Token]:
    """Opcodes up to and with STOP; BrokenPickleError or CutError where there is none.

    Bytes are passed over, unless `keeps` wants those of that length.
    """
    while True:
        code = feed.byte()
        if code in _BYTES:
            length = int.from_bytes(feed.take(_BYTES[code]), "little")
            if keeps(length):
                yield code, feed.take(length)
            else:
                feed.skip(length)
                yield code, None
            continue
        if code in _LONG_TEXTS:
            length = int.from_bytes(feed.take(_LONG_TEXTS[code]), "little")
            if length > _MAX_TEXT and keeps(length):
                yield code, feed.take(length).decode("utf-8", "surrogateescape")
            else:
                yield code, _text_of(feed, length)
            continue
        if code in _BARE:
            yield code, None
            if code == _STOP:
                return
            continue
        reader = _READERS.get(code)
        if reader is None:
            raise CutError("it ends without STOP") if code < 0 else BrokenPickleError(f"0x{code:02x} is no opcode")
        yield code, reader(feed)


_Reader: TypeAlias = Callable[[Feed], object]


def _unsigned(width: int) -> _Reader:
    if width == 1:
        # By far the most frequent ones. At the end, take(1) says what is missing.
        return lambda feed: value if (value := feed.byte()) >= 0 else feed.take(1)
    return lambda feed: int.from_bytes(feed.take(width), "little")


def _text(width: int) -> _Reader:
    return lambda feed: _text_of(feed, int.from_bytes(feed.take(width), "little"))


def _binary(width: int) -> _Reader:
    return lambda feed: feed.skip(int.from_bytes(feed.take(width), "little"))


def _text_of(feed: Feed, length: int) -> object:
    if length > _MAX_TEXT:
        feed.skip(length)
        return LONG_TEXT
    # What is not UTF-8 (or not ASCII, in old pickles) may be a text all the same: its reader chooses the encoding.
    return feed.take(length).decode("utf-8", "surrogateescape")


def _pass_line(feed: Feed) -> None:
    feed.line(MAX_LINE)


def _number(feed: Feed) -> object:
    """INT, in any notation that C's `strtol` takes: kept where it is a plain number, which is all that sizes need."""
    line = feed.line(MAX_LINE)
    return int(line) if line.isdigit() and len(line) < _DIGITS else LONG_TEXT


def _index(feed: Feed) -> int:
    """GET and PUT in text: CPython reads them as `int` does."""
    try:
        return int(feed.line(MAX_LINE))
    except ValueError as error:
        raise BrokenPickleError("a memo's index is no number") from error


def _global(feed: Feed) -> tuple[str, str]:
    module, name = feed.line(MAX_LINE), _last_line(feed)
    return module.decode("utf-8", "surrogateescape"), name.decode("utf-8", "surrogateescape")


def _last_line(feed: Feed) -> bytes:
    """CPython in Python takes the file's end for a line's, and the last character for the newline."""
    try:
        return feed.line(MAX_LINE)
    except CutError:
        return feed.take(len(feed.peek(MAX_LINE)))[:-1]


def _quoted(feed: Feed) -> object:
    line = feed.line(MAX_LINE)
    quote = line[:1]
    if len(line) < 2 or quote not in {b"'", b'"'} or not line.endswith(quote):  # noqa: PLR2004 - both quotes
        raise BrokenPickleError("a string has no quotes")
    return _decoded(line[1:-1], lambda text: codecs.escape_decode(text)[0].decode("utf-8", "surrogateescape"))


def _unicode(feed: Feed) -> object:
    return _decoded(feed.line(MAX_LINE), lambda text: text.decode("raw-unicode-escape"))


def _decoded(line: bytes, decode: Callable[[bytes], str]) -> object:
    """A short text with its escapes resolved. Where they cannot be, an unpickler fails as well."""
    try:
        return LONG_TEXT if len(line) > _MAX_TEXT else decode(line)
    except ValueError:
        return LONG_TEXT


def _signed(feed: Feed) -> int:
    return int.from_bytes(feed.take(4), "little", signed=True)


def _length(feed: Feed) -> int:
    length = _signed(feed)
    if length < 0:
        raise BrokenPickleError("a length is negative")
    return length


_READERS: dict[int, _Reader] = {
    **dict.fromkeys(b"Khq\x80\x82", _unsigned(1)),
    **dict.fromkeys(b"M\x83", _unsigned(2)),
    **dict.fromkeys(b"jr\x84", _unsigned(4)),
    0x95: _unsigned(8),
    **dict.fromkeys(b"U\x8c", _text(1)),
    ord("T"): lambda feed: _text_of(feed, _length(feed)),
    0x8A: _binary(1),
    0x96: _binary(8),
    0x8B: lambda feed: feed.skip(_length(feed)),
    ord("G"): lambda feed: feed.skip(8),
    ord("J"): _signed,
    **dict.fromkeys(b"LFP", _pass_line),
    ord("I"): _number,
    ord("V"): _unicode,
    ord("S"): _quoted,
    **dict.fromkeys(b"ci", _global),
    **dict.fromkeys(b"gp", _index),
}
