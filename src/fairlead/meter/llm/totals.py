"""What many priced bodies come to, by price row; and how many have no price, by reason. Bounded, whatever they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from fairlead.kernel.money import added
from fairlead.meter.llm.pricing import PricedBody

__all__ = ["RowTotal", "UsageTotals"]

_MOST_REASONS = 1_000
_OTHER = "other reasons"


@dataclass(slots=True)
class RowTotal:
    """Bodies that one row priced, added up."""

    provider: str
    row: str
    currency: str
    bodies: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    input_price: Decimal = Decimal(0)
    output_price: Decimal = Decimal(0)
    other_price: Decimal = Decimal(0)
    total_price: Decimal = Decimal(0)

    def add(self, body: PricedBody) -> None:
        """Add a body's counts and prices."""
        self.bodies += 1
        for name in ("input", "cached", "cache_write", "output", "reasoning"):
            key = f"{name}_tokens"
            setattr(self, key, getattr(self, key) + (getattr(body, key) or 0))
        for name in ("input", "output", "other", "total"):
            key = f"{name}_price"
            setattr(self, key, added((getattr(self, key), getattr(body, key) or Decimal(0))))


@dataclass(slots=True)
class UsageTotals:
    """All of a file. `reasons` counts the bodies that have no price, by why; `oldest` dates the oldest table used."""

    bodies: int = 0
    unknown: int = 0
    oldest: date | None = None
    rows: dict[tuple[str, str, str], RowTotal] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, body: PricedBody) -> None:
        """Add one body."""
        self.bodies += 1
        if body.price is None or body.provider is None or body.currency is None:
            self._add_unknown(body.unknown or "")
            return
        self.oldest = min(self.oldest or body.price.as_of, body.price.as_of)
        key = (body.provider, body.price.row, body.currency)
        self.rows.setdefault(key, RowTotal(*key)).add(body)

    def _add_unknown(self, reason: str) -> None:
        self.unknown += 1
        key = reason if reason in self.reasons or len(self.reasons) < _MOST_REASONS else _OTHER
        self.reasons[key] = self.reasons.get(key, 0) + 1
