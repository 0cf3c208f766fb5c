"""Spans and moments for eyes. The exact moment stands beside each, in a title."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["ago", "clock_time", "span"]

_MEANWHILE = timedelta(seconds=5)
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def span(length: timedelta) -> str:
    """The largest unit, and the next one where it still says something: `2 h 5 min`, `14 s`, `3 d`."""
    left = int(abs(length).total_seconds())
    for place, (seconds, unit) in enumerate(_SPANS):
        if left >= seconds:
            whole, rest = divmod(left, seconds)
            below = _SPANS[place + 1] if place + 1 < len(_SPANS) and whole < 10 else None  # noqa: PLR2004 - one digit
            more = f" {rest // below[0]} {below[1]}" if below and rest >= below[0] else ""
            return f"{whole} {unit}{more}"
    return "0 s"


def ago(now: datetime, moment: datetime) -> str:
    """In one unit: `12 s ago`, `in 3 h`. What happened while a page was made is not in its future."""
    left = int(abs(now - moment).total_seconds())
    if left == 0 or timedelta() < moment - now < _MEANWHILE:
        return "just now"
    seconds, unit = next(((seconds, unit) for seconds, unit in _SPANS if left >= seconds), (1, "s"))
    text = f"{left // seconds} {unit}"
    return f"in {text}" if moment > now else f"{text} ago"


def clock_time(now: datetime, moment: datetime) -> str:
    """UTC, with the day where it is another one: `12:04:31`, `21 Nov 08:15`."""
    there = moment.astimezone(UTC)
    if there.date() == now.astimezone(UTC).date():
        return there.strftime("%H:%M:%S")
    year = there.strftime(" %Y") if there.year != now.year else ""
    return f"{there.day} {there.strftime('%b')}{year} {there.strftime('%H:%M')}"
