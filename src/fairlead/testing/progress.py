"""Progress that nobody watches, and progress that a test reads."""

from __future__ import annotations

__all__ = ["RecordedProgress", "no_progress"]


def no_progress(done: int, total: int, label: str) -> None:
    """A Progress that shows nothing."""


class RecordedProgress:
    """A Progress that keeps every report, in order, as (done, total, label)."""

    def __init__(self) -> None:
        self.reports: list[tuple[int, int, str]] = []

    def __call__(self, done: int, total: int, label: str) -> None:
        """Keep the report."""
        self.reports.append((done, total, label))
