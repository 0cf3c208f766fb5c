"""How use is weighed: what several split rules may have in common, so that use is read once for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from fairlead.domain.allocation import AllocationRule, Split
from fairlead.domain.measures import MEASURES

__all__ = ["WHOLE_LIMIT", "Weighing", "weighing_places", "weighings", "whole_weights"]

WHOLE_LIMIT = 13 * 10**18
"""What all weights of one division must sum to less than: products with them then fit the engines' 128 bits."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """Measures with their weight, the sources of use that count, and what there is to use in an hour.

    A weight is a whole number: a measure's quantity in its smallest unit (`Measure.decimals`), times the rule's
    weight of it, all brought to the same power of ten.
    """

    by: tuple[tuple[str, Decimal], ...]
    usage: tuple[str, ...]
    scope: str
    capacity: Decimal | None

    @classmethod
    def of(cls, split: Split) -> Weighing:
        """The weighing of a rule's split."""
        return cls(tuple(sorted(split.by.items())), split.usage, split.scope, split.capacity)

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures, sorted."""
        return tuple(name for name, _ in self.by)

    @property
    def factors(self) -> Mapping[str, int]:
        """What one smallest unit of each measure weighs."""
        return {
            name: int(Fraction(weight) * 10 ** (self._digits - MEASURES[name].decimals)) for name, weight in self.by
        }

    @property
    def hourly(self) -> int | None:
        """Weight of what there is to use in an hour, None where only usage rows can say it."""
        return None if self.capacity is None else int(Fraction(self.capacity) * 10**self._digits)

    @property
    def _digits(self) -> int:
        """Power of ten at which every measure's smallest unit weighs a whole number."""
        return max(MEASURES[name].decimals + max(0, -_exponent(weight)) for name, weight in self.by)


def weighings(rules: Sequence[AllocationRule]) -> tuple[Weighing, ...]:
    """The different weighings of the rules, in the order of the rules."""
    return tuple(dict.fromkeys(Weighing.of(rule.split) for rule in rules if rule.split))


def weighing_places(rules: Sequence[AllocationRule]) -> Mapping[int, int]:
    """Place of each split rule (from 1) -> place of its weighing in `weighings` (from 0)."""
    order = weighings(rules)
    return {place: order.index(Weighing.of(rule.split)) for place, rule in enumerate(rules, 1) if rule.split}


def whole_weights(weights: Mapping[str, Decimal]) -> Mapping[str, int]:
    """Weights in the same relation to one another as whole numbers."""
    digits = max((max(0, -_exponent(weight)) for weight in weights.values()), default=0)
    return {name: int(Fraction(weight) * 10**digits) for name, weight in sorted(weights.items())}


def _exponent(weight: Decimal) -> int:
    return int(weight.normalize().as_tuple().exponent)
