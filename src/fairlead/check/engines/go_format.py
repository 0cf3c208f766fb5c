"""Go's `fmt.Sprintf` over text and numbers, which is what Rego's `sprintf` promises. Runs in the worker."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal

__all__ = ["go_format"]

_DIRECTIVE = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\d{1,4})?(?:\.(?P<precision>\d{0,3}))?(?:\[(?P<at>\d{1,4})\])?(?P<verb>.)?",
    re.DOTALL,
)
_SMALL, _LARGE = 4, 6
_WHOLE = {"d": "d", "v": "d", "x": "x", "X": "X", "o": "o", "b": "b"}


def go_format(text: str, values: Sequence[str | float]) -> str:
    """The text with its verbs filled in. A wrong verb or number of values is said within the text, as Go does it."""
    pieces: list[str] = []
    last = position = 0
    reordered = False
    for match in _DIRECTIVE.finditer(text):
        pieces.append(text[last : match.start()])
        last = match.end()
        verb = match["verb"]
        if verb is None:
            pieces.append("%!(NOVERB)")
        elif verb == "%":
            pieces.append("%")
        else:
            if match["at"] is not None:
                position, reordered = int(match["at"]) - 1, True
            pieces.append(_filled(match, verb, values, position))
            position += 1
    pieces.append(text[last:])
    if position < len(values) and not reordered:
        extra = ", ".join(f"{_kind(each)}={_plain(each)}" for each in values[position:])
        pieces.append(f"%!(EXTRA {extra})")
    return "".join(pieces)


def _filled(match: re.Match[str], verb: str, values: Sequence[str | float], position: int) -> str:
    if position >= len(values) or position < 0:
        return f"%!{verb}({'BADINDEX' if match['at'] else 'MISSING'})"
    value = values[position]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # what is whole is whole to OPA, however it was worked out
    shown = _shown(value, verb, match["flags"], match["precision"])
    if shown is None:
        return f"%!{verb}({_kind(value)}={_plain(value)})"
    return _padded(shown, match["flags"], int(match["width"] or 0), number=not isinstance(value, str))


def _shown(value: str | float, verb: str, flags: str, precision: str | None) -> str | None:
    """The value as the verb wants it; None where the verb does not fit."""
    if isinstance(value, str):
        return _text(value, verb, precision)
    if isinstance(value, int):
        if verb == "c":
            return chr(value) if 0 <= value <= 0x10FFFF else "\ufffd"  # noqa: PLR2004 - Unicode's last
        shown = format(value, _WHOLE[verb]) if verb in _WHOLE else None
    elif verb in ("v", "g", "G"):
        shown = _plain(value)
    elif verb in ("f", "F", "e", "E"):
        shown = format(value, f".{precision or ('0' if precision == '' else '6')}{verb}")
    else:
        shown = None
    return f"+{shown}" if shown is not None and "+" in flags and value >= 0 else shown


def _text(value: str, verb: str, precision: str | None) -> str | None:
    if verb in ("s", "v"):
        return value if precision is None else value[: int(precision or 0)]
    if verb == "q":
        return json.dumps(value, ensure_ascii=False)
    if verb in ("x", "X"):
        digits = value.encode().hex()
        return digits if verb == "x" else digits.upper()
    return None


def _padded(shown: str, flags: str, width: int, *, number: bool) -> str:
    if "-" in flags:
        return shown.ljust(width)
    if "0" in flags and number:
        return shown.zfill(width)
    return shown.rjust(width)


def _kind(value: str | float) -> str:
    if isinstance(value, str):
        return "string"
    return "int64" if isinstance(value, int) else "float64"


def _plain(value: str | float) -> str:
    """As Go's `%v` writes it: the shortest digits that mean the number, with an exponent below -4 and from 6 on."""
    if isinstance(value, str | int):
        return str(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    point = len(digits) + int(exponent) - 1
    if -_SMALL <= point < _LARGE:
        return format(Decimal(repr(value)).normalize(), "f")
    mantissa = ".".join(filter(None, ("".join(map(str, digits[:1])), "".join(map(str, digits[1:])))))
    return f"{'-' * sign}{mantissa}e{point:+03d}"
