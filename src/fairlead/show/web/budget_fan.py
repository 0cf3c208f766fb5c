"""The fan of a budget's month: what is spent by day, where it goes with its intervals, and the budget as a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from fairlead.flows.foresight.month_ahead import FEWEST_DAYS, Ahead, MonthAhead, Span
from fairlead.show.outputs.figures import amount_text

__all__ = ["BudgetFan", "FanRow", "budget_fan", "fan_sentence"]

_WIDTH, _HEIGHT = 720, 190
_ROOM = Decimal("1.06")
"""The highest line stays below the upper edge."""


@dataclass(frozen=True, slots=True)
class FanRow:
    """The end of a day to come: the sum that is expected, and its intervals in words, by level."""

    day: date
    expected: Decimal
    around: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BudgetFan:
    """Paths in a drawing of `width` x `height`; `bands` by level, the widest first. `today` is None before any day.

    `breaks` is where the budget is exceeded as expected, None where it is not or where it was already.
    """

    width: int
    height: int
    of: MonthAhead
    spent: str
    expected: str
    bands: tuple[tuple[float, str], ...]
    limit: float
    today: float
    breaks: float | None
    top: Decimal
    end: date
    sentence: str
    rows: tuple[FanRow, ...]


def budget_fan(month: MonthAhead) -> BudgetFan:
    """Everything that is drawn and said of a budget's month."""
    ahead, known = month.ahead, len(month.spent)
    last = month.spent[-1] if month.spent else Decimal(0)
    spent_now = month.budget.spent or Decimal(0)
    highest = [sums[-1] for sums in (ahead.high.values() if ahead else ()) if sums]
    expected = ahead.expected if ahead else ()
    top = max([month.budget.budget, last, spent_now, *expected[-1:], *highest]) * _ROOM or Decimal(1)
    axis = _Axis(month.days, top)
    breaks = ahead.breaks if ahead is not None and ahead.breaks is not None and ahead.breaks >= known else None
    return BudgetFan(
        width=_WIDTH,
        height=_HEIGHT,
        of=month,
        spent=axis.line(0, (Decimal(0), *month.spent)),
        expected=axis.line(known, (last, *expected)) if expected else "",
        bands=tuple(_bands(axis, known, last, ahead)) if ahead else (),
        limit=axis.y(month.budget.budget),
        today=axis.x(known),
        breaks=axis.x(breaks + 1) if breaks is not None else None,
        top=top / _ROOM,
        end=month.start + timedelta(days=month.days - 1),
        sentence=fan_sentence(month),
        rows=tuple(_rows(month, ahead)) if ahead else (),
    )


def fan_sentence(month: MonthAhead) -> str:
    """Where the month lands and whether the budget holds, in plain words."""
    budget, ahead = month.budget, month.ahead
    limit = f"{amount_text(budget.budget)} {budget.currency}"
    spent = budget.spent or Decimal(0)
    if ahead is None:
        known = f"{len(month.spent)} {'day is' if len(month.spent) == 1 else 'days are'} over"
        return f"{amount_text(spent)} of {limit} is spent; {known}, and {FEWEST_DAYS} are needed for a forecast"
    lands = f"the month is expected to land at {_landing(ahead, month)}"
    if ahead.breaks is not None and ahead.breaks < len(month.spent):
        return f"the budget of {limit} was used up on {_day(month, ahead.breaks)}; {lands}"
    if spent > budget.budget:
        return f"the budget of {limit} was used up today; {lands}"
    if ahead.breaks is not None:
        return (
            f"{lands}: the budget of {limit} is expected to break on {_day(month, ahead.breaks)}{_when(month, ahead)}"
        )
    doubt = next((level for level, (soonest, _) in sorted(ahead.between.items()) if soonest is not None), None)
    kept = f"{lands}: the budget of {limit} is expected to hold"
    if doubt is None:
        return kept
    soonest = ahead.between[doubt][0]
    return f"{kept}, and may break from {_day(month, soonest or 0)} on (within {doubt:g} %)"


@dataclass(frozen=True, slots=True)
class _Axis:
    days: int
    top: Decimal

    def x(self, day: int) -> float:
        return round(day / self.days * _WIDTH, 1)

    def y(self, amount: Decimal) -> float:
        return round(_HEIGHT - float(amount / self.top) * _HEIGHT, 1)

    def line(self, first: int, sums: Sequence[Decimal]) -> str:
        return "M" + " L".join(f"{self.x(first + place)} {self.y(each)}" for place, each in enumerate(sums))


def _bands(axis: _Axis, known: int, last: Decimal, ahead: Ahead) -> Iterator[tuple[float, str]]:
    for level in sorted(ahead.low, reverse=True):
        if ahead.low[level]:
            there = axis.line(known, (last, *ahead.high[level]))
            steps = range(len(ahead.low[level]) - 1, -1, -1)
            back = " L".join(f"{axis.x(known + 1 + step)} {axis.y(ahead.low[level][step])}" for step in steps)
            yield level, f"{there} L{back} Z"


def _rows(month: MonthAhead, ahead: Ahead) -> Iterator[FanRow]:
    for place, expected in enumerate(ahead.expected):
        day = month.start + timedelta(days=len(month.spent) + place)
        around = (
            f"{amount_text(ahead.low[level][place])}-{amount_text(ahead.high[level][place])}" for level in ahead.low
        )
        yield FanRow(day, expected, tuple(around))


def _landing(ahead: Ahead, month: MonthAhead) -> str:
    end = ahead.expected[-1] if ahead.expected else month.spent[-1]
    spans = [
        f"{level:g} %: {amount_text(ahead.low[level][-1])} to {amount_text(ahead.high[level][-1])}"
        for level in sorted(ahead.low)
        if ahead.low[level]
    ]
    return f"{amount_text(end)} {month.budget.currency}" + (f" ({', '.join(spans)})" if spans else "")


def _when(month: MonthAhead, ahead: Ahead) -> str:
    if not ahead.between:
        return ""
    level = min(ahead.between)
    span: Span = ahead.between[level]
    soonest = _day(month, span[0]) if span[0] is not None else "later"
    latest = _day(month, span[1]) if span[1] is not None else "not this month"
    return f" ({level:g} %: from {soonest} to {latest})"


def _day(month: MonthAhead, place: int) -> str:
    day = month.start + timedelta(days=place)
    return f"{day.day} {day:%b}"
