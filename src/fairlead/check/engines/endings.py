"""Which questions have ended the process that evaluated them, so that none may do it for ever."""

from __future__ import annotations

from collections.abc import Hashable

__all__ = ["Endings"]

_MOST = 3


class Endings:
    """Counts of one run. What has ended its process three times is not asked any more in it."""

    def __init__(self) -> None:
        self._told: dict[Hashable, list[str]] = {}

    def add(self, key: Hashable, why: str) -> None:
        """One more process was ended by it."""
        self._told.setdefault(key, []).append(why)

    def spent(self, key: Hashable) -> str:
        """Why it is not asked any more; '' where it is."""
        told = self._told.get(key, [])
        return f"not asked any more after {len(told)} ended processes: {told[-1]}" if len(told) >= _MOST else ""
