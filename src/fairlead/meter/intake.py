"""Fills the open window from the log: late lines count in it, early ones are carried into the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fairlead.kernel.windows import Window
from fairlead.meter.collectors.access_log import AccessLog, Batch, LogPosition, parse_lines
from fairlead.meter.tally import Tally, read_line

__all__ = ["SLACK_US", "Intake", "LogTrouble", "to_us"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SLACK_US = 1_000_000
"""How far lines may stand out of order: Envoy's threads write at the end of a request, flushed every 100 ms."""

_CLOCK_US = 5_000_000
"""A line further in the future than this comes from a clock that was set back; it counts where it is read."""


def to_us(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


@dataclass(slots=True)
class LogTrouble:
    """Lines that were not as they should be. `late` and `future` are counted as usage, the others could not be."""

    garbage: int = 0
    late: int = 0
    future: int = 0
    lost_position: bool = False


class Intake:
    """A window that fills: its tally, the beginning of the next one's (`carry`), and how far the log is read."""

    def __init__(self, window: Window, position: LogPosition, tally: Tally, carry: Tally) -> None:
        self.window = window
        self.position = position
        self.tally = tally
        self.carry = carry
        self.trouble = LogTrouble()
        self._start_us = to_us(window.start)
        self._end_us = to_us(window.end)

    def read(self, log: AccessLog, now: datetime) -> None:
        """Read on, to the end of the log or to the first line that ends `SLACK_US` after the window."""
        for batch in log.batches(self.position):
            if not self.take(batch, now):
                return

    def take(self, batch: Batch, now: datetime) -> bool:
        """Count a batch's lines; false where one was left because it lies beyond the window."""
        self.trouble.garbage += batch.skipped
        self.trouble.lost_position |= batch.lost
        lines = parse_lines(batch.data)
        taken = self._take(lines, to_us(now))
        self.position = batch.after(taken)
        return taken == len(lines)

    def _take(self, lines: list[object], now_us: int) -> int:
        """Count lines up to the first that lies beyond; how many."""
        horizon = min(self._end_us + SLACK_US, now_us + _CLOCK_US)
        for place, raw in enumerate(lines):
            try:
                line = read_line(raw)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
                self.trouble.garbage += 1
                continue
            if line.end_us < self._end_us:
                self.trouble.late += line.end_us < self._start_us
                self.tally.add(line)
            elif line.end_us < horizon:
                self.carry.add(line)
            elif line.end_us >= now_us + _CLOCK_US:
                self.trouble.future += 1
                self.tally.add(line)
            else:
                return place
        return len(lines)
