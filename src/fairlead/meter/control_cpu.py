"""The control process's own CPU time, which is a part of what the platform costs."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterable
from datetime import timedelta

from fairlead.domain.serving import CpuReading
from fairlead.kernel.windows import iso, parse_iso
from fairlead.meter.cpu import MeteredServer
from fairlead.ports import Clock, StateStore

__all__ = ["ControlCpu", "earlier_controls"]

_FACT = "meter.control"
_SAVE_EVERY = timedelta(seconds=5)
_KEPT_READINGS = 90
_KEPT_PROCESSES = 4


class ControlCpu:
    """Readings of this process, written down now and then, so that its successor can book them."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        """Nothing is read before the first `read`."""
        self._state = state
        self._clock = clock
        self._started = self._saved = clock.now()
        self._readings: list[CpuReading] = []
        self.id = f"control.{os.getpid()}.{iso(self._started)}"

    def read(self, *, final: bool = False) -> None:
        """Take a reading; write the readings down every few seconds and at the end."""
        now = self._clock.now()
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu_us = round((used.ru_utime + used.ru_stime) * 1_000_000)
        self._readings = [*self._readings[-_KEPT_READINGS:], CpuReading(self.id, now, cpu_us, final)]
        if final or now - self._saved >= _SAVE_EVERY:
            self._saved = now
            self._save()

    def server(self) -> MeteredServer:
        """This process as a part of the platform."""
        return MeteredServer(self.id, "", "", "", "control", self._started, tuple(self._readings))

    def _save(self) -> None:
        kept = json.loads(self._state.fact(_FACT) or "{}")
        rows = [[iso(each.at), each.cpu_us, each.final] for each in self._readings]
        kept[self.id] = {"started": iso(self._started), "readings": rows}
        newest = dict(sorted(kept.items(), key=lambda item: str(item[1]["started"]))[-_KEPT_PROCESSES:])
        self._state.put_fact(_FACT, json.dumps(newest))


def earlier_controls(state: StateStore, *, own: str, held: bool) -> Iterable[MeteredServer]:
    """Control processes that wrote readings down, `own` left out.

    Only the newest of them can still run, and only where this process is none and somebody holds the state.
    """
    kept = json.loads(state.fact(_FACT) or "{}")
    newest = max(kept, key=lambda each: str(kept[each]["started"]), default="")
    for name, told in kept.items():
        if name == own:
            continue
        readings = tuple(CpuReading(name, parse_iso(at), used, final) for at, used, final in told["readings"])
        gone = bool(own) or name != newest or not held
        yield MeteredServer(name, "", "", "", "control", parse_iso(told["started"]), readings, gone=gone)
