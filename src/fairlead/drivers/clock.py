"""The real clock. Everything that asks for time is handed one, and tests hand it another."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

__all__ = ["SystemClock"]


class SystemClock:
    """Time as the machine tells it."""

    def now(self) -> datetime:
        """Current time, aware UTC."""
        return datetime.now(UTC)

    def sleep(self, span: timedelta) -> None:
        """Wait for `span`; not at all for a negative one."""
        time.sleep(max(0.0, span.total_seconds()))
