"""Retry as Argo CD does it: 5 times, after 5, 10, 20, 40, 80 seconds, at most 3 minutes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

__all__ = ["FIRST_DELAY", "LIMIT", "LONGEST_DELAY", "Attempts"]

LIMIT = 5
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failures of one release in one environment. A new release, or a new commit, starts from none."""

    failures: int = 0
    not_before: datetime | None = None

    @property
    def exhausted(self) -> bool:
        """Whether no further try is made until Git changes."""
        return self.failures > LIMIT

    def rested(self, now: datetime) -> bool:
        """Whether the delay after the last failure is over."""
        return self.not_before is None or now >= self.not_before

    def due(self, now: datetime) -> bool:
        """Whether the next try may be made."""
        return not self.exhausted and self.rested(now)

    def failed(self, now: datetime) -> Attempts:
        """One more failure; the delay doubles from FIRST_DELAY up to LONGEST_DELAY."""
        delay = min(FIRST_DELAY * 2**self.failures, LONGEST_DELAY)
        return replace(self, failures=self.failures + 1, not_before=now + delay)
