"""A long span asked for in pieces of whole windows, one in memory at a time, as long as one answer can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fairlead.kernel.errors import BrokenWorldError
from fairlead.meter.collectors.series import LOOKBACK, Series

__all__ = ["Ask", "Piece", "pieces"]

Ask = Callable[[str, int, int], Sequence[Series] | None]
"""Raw samples of a selector in (after, upto], in milliseconds since 1970; None: too many for one answer."""

_HOUR = 3_600_000
_LONGEST = 24 * _HOUR
_FEW = 50_000
"""Samples below which the next piece is twice as long."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The windows of `step` milliseconds in (after, upto], and series from a lookback before it to one after it."""

    after: int
    upto: int
    step: int
    series: Sequence[Series]

    def window(self, at: int) -> int:
        """Start of the window that holds a moment. Windows are aligned to 1970."""
        return at // self.step * self.step

    def parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A span as far as it lies in the piece: each window's start, and how much of the span is in it."""
        start, end = max(start, self.after), min(end, self.upto)
        while start < end:
            window = self.window(start)
            until = min(window + self.step, end)
            yield window, until - start
            start = until


def pieces(ask: Ask, selector: str, start: int, end: int, step: int) -> Iterator[Piece]:
    """The span from `start` to `end`, both edges of windows of `step` milliseconds, in order.

    BrokenWorldError where a single window is too much for one answer.
    """
    windows = max(_HOUR // step, 1)
    while start < end:
        upto = min(start + windows * step, end)
        found = ask(selector, start - LOOKBACK - 1, upto + LOOKBACK)
        if found is None:
            windows = (upto - start) // step // 2
            if not windows:
                what = f"{selector} has too many samples in one window of {step // 1000} s"
                raise BrokenWorldError(what, mend="collect with a smaller --step")
            continue
        yield Piece(start, upto, step, found)
        start = upto
        if sum(len(each.samples) for each in found) < _FEW:
            windows = min(windows * 2, max(_LONGEST // step, 1))
