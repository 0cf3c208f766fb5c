"""A measure's confidence sequence over time as a small picture, computed on the server so that a live part may hold it.

The band runs from the lower to the upper bound of new - old and closes in; rules stand at no difference and at the
margin. Early bands, which may be endless, are cut at the axis, so that what is known by now can be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from math import isfinite

from fairlead.domain.analysis import MetricFinding
from fairlead.flows.rollouts.kept import Point
from fairlead.show.outputs.measures import hundredths, unit_of

__all__ = ["Rule", "SequencePicture", "StepMark", "sequence_picture"]

_WIDTH, _HEIGHT = 372, 128
_LEFT, _RIGHT, _TOP, _BOTTOM = 4.0, 280.0, 18.0, 106.0
_BEYOND = 0.6
"""How far the axis goes beyond what is known by now, as a share of that, to show from where the band came."""

_PAD = 0.06
_LINE = 13.0
"""Least distance of two labels."""

_ROOM = 34.0
"""Room that the label of a step needs."""

_LARGEST = 1e6
"""A difference so large is as good as none known: it is drawn as endless."""

Bounds = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A level line across the picture; `beside` is where its label stands. `kind` is `zero` or `margin`."""

    kind: str
    y: float
    beside: float
    label: str


@dataclass(frozen=True, slots=True)
class StepMark:
    """Where a step began; its label is '' where there is no room for one."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class SequencePicture:
    """Paths in a drawing of `width` x `height`. `words` says all of it; `cut` that early bounds lie outside."""

    width: int
    height: int
    band: str
    line: str
    last: tuple[float, float]
    right: float
    rules: tuple[Rule, ...]
    steps: tuple[StepMark, ...]
    start: datetime
    end: datetime
    cut: bool
    words: str


def sequence_picture(found: MetricFinding, points: Sequence[Point]) -> SequencePicture | None:
    """The picture of a measure, from the looks so far, oldest first; None where no look knew anything of it."""
    series = [(each.at, _finite(each.measures.get(found.metric, (None, None, None)))) for each in points]
    known = [bounds for _, bounds in series if bounds[0] is not None]
    if not known:
        return None
    margins = _margins(found)
    axis = _Axis.over(known, margins)
    start, end = points[0].at, points[-1].at
    whole = (end - start).total_seconds()

    def across(moment: datetime) -> float:
        if start == end:
            return _RIGHT
        return round(_LEFT + (moment - start).total_seconds() / whole * (_RIGHT - _LEFT), 1)

    placed = [(across(at), bounds) for at, bounds in series]
    runs = [list(run) for drawn, run in groupby(placed, key=lambda each: each[1][0] is not None) if drawn]
    last = runs[-1][-1]
    return SequencePicture(
        width=_WIDTH,
        height=_HEIGHT,
        band=" ".join(_band(run, axis) for run in runs),
        line=" ".join(_line(run, axis) for run in runs),
        last=(last[0], axis.y(last[1][0])),
        right=_RIGHT,
        rules=tuple(_rules(margins, axis, unit_of(found))),
        steps=_steps([(_LEFT if each is points[0] else across(each.at), each.weight) for each in points]),
        start=start,
        end=end,
        cut=any(axis.cuts(bounds) for bounds in known),
        words=_words(found, known[-1], len(known)),
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float

    @classmethod
    def over(cls, known: Sequence[Bounds], margins: Iterable[float]) -> _Axis:
        """From what is known by now, with no difference and the margin in it, and a part of the way that led there."""
        now = [each for each in (0.0, *margins, *known[-1]) if each is not None]
        least, most = min(now), max(now)
        beyond = (most - least or 1.0) * _BEYOND
        lows = [low for _, low, _ in known if low is not None]
        highs = [high for _, _, high in known if high is not None]
        endless = len(lows) < len(known), len(highs) < len(known)
        low = least - beyond if endless[0] else max(min([least, *lows]), least - beyond)
        high = most + beyond if endless[1] else min(max([most, *highs]), most + beyond)
        pad = (high - low) * _PAD
        return cls(low - pad, high + pad)

    def y(self, value: float | None, edge: float = 0.0) -> float:
        """Where a value stands, at the edge at most; an endless bound stands at `edge`."""
        inside = min(max(edge if value is None else value, self.low), self.high)
        return round(_BOTTOM - (inside - self.low) / (self.high - self.low) * (_BOTTOM - _TOP), 1)

    def cuts(self, bounds: Bounds) -> bool:
        """Whether a bound lies outside."""
        _, low, high = bounds
        return low is None or high is None or low < self.low or high > self.high


def _finite(bounds: Bounds) -> Bounds:
    estimate, lower, upper = (
        each if each is not None and isfinite(each) and abs(each) < _LARGEST else None for each in bounds
    )
    return estimate, lower, upper


def _margins(found: MetricFinding) -> tuple[float, ...]:
    margin = float(found.margin)
    return {"lower": (margin,), "higher": (-margin,), "same": (margin, -margin)}[found.better]


def _band(run: Sequence[tuple[float, Bounds]], axis: _Axis) -> str:
    """The outline: along the upper bounds, and back along the lower ones. A lone look is a narrow bar."""
    if len(run) == 1:
        (x, bounds), half = run[0], 1.5
        run = ((x - half, bounds), (x + half, bounds))
    there = [f"{x} {axis.y(high, axis.high)}" for x, (_, _, high) in run]
    back = [f"{x} {axis.y(low, axis.low)}" for x, (_, low, _) in reversed(run)]
    return f"M{' L'.join((*there, *back))} Z"


def _line(run: Sequence[tuple[float, Bounds]], axis: _Axis) -> str:
    return "M" + " L".join(f"{x} {axis.y(estimate)}" for x, (estimate, _, _) in run)


def _rules(margins: Iterable[float], axis: _Axis, unit: str) -> Iterator[Rule]:
    """No difference, and the margins; labels that would lie upon one another are moved apart."""
    zero = axis.y(0.0)
    yield Rule("zero", zero, zero, "no difference")
    for margin in margins:
        y = axis.y(margin)
        beside = min(y, zero - _LINE) if margin >= 0 else max(y, zero + _LINE)
        yield Rule("margin", y, beside, f"margin {margin * 100:+.3g} {unit}")


def _steps(weights: Sequence[tuple[float, int]]) -> tuple[StepMark, ...]:
    """One at each change of the weight, the first look's among them. Where labels would meet, the later one stays."""
    begun = [each for before, each in pairwise([(_LEFT, -1), *weights]) if before[1] != each[1]]
    marks, taken = [], _RIGHT + _ROOM / 2
    for x, weight in reversed(begun):
        fits = x + _ROOM <= taken
        marks.append(StepMark(x, f"{weight} %" if fits else ""))
        taken = x if fits else taken
    return tuple(reversed(marks))


def _words(found: MetricFinding, now: Bounds, looks: int) -> str:
    """All that the picture shows, for those who do not see it."""
    estimate, lower, upper = (None if each is None else f"{hundredths(each)} {unit_of(found)}" for each in now)
    margins = " and ".join(f"{each * 100:+.3g}" for each in _margins(found))
    bounds = f"between {lower or 'any value'} and {upper or 'any value'}"
    return f"New minus old after {looks} looks: {estimate}, {bounds}; margin {margins} {unit_of(found)}."
