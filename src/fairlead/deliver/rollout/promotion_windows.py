"""When a release may go on: windows on the clocks of the place that they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from fairlead.domain.workspace import PromotionWindow

__all__ = ["next_opening", "open_window"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_MIDNIGHT = "24:00"

# A window of one day of the week that falls into an hour which the clocks leave out opens a week later.
_FAR = 16


def open_window(windows: Sequence[PromotionWindow], now: datetime) -> bool:
    """Whether a window is open at `now` (aware): its begin counts in, its end does not. Without windows: always.

    Clocks decide, as people read them: an hour that comes twice is open twice, one that is left out is not open.
    A window whose end is not after its begin goes on over midnight; `days` are those on which it begins.
    """
    return not windows or any(_open(window, now.astimezone(_zone(window))) for window in windows)


def next_opening(windows: Sequence[PromotionWindow], now: datetime) -> datetime | None:
    """The first moment from `now` on at which a window is open, in UTC; `now` itself where one is.

    None where none opens within two weeks: there is none then that ever does.
    """
    if open_window(windows, now):
        return now.astimezone(UTC)
    moments = sorted({moment for window in windows for moment in _changes(window, now) if moment > now})
    return next((moment for moment in moments if open_window(windows, moment)), None)


def _zone(window: PromotionWindow) -> tzinfo:
    # UTC needs no database of zones, which small containers lack.
    return UTC if window.zone == "UTC" else ZoneInfo(window.zone)


def _open(window: PromotionWindow, local: datetime) -> bool:
    clock, today = local.time(), local.date()
    begin, end = _clock(window.begin), _end(window)
    if end is not None and end > begin:
        return begin <= clock < end and _begins(window, today)
    if clock >= begin and _begins(window, today):
        return True
    return end is not None and clock < end and _begins(window, today - _DAY)


def _begins(window: PromotionWindow, day: date) -> bool:
    return not window.days or _DAYS[day.weekday()] in window.days


def _end(window: PromotionWindow) -> time | None:
    """None: the end of the day."""
    return None if window.end == _MIDNIGHT else _clock(window.end)


def _clock(text: str) -> time:
    return time.fromisoformat(text)


def _changes(window: PromotionWindow, now: datetime) -> Iterator[datetime]:
    """All moments of the days to come at which this window can open: when it begins, and when clocks are changed."""
    zone, begin = _zone(window), _clock(window.begin)
    first = now.astimezone(zone).date()
    for day in (first + _DAY * count for count in range(_FAR)):
        for fold in (0, 1):
            yield datetime.combine(day, begin.replace(fold=fold), zone).astimezone(UTC)
        yield from _clock_change(day, zone)


def _clock_change(day: date, zone: tzinfo) -> Iterator[datetime]:
    """The minute of the day at which its clocks are changed, if they are."""
    low, high = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + _DAY))
    before = low.astimezone(zone).utcoffset()
    if before == high.astimezone(zone).utcoffset():
        return
    while high - low > _MINUTE:
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    yield high.replace(second=0, microsecond=0)
