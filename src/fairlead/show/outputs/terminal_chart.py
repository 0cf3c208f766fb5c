"""Charts for a terminal: lines over time with bands, marks of events below, and what each of them means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.show.outputs.dot_canvas import Canvas, Glyphs
from fairlead.show.outputs.text import clip, columns, paint, safe

__all__ = ["Band", "Line", "TerminalChart", "compact", "render_chart"]

_HEIGHT = 12
_NARROWEST = 10
_LABEL = 9
_KILO = 1000
_ROUNDED_UP = 999.5
"""From here on three digits would show the next unit."""

_UNITS = ("", "k", "M", "G", "T", "P")


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Values (n,) over the chart's places, NaN where the line is not; `mark` is its ASCII character."""

    label: str
    values: NDArray[np.float64]
    mark: str
    tone: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Low and high (n,), NaN where the band is not; `shade` 0 is the light one."""

    label: str
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    shade: int


@dataclass(frozen=True, slots=True, eq=False)
class TerminalChart:
    """All layers have one value per place; `ends` are the texts below the first and the last place.

    `events` are places that are marked below the picture, and `event` says what they are. `zero` keeps 0 in view.
    """

    title: str
    lines: Sequence[Line]
    ends: tuple[str, str]
    bands: Sequence[Band] = ()
    events: Sequence[int] = ()
    event: str = ""
    zero: bool = False


def render_chart(chart: TerminalChart, *, width: int, colour: bool, glyphs: Glyphs) -> str:
    """The chart as lines of at most `width` columns."""
    canvas = Canvas(max(width - _LABEL - 2, _NARROWEST), _HEIGHT, glyphs)
    low, high = _range(chart)
    for band in chart.bands:
        bottom, _ = _spans((band.low - low) / (high - low), canvas.dots)
        _, top = _spans((band.high - low) / (high - low), canvas.dots)
        canvas.band(bottom, top, band.shade)
    for line in chart.lines:
        canvas.line(*_spans((line.values - low) / (high - low), canvas.dots), line.mark, line.tone)
    rows = canvas.lines(colour=colour)
    texts = {0: compact(high), len(rows) // 2: compact(low + (high - low) * 0.5), len(rows) - 1: compact(low)}
    shown = [paint(clip(safe(chart.title), width), "strong", colour=colour)]
    shown += [f"{texts.get(place, ''):>{_LABEL}} {glyphs.axis}{row}".rstrip() for place, row in enumerate(rows)]
    if chart.events:
        shown.append(_event_row(chart, canvas, colour=colour))
    shown.append(_ends(chart.ends, canvas.width))
    shown += _fitted(list(_legend(chart, glyphs, colour=colour)), canvas.width)
    return "\n".join(shown)


def compact(number: float) -> str:
    """A number in at most nine columns: `12.3k`, `0.0041`, `-3.1M`."""
    scaled = number
    for unit in _UNITS:
        if abs(scaled) < _ROUNDED_UP:
            text = f"{scaled:.3g}{unit}"
            return text if len(text) <= _LABEL else f"{scaled:.2g}"
        scaled /= _KILO
    return f"{number:.2g}"


def _range(chart: TerminalChart) -> tuple[float, float]:
    parts = [line.values for line in chart.lines]
    parts += [side for band in chart.bands for side in (band.low, band.high)]
    known = np.concatenate([part[np.isfinite(part)] for part in parts])
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    low = min(low, 0.0) if chart.zero else low
    return (low, high) if high > low else (low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2)


def _spans(values: NDArray[np.float64], dots: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest per column of dots, (dots,): no spike is lost where many values share a column."""
    count = len(values)
    if count <= dots:
        places = np.linspace(0, count - 1, dots)
        known = np.isfinite(values)
        if not known.any():
            return np.full(dots, np.nan), np.full(dots, np.nan)
        between = np.interp(places, np.flatnonzero(known), values[known])
        nearest = known[np.rint(places).astype(np.int64)]
        drawn = np.where(nearest, between, np.nan)
        return drawn, drawn
    column = np.arange(count) * dots // count
    starts = np.searchsorted(column, np.arange(dots))
    low = np.minimum.reduceat(np.where(np.isfinite(values), values, np.inf), starts)
    high = np.maximum.reduceat(np.where(np.isfinite(values), values, -np.inf), starts)
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)


def _event_row(chart: TerminalChart, canvas: Canvas, *, colour: bool) -> str:
    count = max(len(chart.lines[0].values), 1)
    if count > canvas.dots:
        marked = {place * canvas.width // count for place in chart.events}
    else:  # as the line, from edge to edge
        marked = {round(place * (canvas.width - 1) / max(count - 1, 1)) for place in chart.events}
    cells = (
        paint(canvas.glyphs.event, "bad", colour=colour) if each in marked else " " for each in range(canvas.width)
    )
    return (" " * (_LABEL + 2) + "".join(cells)).rstrip()


def _ends(ends: tuple[str, str], width: int) -> str:
    first, last = (clip(safe(end), width) for end in ends)
    room = width - columns(first) - columns(last)
    text = f"{first}{' ' * room}{last}" if room > 0 else first
    return " " * (_LABEL + 2) + text


def _fitted(entries: list[tuple[str, str]], width: int) -> Iterator[str]:
    """The legend's entries (mark and meaning), as many in a line as there is room for."""
    line, taken = "", 0
    for mark, text in entries:
        if line and taken + columns(text) + _ENTRY > width:
            yield line
            line, taken = "", 0
        line += f"{'   ' if line else ' ' * (_LABEL + 2)}{mark} {text}"
        taken += columns(text) + _ENTRY
    yield line


_ENTRY = 5
"""Columns of an entry beside its text: the mark, and the room around it."""


def _legend(chart: TerminalChart, glyphs: Glyphs, *, colour: bool) -> Iterator[tuple[str, str]]:
    for line in chart.lines:
        yield paint("⠒" if glyphs.down > 1 else line.mark, line.tone, colour=colour), line.label
    for band in chart.bands:
        yield glyphs.shades[band.shade], band.label
    if chart.events:
        yield paint(glyphs.event, "bad", colour=colour), chart.event
