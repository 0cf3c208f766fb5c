"""Members of a JSON document, one after the other: only one of them is ever in memory, whatever the file's size."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any, NoReturn, TextIO

from fairlead.plan.price_lists.base import UnreadableListError

__all__ = ["json_members"]

_SPACE = re.compile(r"[ \t\r\n]*")
_AHEAD = 1 << 16
"""Letters that are read ahead: most values are whole within them, and are parsed once."""

_LARGEST = 16 << 20
"""Letters of one value."""

Path = tuple[str, ...]


def json_members(text: TextIO, entered: Collection[Path]) -> Iterator[tuple[Path, Any]]:
    """(path, value) of each value, in the file's order; objects and lists at the paths of `entered` are gone through.

    A list's element has the path of the list, and comes whole. Numbers with a point are Decimal. UnreadableListError
    with the number of the value where the text is no JSON, or a value is too large.
    """
    yield from _Cursor(text).walk((), frozenset(entered))


class _Cursor:
    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._data = ""
        self._at = 0
        self._ended = False
        self._count = 0
        self._decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)

    def walk(self, path: Path, entered: frozenset[Path]) -> Iterator[tuple[Path, Any]]:
        """The value at the cursor, and what it holds if it is entered."""
        opening = self._peek()
        if path in entered and opening in {"{", "["}:
            self._take(opening)
            yield from self._inside(path, entered, opening)
        else:
            yield path, self._member()

    def _member(self) -> Any:  # noqa: ANN401 - JSON is whatever it is
        self._count += 1
        return self._value()

    def _inside(self, path: Path, entered: frozenset[Path], opening: str) -> Iterator[tuple[Path, Any]]:
        closing = "}" if opening == "{" else "]"
        if self._peek() == closing:
            self._take(closing)
            return
        while True:
            if opening == "{":
                key = self._value() if self._peek() == '"' else self._broken("a name is wanted")
                self._take(":")
                yield from self.walk((*path, key), entered)
            else:
                yield path, self._member()
            if self._peek() == closing:
                self._take(closing)
                return
            self._take(",")

    def _value(self) -> Any:  # noqa: ANN401 - JSON is whatever it is
        self._peek()
        wanted = _AHEAD
        while True:
            self._fill(wanted)
            try:
                value, end = self._decoder.raw_decode(self._data, self._at)
            except RecursionError:
                self._broken("it is nested too deeply")
            except ValueError as error:
                reason = getattr(error, "msg", str(error))
            else:
                # A number that ends with what is read may have more digits.
                if end < len(self._data) or self._ended:
                    self._at = end
                    return value
                reason = "it does not end"
            if self._ended or len(self._data) - self._at > _LARGEST:
                self._broken(f"this is no JSON, or one value of more than {_LARGEST} letters: {reason}")
            wanted = min(4 * wanted, _LARGEST + 1)

    def _peek(self) -> str:
        """The next letter that is no space; '' at the end."""
        while True:
            found = _SPACE.match(self._data, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._data) or self._ended:
                return self._data[self._at : self._at + 1]
            self._fill(1)

    def _take(self, letter: str) -> None:
        found = self._peek()
        if found != letter:
            self._broken(f"`{letter}` is wanted, and there is {f'`{found}`' if found else 'the end'}")
        self._at += 1

    def _fill(self, wanted: int) -> None:
        """Have at least so many letters before the cursor, where the text has them."""
        have = len(self._data) - self._at
        if have >= wanted:
            return
        pieces = [self._data[self._at :]]
        while not self._ended and have < wanted:
            piece = self._text.read(_AHEAD)
            self._ended = not piece
            have += len(piece)
            pieces.append(piece)
        self._data, self._at = "".join(pieces), 0

    def _broken(self, reason: str) -> NoReturn:
        raise UnreadableListError(self._count, reason)


def _refuse(name: str) -> NoReturn:
    message = f"{name} is no number"
    raise ValueError(message)
