"""Quotients as evidence holds them: twelve significant digits, and None where the divisor is zero."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

__all__ = ["quotient", "rounded"]

_TWELVE_DIGITS = Context(prec=12, rounding=ROUND_HALF_EVEN)


def rounded(value: Decimal) -> Decimal:
    """`value` in twelve significant digits: more than any test has rows to justify, and the same text everywhere."""
    return _TWELVE_DIGITS.plus(value)


def quotient(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """`part` / `whole`, rounded; None for a `whole` of zero: not defined is not zero."""
    return _TWELVE_DIGITS.divide(Decimal(part), Decimal(whole)) if whole else None
