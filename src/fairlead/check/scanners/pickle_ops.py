"""The opcodes of pickles, read one by one: what each carries, in constant memory.

Source: CPython's `Lib/pickletools.py` (the table of opcodes, protocols 0 to 5), `Modules/_pickle.c` (what each reads).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from fairlead.check.scanners.feed import CutError, Feed

__all__ = ["LONG_TEXT", "MAX_LINE", "BrokenPickleError", "Token", "tokens"]

MAX_LINE = 16 << 20
"""Bytes of a text argument. CPython has no bound; a longer one is no pickle that a program wrote."""

_MAX_TEXT = 4_096


class BrokenPickleError(Exception):
    """The bytes are no pickle, or end too early."""


class _LongText:
    """Stands for a text or a number that is too long to be a name: nothing but its presence is kept."""


LONG_TEXT: Final = _LongText()

Token = tuple[int, object]
"""An opcode's byte, and what it carries: int, str, LONG_TEXT, (module, name), or None where it says nothing."""

_BARE = frozenset(b"(.012NQRabdelostu]})\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98")
_UNSIGNED = {ord("K"): 1, ord("M"): 2, ord("h"): 1, ord("j"): 4, ord("q"): 1, ord("r"): 4, 0x80: 1, 0x95: 8}
_EXTENSION = {0x82: 1, 0x83: 2, 0x84: 4}
_BINARY = {ord("B"): 4, ord("C"): 1, 0x8E: 8, 0x96: 8, 0x8A: 1}
_TEXT = {ord("X"): 4, 0x8C: 1, 0x8D: 8, ord("U"): 1}
_LINES = frozenset(b"ILFP")


def tokens(feed: Feed) -> Iterator[Token]:
    """Opcodes up to and with STOP; BrokenPickleError or CutError where there is none."""
    while True:
        code = feed.byte()
        if code in _BARE:
            yield code, None
            if code == _STOP:
                return
            continue
        try:
            carried = _carried(code, feed)
        except ValueError as error:
            raise BrokenPickleError(str(error)) from error
        yield code, carried


_STOP = ord(".")


def _carried(code: int, feed: Feed) -> object:
    if code in _UNSIGNED:
        return int.from_bytes(feed.take(_UNSIGNED[code]), "little")
    if code in _TEXT:
        return _text(feed, int.from_bytes(feed.take(_TEXT[code]), "little"))
    if code in _BINARY:
        feed.skip(int.from_bytes(feed.take(_BINARY[code]), "little"))
        return None
    if code in _LINES:
        return _number(feed.line(MAX_LINE)) if code == ord("I") else feed.line(MAX_LINE) and None
    if code in _EXTENSION:
        return int.from_bytes(feed.take(_EXTENSION[code]), "little")
    special = _SPECIAL.get(code)
    if special is None:
        if code < 0:
            raise CutError("it ends without STOP")
        raise BrokenPickleError(f"0x{code:02x} is no opcode")
    return special(feed)


def _text(feed: Feed, length: int) -> object:
    if length > _MAX_TEXT:
        feed.skip(length)
        return LONG_TEXT
    # What is not UTF-8 (or not ASCII, in old pickles) may be a text all the same: its reader chooses the encoding.
    return feed.take(length).decode("utf-8", "surrogateescape")


def _number(line: bytes) -> object:
    """INT: a decimal number, or 00 and 01 for False and True."""
    return int(line) if len(line) <= 20 else LONG_TEXT  # noqa: PLR2004 - digits of 64 bits, with a sign


def _index(feed: Feed) -> int:
    """GET and PUT in text: CPython reads them as decimal numbers."""
    line = feed.line(20)
    if not line.isdigit():
        raise BrokenPickleError("a memo's index is no number")
    return int(line)


def _global(feed: Feed) -> tuple[str, str]:
    module, name = feed.line(MAX_LINE), feed.line(MAX_LINE)
    return module.decode("utf-8", "surrogateescape"), name.decode("utf-8", "surrogateescape")


def _quoted(feed: Feed) -> object:
    line = feed.line(MAX_LINE)
    quote = line[:1]
    if len(line) < 2 or quote not in {b"'", b'"'} or not line.endswith(quote):  # noqa: PLR2004 - both quotes
        raise BrokenPickleError("a string has no quotes")
    return _plain(line[1:-1])


def _plain(line: bytes) -> object:
    """A text whose escapes are not resolved: with any, only that it is there is kept."""
    return LONG_TEXT if b"\\" in line or len(line) > _MAX_TEXT else line.decode("utf-8", "surrogateescape")


def _signed(feed: Feed) -> int:
    return int.from_bytes(feed.take(4), "little", signed=True)


def _length(feed: Feed) -> int:
    length = _signed(feed)
    if length < 0:
        raise BrokenPickleError("a length is negative")
    return length


_SPECIAL: dict[int, Callable[[Feed], object]] = {
    ord("J"): _signed,
    ord("G"): lambda feed: feed.take(8) and None,
    ord("V"): lambda feed: _plain(feed.line(MAX_LINE)),
    ord("S"): _quoted,
    ord("T"): lambda feed: _text(feed, _length(feed)),
    ord("c"): _global,
    ord("i"): _global,
    ord("g"): _index,
    ord("p"): _index,
    0x8B: lambda feed: feed.skip(_length(feed)),
}
