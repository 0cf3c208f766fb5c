"""Metering windows: half-open intervals of UTC time, aligned to the epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["Window", "iso", "parse_iso", "window_at", "windows_between"]


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """`start <= t < end`, both aware UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """Length in whole seconds."""
        return int((self.end - self.start).total_seconds())

    def __contains__(self, moment: datetime) -> bool:
        """Whether `moment` lies in the half-open interval."""
        return self.start <= moment < self.end


def window_at(moment: datetime, length: timedelta) -> Window:
    """The window of `length` (whole seconds) that holds `moment`, aligned to 1970-01-01T00:00Z."""
    step = int(length.total_seconds())
    begin = int(moment.timestamp()) // step * step
    start = datetime.fromtimestamp(begin, UTC)
    return Window(start, start + length)


def windows_between(start: datetime, end: datetime, length: timedelta) -> Iterator[Window]:
    """All windows that overlap `[start, end)`, in order."""
    window = window_at(start, length)
    while window.start < end:
        yield window
        window = Window(window.end, window.end + length)


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `2026-11-23T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """The moment that `iso` wrote (or any RFC 3339 text); without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
