"""Where the month's spend will land, and when it breaks the budget: a forecast of the sum, not a sum of forecasts.

Stands beside `forecast`: budgets hand it exact spend per step (days or hours) and show what it answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Panel
from fairlead.foresee.landing_paths import Paths, paths_ahead
from fairlead.kernel.money import added

__all__ = ["Crossing", "Landing", "land"]

_LEVELS = (80.0, 95.0)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Crossing:
    """When the sum first exceeds the budget, in steps of the month counted from 0; None for not in this month.

    `soonest` and `latest` per level in percent; both None at a level that nothing backs, see `Landing.low`.
    """

    expected: int | None
    soonest: Mapping[float, int | None]
    latest: Mapping[float, int | None]


@dataclass(frozen=True, slots=True)
class Landing:
    """The month's sum at its end, in the unit of the spend. `spent` is exact; the rest is rounded to cents.

    A level lacks in `low` and `high` where the past is too short to have been tried often enough: with n tries the
    widest level that they back is 100 n / (n + 1) percent. `crossing` is None without a budget. `ahead` are the sums
    of the steps to come, step by step; None where there are none.
    """

    spent: Decimal
    expected: Decimal
    low: Mapping[float, Decimal]
    high: Mapping[float, Decimal]
    crossing: Crossing | None
    forecaster: str
    ahead: Paths | None = field(default=None, repr=False, compare=False)


def land(
    spend: Sequence[Decimal],
    steps_left: int,
    *,
    before: Sequence[Decimal] = (),
    budget: Decimal | None = None,
    seasons: tuple[int, ...] = (),
    levels: Sequence[float] = _LEVELS,
) -> Landing:
    """Land a month of which `spend` is known per step, `steps_left` are to come and `before` are the steps before it.

    Credits count as they are in what was spent; the steps to come are not taken for negative. Raises `ValueError`
    where there is nothing to forecast from, or for a negative number of steps.
    """
    if not spend and not before:
        raise ValueError("a landing needs the spend of at least one step")
    if steps_left < 0:
        raise ValueError(f"{steps_left} steps are left of the month; there can be none or more")
    spent = added(spend)
    if not steps_left:
        known = dict.fromkeys(levels, spent)
        never: dict[float, int | None] = dict.fromkeys(levels)
        kept = Crossing(None, never, never) if budget is not None else None
        return Landing(spent, spent, known, known, _crossed(spend, budget, levels) or kept, "none")
    history = np.array([float(step) for step in (*before, *spend)])
    ahead = paths_ahead(Panel((history,), seasons), steps_left)
    backed = tuple(level for level in levels if level <= ahead.widest)
    ends = {level: tuple(_money(spent, side[-1]) for side in ahead.around(level)) for level in backed}
    return Landing(
        spent,
        _money(spent, ahead.expected[-1]),
        {level: ends[level][0] for level in backed},
        {level: ends[level][1] for level in backed},
        _crossed(spend, budget, levels) or _crossing(ahead, spend, budget, levels),
        ahead.forecaster,
        ahead,
    )


def _money(spent: Decimal, more: float) -> Decimal:
    """What was spent stays exact; only what is to come is rounded."""
    return spent + Decimal(more).quantize(_CENT)


def _crossed(spend: Sequence[Decimal], budget: Decimal | None, levels: Sequence[float]) -> Crossing | None:
    """The step at which the known spend went over the budget; it is known at every level."""
    if budget is None:
        return None
    total = Decimal(0)
    for step, amount in enumerate(spend):
        total += amount
        if total > budget:
            return Crossing(step, dict.fromkeys(levels, step), dict.fromkeys(levels, step))
    return None


def _crossing(
    ahead: Paths, spend: Sequence[Decimal], budget: Decimal | None, levels: Sequence[float]
) -> Crossing | None:
    """Sums never fall, so they exceed the budget by a step exactly if they do at it: bounds per step are enough."""
    if budget is None:
        return None
    left, known = float(budget - added(spend)), len(spend)
    backed = {level: ahead.around(level) for level in levels if level <= ahead.widest}
    return Crossing(
        _first_above(ahead.expected, left, known),
        {level: _first_above(high, left, known) for level, (_, high) in backed.items()},
        {level: _first_above(low, left, known) for level, (low, _) in backed.items()},
    )


def _first_above(sums: NDArray[np.float64], left: float, known: int) -> int | None:
    above = np.flatnonzero(sums > left)
    return known + int(above[0]) if len(above) else None
