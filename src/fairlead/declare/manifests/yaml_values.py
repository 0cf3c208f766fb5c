"""What a YAML scalar means to the tools that read manifests: YAML 1.1's words and numbers, as JSON values."""

from __future__ import annotations

import re
from math import isfinite

__all__ = ["TAG", "scalar"]

TAG = "tag:yaml.org,2002:"
"""What YAML's own tags begin with."""

_MOST_DIGITS = 64
_UNFOUNDED = re.compile(r"[-+]?[0-9_]+(:[0-5]?[0-9])+(\.[0-9_]*)?")


def scalar(tag: str, text: str) -> object:
    """A scalar's JSON value. Dates stay text, as in JSON; so does a base 60 number, which no manifest means."""
    kind = tag.removeprefix(TAG)
    if kind in {"int", "float"} and _UNFOUNDED.fullmatch(text):
        return text
    match kind:
        case "null":
            return None
        case "bool":
            return text.lower() in {"yes", "true", "on"}
        case "int":
            return _integer(text)
        case "float":
            return _float(text)
        case _:
            return text


def _integer(text: str) -> int | str:
    digits = text.replace("_", "").lower()
    sign, digits = (-1, digits[1:]) if digits[:1] == "-" else (1, digits.removeprefix("+"))
    if len(digits) > _MOST_DIGITS and not digits.startswith("0b"):
        return text
    try:
        if digits.startswith("0x"):
            return sign * int(digits, 16)
        if digits.startswith("0b"):
            return sign * int(digits, 2)
        if len(digits) > 1 and digits.startswith("0"):
            return sign * int(digits.removeprefix("0o"), 8)
        return sign * int(digits)
    except ValueError:
        return text


def _float(text: str) -> float | str:
    """A finite number, else its text: JSON has no infinity."""
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        return text
    return number if isfinite(number) else text
