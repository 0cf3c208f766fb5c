"""Time that a test owns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["ManualClock"]

_START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class ManualClock:
    """A Clock that stands still until it is moved; to sleep moves it."""

    def __init__(self, start: datetime = _START) -> None:
        self._now = start

    def now(self) -> datetime:
        """The moment that it was moved to."""
        return self._now

    def sleep(self, span: timedelta) -> None:
        """Move on by `span`, at once."""
        self._now += max(span, timedelta())

    advance = sleep
