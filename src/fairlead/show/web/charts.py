"""Lines over time as SVG paths, computed on the server. Gaps stay gaps: what was not measured is not drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

__all__ = ["Line", "Mark", "Point", "line_chart", "marks_between", "sparkline"]

Number = Decimal | float | None


@dataclass(frozen=True, slots=True)
class Point:
    """One measured place of a line, in the units of the drawing; `label` says it in words."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the axis that explains the line: a release that went live."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A drawing of `width` x `height`: the stroke, the area under it, measured points, and what the eye compares."""

    width: int
    height: int
    stroke: str
    area: str
    points: tuple[Point, ...]
    low: Decimal
    high: Decimal
    marks: tuple[Mark, ...] = ()

    @property
    def last(self) -> Point:
        """The newest measured point."""
        return self.points[-1]


def sparkline(values: Sequence[Number], width: int = 88, height: int = 24) -> Line | None:
    """A line of a row's newest windows, oldest first; None where fewer than two were measured.

    It begins at its own lowest value, since it shows a direction; the axis of `line_chart` begins at zero.
    """
    measured = [Decimal(value) for value in values if value is not None]
    if len(measured) < 2:  # noqa: PLR2004 - one value has no direction
        return None
    places = [index / (len(values) - 1) for index in range(len(values))]
    return _line(places, values, [""] * len(values), (width, height), (min(measured), max(measured)))


def line_chart(
    series: Sequence[tuple[datetime, Number, str]], marks: Sequence[tuple[datetime, str]], width: int, height: int
) -> Line | None:
    """A line over time from zero up: (moment, value, words) by time; None where fewer than two were measured."""
    measured = [Decimal(value) for _, value, _ in series if value is not None]
    if len(measured) < 2:  # noqa: PLR2004 - one value has no direction
        return None
    start, end = series[0][0], series[-1][0]
    whole = (end - start).total_seconds() or 1.0
    places = [(moment - start).total_seconds() / whole for moment, _, _ in series]
    labels = [label for _, _, label in series]
    drawn = _line(places, [value for _, value, _ in series], labels, (width, height), (Decimal(0), max(measured)))
    shown = marks_between(start, end, marks, width)
    return Line(width, height, drawn.stroke, drawn.area, drawn.points, drawn.low, drawn.high, shown)


def marks_between(
    start: datetime, end: datetime, moments: Iterable[tuple[datetime, str]], width: int
) -> tuple[Mark, ...]:
    """Where moments stand on an axis of `width` from `start` to `end`; those before and after it are left out."""
    whole = (end - start).total_seconds() or 1.0
    return tuple(
        Mark(round((moment - start).total_seconds() / whole * width, 1), label)
        for moment, label in moments
        if start <= moment <= end
    )


def _line(
    places: Sequence[float],
    values: Sequence[Number],
    labels: Sequence[str],
    extent: tuple[int, int],
    bounds: tuple[Decimal, Decimal],
) -> Line:
    width, height = extent
    low, high = bounds
    reach = float(high - low) or 1.0
    inset = 2.0
    points: list[Point | None] = []
    for place, value, label in zip(places, values, labels, strict=True):
        if value is None:
            points.append(None)
            continue
        rise = (float(value) - float(low)) / reach if high > low else 0.5
        x = inset + place * (width - 2 * inset)
        points.append(Point(round(x, 1), round(height - inset - rise * (height - 2 * inset), 1), label))
    runs = list(_runs(points))
    stroke = " ".join(_path(run) for run in runs)
    area = " ".join(f"{_path(run)} L{run[-1].x} {height} L{run[0].x} {height} Z" for run in runs)
    return Line(width, height, stroke, area, tuple(point for run in runs for point in run), low, high)


def _runs(points: Sequence[Point | None]) -> Iterator[list[Point]]:
    """Stretches without a gap."""
    for present, run in groupby(points, key=lambda point: point is not None):
        if present:
            yield [point for point in run if point is not None]


def _path(run: Sequence[Point]) -> str:
    first = f"M{run[0].x} {run[0].y}"
    if len(run) == 1:
        # A lone point between gaps would be invisible without a short dash.
        return f"{first} h0.1"
    return first + "".join(f" L{point.x} {point.y}" for point in run[1:])
