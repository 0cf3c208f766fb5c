"""Pure: figures per inference and per token, and quantiles, from exact sums. Quotients are for show only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from fairlead.domain.usage import BUCKETS_MS
from fairlead.kernel.money import PICO

__all__ = ["LatencyBound", "latency_bound", "per_units"]

_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class LatencyBound:
    """A quantile is at most `ms`; or, where `above`, more than `ms` and no bound is known."""

    ms: int
    above: bool = False

    def __str__(self) -> str:
        return f"> {self.ms} ms" if self.above else f"<= {self.ms} ms"


def per_units(amount: Decimal, count: int, units: int) -> Decimal | None:
    """`amount` per `units` of `count`, rounded half to even to 12 digits; None for a count of zero."""
    if count <= 0:
        return None
    return _WIDE.divide(_WIDE.multiply(amount, Decimal(units)), Decimal(count)).quantize(PICO, context=_WIDE)


def latency_bound(histogram: Sequence[int], permille: int) -> LatencyBound | None:
    """Upper bound of a quantile: the bucket that holds the request of rank ceil(n x permille / 1000); None of none.

    The true quantile lies in that bucket, so the bound is at most one bucket too high.
    """
    rank = -(-sum(histogram) * permille // 1_000)
    if rank <= 0:
        return None
    passed = 0
    for bound, count in zip(BUCKETS_MS, histogram, strict=False):
        passed += count
        if passed >= rank:
            return LatencyBound(bound)
    return LatencyBound(BUCKETS_MS[-1], above=True)
