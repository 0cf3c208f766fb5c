"""Numbers that others wrote, in tables and in answers, within bounds: no text stands for a million digits."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

__all__ = ["number_of"]

_LARGEST_EXPONENT = 400
"""Beyond what a double holds (1.8e308) nothing was measured."""


def number_of(text: str) -> Decimal:
    """The number that `text` writes. ValueError for what is none, for NaN, infinities, and what no double can hold."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"`{text[:40]}` is no number") from error
    if not number.is_finite() or (number and abs(number.adjusted()) > _LARGEST_EXPONENT):
        raise ValueError(f"`{text[:40]}` is no number that can be compared")
    return number
