"""Prices of one model: per unit, flat or by the size of the input, since a date or for some hours of the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Context, Decimal

__all__ = ["PriceRow", "Rate"]

_WIDE = Context(prec=80)


@dataclass(frozen=True, slots=True)
class Rate:
    """A price per scale of a unit, and the prices above thresholds (greatest last).

    `by_part` False: the whole count pays the price of the highest threshold that the request's input tokens exceed
    (how Anthropic, Google and OpenAI bill long contexts). True: only what lies above a threshold pays its price.
    """

    base: Decimal
    over: tuple[tuple[int, Decimal], ...] = ()
    by_part: bool = False

    def cost(self, count: int, input_tokens: int, scale: int) -> Decimal:
        """Price of `count`, exact: prices are per a power of ten."""
        amount = self._by_part(count) if self.by_part else _WIDE.multiply(self._whole(input_tokens), Decimal(count))
        return _WIDE.scaleb(amount, -scale)

    def _whole(self, input_tokens: int) -> Decimal:
        price = self.base
        for threshold, above in self.over:
            if input_tokens > threshold:
                price = above
        return price

    def _by_part(self, count: int) -> Decimal:
        amount, begin, price = Decimal(0), 0, self.base
        for threshold, above in (*self.over, (count, self.base)):
            part = max(min(count, threshold) - begin, 0)
            amount = _WIDE.add(amount, _WIDE.multiply(price, Decimal(part)))
            begin, price = max(begin, threshold), above
        return amount


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One row of a price table: what the units of a model cost, and when the row holds."""

    provider: str
    model: str
    rates: Mapping[str, Rate]
    currency: str
    source: str
    as_of: date
    since: date | None = None
    daily: tuple[time, time] | None = None

    def holds_at(self, moment: datetime) -> bool:
        """Whether the row holds at `moment` (UTC). Hours that end before they begin pass midnight."""
        if self.since is not None and moment.date() < self.since:
            return False
        if self.daily is None:
            return True
        begin, end = self.daily
        now = moment.time()
        return begin <= now < end if begin <= end else not end <= now < begin
