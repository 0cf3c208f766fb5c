"""Text for a terminal: made harmless, measured in columns, wrapped. Every cell and message passes through here."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["clip", "columns", "paint", "safe", "safe_lines", "wrap"]

_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Control characters, marks that reorder or hide text, and what no encoding can hold."""

_LAST_OF_ONE_BYTE = 0xFF

_TONES = {"good": "32", "warn": "33", "bad": "31", "dim": "2", "strong": "1"}


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code <= _LAST_OF_ONE_BYTE else f"\\u{code:04x}"


def safe(text: str) -> str:
    """One line that can do nothing to a terminal: white space is a space, other control characters are spelt out."""
    return _HARMFUL.sub(_visible, re.sub(r"[\t\r\n]+", " ", text))


def safe_lines(text: str) -> list[str]:
    """The same for a text of several lines, which stay apart."""
    return [safe(line) for line in text.splitlines()]


def columns(text: str) -> int:
    """Columns that `text` takes: 2 for a wide character, 0 for one that combines with the one before it."""
    if text.isascii():
        return len(text)
    return sum(_columns_of(character) for character in text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def clip(text: str, width: int) -> str:
    """`text`, cut to `width` columns; a cut is shown by an ellipsis."""
    if columns(text) <= width:
        return text
    return _head(text, width - 1) + "…"


def _head(text: str, width: int) -> str:
    """The longest beginning of `text` that takes at most `width` columns."""
    taken = 0
    for place, character in enumerate(text):
        taken += _columns_of(character)
        if taken > width:
            return text[:place]
    return text


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns (at least 2), broken at spaces, and within a word only where it is longer."""
    lines = [""]
    for word in text.split(" "):
        rest = word
        joined = f"{lines[-1]} {rest}" if lines[-1] else rest
        if columns(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        while columns(rest) > width:
            part = _head(rest, max(width, 2))
            lines[-1:] = [part, ""]
            rest = rest[len(part) :]
        lines[-1] = rest
    return lines


def paint(text: str, tone: str, *, colour: bool) -> str:
    """`text` in a tone (good, warn, bad, dim, strong; '' for none), where colour is wanted."""
    return f"\x1b[{_TONES[tone]}m{text}\x1b[0m" if colour and tone and text else text
