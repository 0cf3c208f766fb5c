"""All numbers watched of one model in one environment: a window in, the surprises of every number up to date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import exp
from typing import Any

from fairlead.foresee.cost_events.jobs import JobHours
from fairlead.foresee.cost_events.season import HOURS
from fairlead.foresee.cost_events.signals import SIGNALS, readings
from fairlead.foresee.cost_events.track import Track
from fairlead.foresee.cost_events.window import SERVING, CostWindow

__all__ = ["Gauges", "Place", "stage_name"]

_JOB_FLOOR = 0.05
"""Spread of a stage of jobs, in units of what the model costs in a usual window."""

_MOST_TIMES = 50.0
_USUAL = 1 / 288


@dataclass(frozen=True, slots=True)
class Place:
    """A window's place in time, and what is going on in it.

    `starting`: a release starts up. `known`: the predicted rise of a release that settles, as a logarithm, else 0.
    """

    number: int
    hour: float
    day: int
    starting: bool = False
    known: float = 0.0

    @classmethod
    def of(cls, window: CostWindow, *, starting: bool, known: float) -> Place:
        """Where a window stands."""
        seconds = window.start.timestamp()
        return cls(int(seconds // window.seconds), seconds / 3600 % HOURS, int(seconds // 86_400), starting, known)


def stage_name(stage: str) -> str:
    """The gauge of a stage of jobs."""
    return f"stage:{stage}"


class Gauges:
    """`tracks` by name: those of SIGNALS, `size` (held seconds), and one per stage of jobs."""

    def __init__(self) -> None:
        self.tracks: dict[str, Track] = {}
        self.usual_cost = 0.0
        self._jobs: dict[str, JobHours] = {}
        self._values: dict[str, float] = {}

    def meet(self, window: CostWindow, at: Place) -> None:
        """Compare a window with what was expected of it."""
        self._values = readings(window)
        self._values.update(self._stages(window))
        surprises = {name: self._surprise(name, value, at) for name, value in self._values.items()}
        if "held" in surprises:
            surprises["held"] = min(surprises["held"], surprises["size"])
        for name, surprise in surprises.items():
            signal = SIGNALS.get(name)
            allowed = at.known if signal and signal.released else 0.0
            self.tracks[name].meet(
                at.number,
                at.hour,
                surprise - min(max(surprise, 0.0), allowed),
                self._chance(name, window, at.hour),
                alone=bool(signal and signal.starts and at.starting),
            )

    def learn(self, window: CostWindow, at: Place, apart: Collection[str]) -> None:
        """Take the window for ordinary, but for the gauges that stand apart."""
        for name, value in self._values.items():
            if name in apart:
                continue
            signal = SIGNALS.get(name)
            if name in self._jobs:
                self._jobs[name].learn(at.hour, value)
            elif at.known and signal and signal.released:
                self.tracks[name].learn(at.hour, value, known=at.known)
            elif not (at.starting and signal and signal.starts):
                self.tracks[name].learn(at.hour, value)
        total = float(sum(use.cost for use in window.stages.values()))
        if not self.usual_cost:
            self.usual_cost = total
        elif not apart:
            self.usual_cost += _USUAL * (min(total, 4 * self.usual_cost) - self.usual_cost)

    def accept(self, name: str, span: int) -> None:
        """Take what a gauge showed over the last `span` windows for its new level."""
        track = self.tracks[name]
        change = track.middle(span)
        if name in self._jobs:
            self._jobs[name].accept(change)
        else:
            track.season.shift(change)
        track.forget()

    def is_job(self, name: str) -> bool:
        """Whether a gauge is of a stage of jobs."""
        return name in self._jobs

    def _stages(self, window: CostWindow) -> dict[str, float]:
        """Cost of the stages of jobs, of those too that cost nothing now, per usual cost of the model."""
        named = {stage_name(stage): use for stage, use in window.stages.items() if stage != SERVING}
        for name in named:
            self._jobs.setdefault(name, JobHours())
        unit = self.usual_cost
        return {
            name: min(float(named[name].cost) / unit, _MOST_TIMES) if unit and name in named else 0.0
            for name in self._jobs
        }

    def _surprise(self, name: str, value: float, at: Place) -> float:
        track = self.tracks.get(name)
        if track is None:
            signal = SIGNALS.get(name)
            floor = signal.floor if signal else _JOB_FLOOR
            track = self.tracks[name] = Track(floor, at.number)
        return value - self._jobs[name].expected(at.hour) if name in self._jobs else track.surprise(at.hour, value)

    def _chance(self, name: str, window: CostWindow, hour: float) -> float:
        """Variance by the number of inferences alone."""
        signal = SIGNALS.get(name)
        if signal is None or not signal.grain:
            return 0.0
        count: float = window.inferences
        if name == "demand":
            usual = self.tracks[name].season.expected(hour)
            count = exp(usual) if usual is not None else count
        return signal.grain / max(count, 1.0)

    def saved(self) -> dict[str, Any]:
        """The state, as JSON can hold it."""
        return {
            "tracks": {name: track.saved() for name, track in self.tracks.items()},
            "jobs": {name: hours.saved() for name, hours in self._jobs.items()},
            "usual_cost": self.usual_cost,
        }

    @classmethod
    def resumed(cls, state: dict[str, Any]) -> Gauges:
        """Make again what `saved` returned."""
        made = cls()
        for name, track in state["tracks"].items():
            signal = SIGNALS.get(name)
            made.tracks[name] = Track.resumed(signal.floor if signal else _JOB_FLOOR, track)
        made._jobs = {name: JobHours(most) for name, most in state["jobs"].items()}
        made.usual_cost = state["usual_cost"]
        return made
