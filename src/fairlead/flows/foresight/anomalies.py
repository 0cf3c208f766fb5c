"""`fairlead anomalies`: every row of the given series gets a verdict, in the order in which the rows came."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fairlead.drivers.ledger.whole_file import whole_file
from fairlead.foresee.anomalies.detector import Detector, Knobs, Verdict
from fairlead.foresee.reading.table import Reading
from fairlead.foresee.series import UNKNOWN_TIME, Note, NoteKind, Series, known_times, shown_times
from fairlead.kernel.errors import UsageError
from fairlead.ports import Progress

__all__ = ["Judged", "Tally", "Watch", "load_state", "save_state"]

_CHUNK_ROWS = 20_000
_STATE_VERSION = 1

_Judge = Callable[[int, float], Verdict]


class Judged(NamedTuple):
    """A row with its verdict; `time` as the file writes times, empty where it is unknown."""

    series: str
    time: str
    value: float
    verdict: Verdict


@dataclass(slots=True)
class Tally:
    """What was found so far: all alarms, and how long the series have been watched."""

    rows: int = 0
    alarms: list[Judged] = field(default_factory=list)
    learning: int = 0
    """Series that are too young for any alarm."""

    @property
    def strongest(self) -> Judged | None:
        """The alarm with the highest score, the first of equals."""
        return max(self.alarms, key=lambda each: each.verdict.score, default=None)


class Watch:
    """A detector for each series by its name. What it has learnt can be saved and resumed.

    `knobs` are the ones that the person turned; they win over those that a saved state holds.
    """

    def __init__(self, knobs: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> None:
        self._knobs = dict(knobs)
        self._detectors: dict[str, Detector] = {}
        self._first: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self.tally = Tally()
        try:
            for name, saved in (state or {}).get("series", {}).items():
                turned = {**saved["detector"]["knobs"], **self._knobs}
                self._detectors[name] = Detector.resumed({**saved["detector"], "knobs": turned})
                self._first[name], self._last[name] = int(saved["first"]), int(saved["last"])
                self._counts[name] = int(saved["values"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"the saved state is broken: {error!r}", mend=_MEND) from error

    def judge(self, reading: Reading, progress: Progress) -> Iterator[Judged]:
        """A verdict per row, in the order of the rows; rows out of the order of time are judged in that order."""
        codes, times, values = _as_in_file(reading.series)
        judges = [self._judge_of(series) for series in reading.series]
        names = [series.name for series in reading.series]
        for first in range(0, len(codes), _CHUNK_ROWS):
            part = slice(first, first + _CHUNK_ROWS)
            texts = shown_times(times[part], reading.series[0].form)
            progress(first, len(codes), "judging")
            for code, time, value, text in zip(
                codes[part].tolist(), times[part].tolist(), values[part].tolist(), texts, strict=True
            ):
                judged = Judged(names[code], text, value, judges[code](time, value))
                self.tally.rows += 1
                if judged.verdict.alarm:
                    self.tally.alarms.append(judged)
                yield judged
        self.tally.learning = sum(self._is_learning(name) for name in self._detectors)

    def take_over(self, reading: Reading, stem: str) -> Iterator[Note]:
        """Let a file's lone series go on from the lone series of a resumed state, though the files' names differ.

        `stem` is the name of the file: a series that is called so has no name of its own.
        """
        if len(reading.series) == 1 == len(self._detectors):
            (new,), (old,) = reading.series, self._detectors
            if new.name == stem != old:
                for learnt in (self._detectors, self._first, self._last, self._counts):
                    _rename(learnt, old, stem)
                yield Note(NoteKind.SAME_NAME, stem, 1, f"{stem}: goes on from what {old} taught")

    def already_judged(self, reading: Reading) -> Iterator[Note]:
        """A note for each series with rows that are not later than what a resumed state has seen."""
        for series in reading.series:
            known = series.times[series.times != UNKNOWN_TIME]
            count = int(np.sum(known <= self._last[series.name])) if series.name in self._last else 0
            if count:
                message = f"{series.name}: {count:,} rows are not later than what was judged before; give new rows only"
                yield Note(NoteKind.ALREADY_JUDGED, series.name, count, message)

    def saved(self) -> dict[str, Any]:
        """Everything that was learnt, as JSON can hold it."""
        return {
            "schema_version": _STATE_VERSION,
            "series": {
                name: {
                    "first": self._first[name],
                    "last": self._last[name],
                    "values": self._counts[name],
                    "detector": detector.saved(),
                }
                for name, detector in self._detectors.items()
            },
        }

    def _judge_of(self, series: Series) -> _Judge:
        detector = self._detectors.setdefault(series.name, Detector(Knobs(**self._knobs)))
        times = known_times(series.times)
        self._first[series.name] = min(int(times.min()), self._first.get(series.name, int(times.min())))
        self._last[series.name] = max(int(times.max()), self._last.get(series.name, int(times.max())))
        self._counts[series.name] = self._counts.get(series.name, 0) + int(np.isfinite(series.values).sum())
        if (np.diff(times) >= 0).all() and (series.times != UNKNOWN_TIME).all():
            return detector.step
        verdicts = _in_order_of_time(detector, times, series.values)
        return lambda _time, _value: next(verdicts)

    def _is_learning(self, name: str) -> bool:
        knobs = Knobs(**self._knobs)
        span = self._last[name] - self._first[name]
        return span < knobs.warm_up_days * _DAY or self._counts[name] <= knobs.warm_up_rows


def _rename(named: dict[str, Any], old: str, new: str) -> None:
    named[new] = named.pop(old)


_DAY = 86_400_000_000


def _in_order_of_time(detector: Detector, times: NDArray[np.int64], values: NDArray[np.float64]) -> Iterator[Verdict]:
    """Judge in the order of time, and answer in the order of the rows; 40 bytes a row are held in between."""
    held = np.empty((len(times), 5))
    for row in np.argsort(times, kind="stable").tolist():
        held[row] = detector.step(int(times[row]), float(values[row]))
    for score, expected, low, high, alarm in held:
        yield Verdict(float(score), float(expected), float(low), float(high), bool(alarm))


def _as_in_file(
    series: tuple[Series, ...],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """Number of the series, time and value of each row, in the order of the file."""
    if len(series) == 1:
        return np.zeros(len(series[0]), dtype=np.int32), series[0].times, series[0].values
    count = sum(map(len, series))
    codes, times, values = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int64), np.empty(count)
    for code, each in enumerate(series):
        codes[each.rows], times[each.rows], values[each.rows] = code, each.times, each.values
    return codes, times, values


def load_state(path: Path) -> dict[str, Any] | None:
    """What was saved, or None where there is no such file yet; `UsageError` where it holds something else."""
    try:
        state = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"no saved state: {error}", where=str(path), mend=_MEND) from error
    if not isinstance(state, dict) or state.get("schema_version") != _STATE_VERSION or "series" not in state:
        raise UsageError("no saved state of this version", where=str(path), mend=_MEND)
    return state


_MEND = "name a file that --memory has written, or a new one"


def save_state(watch: Watch, path: Path) -> None:
    """Write the state, whole or not at all."""
    with whole_file(path) as beside:
        beside.write_text(json.dumps(watch.saved(), allow_nan=False), encoding="utf-8")
