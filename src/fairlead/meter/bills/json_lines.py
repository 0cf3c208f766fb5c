"""A JSON document that is too large to be read as a whole, taken apart as it comes: one line for each row of a bill.

A value's own text is kept as it stands, so no digit of a number changes. Memory is that of the longest single value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

__all__ = ["LONGEST_VALUE", "JsonText"]

LONGEST_VALUE = 4 * 1024 * 1024
"""Characters of one value: a row of a bill is never so long. In UTF-8 it has up to four times as many bytes."""

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class JsonText:
    """Text in pieces, and the place in it where one is. ValueError where it is no JSON, or breaks off."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._text = ""
        self._at = 0

    def sign(self) -> str:
        """The next sign that is not blank, which stays; '' at the end."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """Names of the object here. Whoever is told one takes its value, before the next."""
        for _ in self._parts("{", "}"):
            name = json.loads(self.value())
            self._take(":")
            yield str(name)

    def elements(self) -> Iterator[None]:
        """Says of each element of the list here that it is next. Whoever is told takes it."""
        return self._parts("[", "]")

    def value(self) -> str:
        """The value here, as its text stands, in one line."""
        self.sign()
        while True:
            try:
                _, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise ValueError("it is nested too deeply") from error
            except ValueError as error:
                if self._more():
                    continue
                raise ValueError("it is no JSON, or breaks off") from error
            if end < len(self._text) or not self._more():
                break
        found = self._text[self._at : end]
        self._at = end
        return found.replace("\n", " ").replace("\r", " ")

    def _parts(self, start: str, end: str) -> Iterator[None]:
        self._take(start)
        first = True
        while self.sign() != end:
            if not first:
                self._take(",")
            first = False
            yield
        self._take(end)

    def _take(self, wanted: str) -> None:
        found = self.sign()
        if found != wanted:
            raise ValueError(f"it is no JSON, or breaks off: {wanted!r} was expected, {found or 'the end'!r} is there")
        self._at += 1

    def _more(self) -> bool:
        if len(self._text) - self._at > LONGEST_VALUE:
            raise ValueError(f"it is no JSON, or one value is longer than {LONGEST_VALUE} characters")
        piece = next(self._pieces, "")
        if piece:
            self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)
