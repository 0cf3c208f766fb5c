"""Rows of a cost report by release and window, as lines over time need them: one step per window, holes stay holes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from fairlead.meter.report import CostRow

__all__ = ["end_of", "leading", "start_of", "windows_of"]


def start_of(row: CostRow) -> datetime:
    """When the row's window begins."""
    moment = row.key["window_start"]
    assert isinstance(moment, datetime)  # noqa: S101 - a report by window has moments here
    return moment


def end_of(row: CostRow) -> datetime:
    """When the row's window ends."""
    moment = row.key["window_end"]
    assert isinstance(moment, datetime)  # noqa: S101 - the same
    return moment


def windows_of(rows: Sequence[CostRow]) -> Iterator[tuple[datetime, tuple[CostRow, ...]]]:
    """Each window's rows, by time; none at the beginning of a stretch without one, so that no line is drawn across."""
    until: datetime | None = None
    for start, rest in groupby(rows, key=start_of):
        window = tuple(rest)
        if until is not None and start > until:
            yield until, ()
        yield start, window
        until = end_of(window[0])


def leading(window: Sequence[CostRow]) -> CostRow | None:
    """While two releases share a window, the line is of that which answered more; None where there is no row."""
    return max(window, key=lambda row: row.requests, default=None)
