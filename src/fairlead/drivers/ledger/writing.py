"""One writer at a time in the ledger's folder: the first step of everything that changes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairlead.drivers.holder import WRITER, hold
from fairlead.ports import Clock

__all__ = ["Writing"]


class Writing:
    """The right to write, held by one thread; it may ask again while it has it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._thread: int | None = None

    @property
    def held(self) -> bool:
        """Whether this ledger is being written here."""
        return self._thread is not None

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Hold the ledger; whether it was taken just now. ConflictError, naming the holder, where another has it."""
        if self._thread == threading.get_ident():
            yield False
            return
        with hold(self._folder, self._clock, lock=WRITER):
            self._thread = threading.get_ident()
            try:
                yield True
            finally:
                self._thread = None
