"""Progress of long work: a bar on a terminal's stderr, nothing in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from fairlead.ports import Progress
from fairlead.show.outputs.text import clip, safe

__all__ = ["Bar", "progress_on"]

_EVERY = 0.1
_CELLS = 24
_CLEAR = "\r\x1b[K"


class Bar:
    """A bar that is redrawn in place, ten times a second at most; `clock` gives seconds."""

    def __init__(self, stream: TextIO, width: int, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._width = width
        self._clock = clock
        self._next = 0.0
        self._drawn = False

    def __call__(self, done: int, total: int, label: str) -> None:
        """Draw `done` of `total` of the work called `label`; a total of 0 is not known."""
        now = self._clock()
        if now < self._next and done != total:
            return
        self._next = now + _EVERY
        self._drawn = True
        self._stream.write(_CLEAR + clip(f"{_bar(done, total)} {safe(label)}", self._width - 1))
        self._stream.flush()

    def clear(self) -> None:
        """Take the bar away, so that what follows stands on a line of its own."""
        if self._drawn:
            self._stream.write(_CLEAR)
            self._stream.flush()


def _bar(done: int, total: int) -> str:
    if total <= 0:
        return f"{done:,}"
    share = min(done, total) / total
    full = int(share * _CELLS)
    return f"[{'#' * full}{'.' * (_CELLS - full)}] {share:4.0%}"


def _quiet(done: int, total: int, label: str) -> None:
    """Progress in a pipe."""


@contextmanager
def progress_on(stream: TextIO, width: int, clock: Callable[[], float]) -> Iterator[Progress]:
    """A bar on `stream` where that is a terminal, and its removal at the end; silence elsewhere."""
    if not stream.isatty():
        yield _quiet
        return
    bar = Bar(stream, width, clock)
    try:
        yield bar
    finally:
        bar.clear()
