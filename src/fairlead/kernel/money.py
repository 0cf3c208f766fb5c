"""Exact money: Decimal with a currency, integer splits, plain notation.

Amounts are kept in picounits (10^-12 of the currency), which holds any per-token price times any count without
rounding, and fits DECIMAL(38, 12).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import reduce

__all__ = ["PICO", "SCALE", "Money", "added", "from_pico", "less", "plain", "round_to_pico", "split"]

SCALE = 12
"""Digits after the point of every stored amount."""

PICO = Decimal(1).scaleb(-SCALE)

_UNITS = 1_000_000_000_000

_WIDE = Context(prec=90)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An exact amount in one currency (ISO 4217 code, or a virtual currency's name). Currencies never mix."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        """Sum of two amounts of the same currency; ValueError for two currencies."""
        if other.currency != self.currency:
            message = f"cannot add {other.currency} to {self.currency}"
            raise ValueError(message)
        return Money(_WIDE.add(self.amount, other.amount), self.currency)

    def __str__(self) -> str:
        """Plain notation and currency, for example `0.0425 USD`."""
        return f"{plain(self.amount)} {self.currency}"


def added(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum: Python's own `+` and `sum` round to 28 digits."""
    return reduce(_WIDE.add, amounts, Decimal(0))


def less(amount: Decimal, other: Decimal) -> Decimal:
    """The exact difference."""
    return _WIDE.subtract(amount, other)


def plain(amount: Decimal) -> str:
    """Decimal notation without exponent, trailing zeros cut: `Decimal("1E+2")` gives `100`."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def from_pico(units: int) -> Decimal:
    """The exact amount of `units` picounits."""
    return _WIDE.scaleb(Decimal(units), -SCALE)


def round_to_pico(amount: Fraction | Decimal) -> int:
    """Picounits nearest to `amount`, ties to even."""
    return round(Fraction(amount) * _UNITS)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` units by `weights` so that the parts sum to `total` exactly.

    Largest remainder method (Hamilton): floors first, then one unit each to the largest remainders, ties to the
    earlier place. All weights must be >= 0 and their sum > 0. A negative total splits as its mirror image.
    """
    whole = sum(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        message = "weights must be non-negative and must not all be zero"
        raise ValueError(message)
    if total < 0:
        return [-part for part in split(-total, weights)]
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    short = total - sum(parts)
    for place in sorted(range(len(weights)), key=lambda at: (-remainders[at], at))[:short]:
        parts[place] += 1
    return parts
