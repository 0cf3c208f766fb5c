"""A piece of work done again and again. One beat's failure is logged with its traceback and spoils no other beat."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

from fairlead.kernel.errors import FairleadError

__all__ = ["Beat"]

_LOG = logging.getLogger(__name__)
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


@dataclass(slots=True)
class Beat:
    """`work` every `period` until told to stop. `failures` counts beats in a row that failed; readiness reads it."""

    name: str
    period: timedelta
    work: Callable[[], None]
    failures: int = field(default=0)

    def run(self, stop: Event) -> None:
        """Beat until `stop` is set; a beat that takes longer than its period is followed by the next at once."""
        while not stop.is_set():
            self.once()
            stop.wait(self.period.total_seconds())

    def once(self) -> None:
        """One beat. What the world broke is told in one line; what we broke, with its traceback."""
        try:
            self.work()
        except FairleadError as error:
            self.failures += 1
            _LOG.warning("%s: %s", self.name, error)
        except OSError as error:
            self.failures += 1
            if error.errno not in _NO_SPACE:
                _LOG.exception("%s failed", self.name)
            else:
                place = f"{error.filename}: " if error.filename else ""
                _LOG.warning("%s: %s%s - make room on the disk", self.name, place, error.strerror)
        except Exception:  # noqa: BLE001 - told with its traceback; the next beat starts from what it finds
            self.failures += 1
            _LOG.exception("%s failed", self.name)
        else:
            self.failures = 0
