"""Lines of any log, and which of them are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["LogLine", "LogQuery"]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of any log: when, of whom (`gateway`, `control` or a server's id), which request, and its text."""

    at: datetime
    source: str
    environment: str
    model: str
    release: str
    request: str
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines are wanted; empty fields match all. `release` matches the digest's or the name's beginning."""

    model: str = ""
    environment: str = ""
    release: str = ""
    request: str = ""
    source: str = ""
    since: datetime | None = None
    limit: int = 200
