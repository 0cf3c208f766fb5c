"""The watch over the cost of one model in one environment: closed windows in, events out, minutes after they began.

Each window is compared with what the hour of the week and the last hours let expect, factor by factor; an event owns
what moved with it until cost is back or the change is the new level. Nothing after a window is used for it, and the
state can be saved after any window and resumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fairlead.domain.anomaly import CostEvent, Deployed, Ending
from fairlead.foresee.cost_events.diagnosis import Diagnosis, diagnosis
from fairlead.foresee.cost_events.drafting import draft
from fairlead.foresee.cost_events.gauges import Gauges, Place
from fairlead.foresee.cost_events.going import Going
from fairlead.foresee.cost_events.origin import is_new, is_starting, known_rise
from fairlead.foresee.cost_events.signals import SIGNALS
from fairlead.foresee.cost_events.splits import Splits
from fairlead.foresee.cost_events.track import KEPT
from fairlead.foresee.cost_events.window import CostWindow
from fairlead.kernel.windows import Window

__all__ = ["CostWatch", "WatchKnobs"]

_DAY = 86_400
_BACK_WINDOWS, _BACK = 6, 0.35
"""Cost is back when a gauge showed less than this part of its rise over so many windows."""

_SPREADS_FOR, _ON_ITS_WAY = 12, 0.5
"""Windows in which what else moves belongs to the event before; so it does once less than this part is left of it."""

_PART_OF_BEFORE = Decimal("0.5")
"""What begins so soon after an event is another only if it costs at least this part of it."""

_BRIEF = timedelta(hours=1)
"""What is over so soon may come again as a burst: it raises the bar."""

_AGAIN = 0.7
"""What lasted longer raises it too, but less: were it to come again as strong, it would be told again."""

_ECHO = timedelta(minutes=30)
"""After a planned load the machines that it needed are still there."""


@dataclass(frozen=True, slots=True)
class WatchKnobs:
    """What a person may turn."""

    alarms_per_month: float = 1.0
    """False alarms that are borne in thirty days, over all gauges of the watch together."""

    least_stake: Decimal = Decimal(0)
    """Money per hour below which nothing alarms."""

    warm_up_days: float = 14.0
    """Days of windows before anything alarms."""

    accept_after_days: float = 7.0
    """Days after which a change that stays is the new level."""


class CostWatch:
    """Feed it the windows of one (environment, model) in the order of time."""

    def __init__(self, knobs: WatchKnobs = WatchKnobs()) -> None:
        self._knobs = knobs
        self._begin(0)

    def _begin(self, seconds: int) -> None:
        """Know nothing yet of windows of that length."""
        self._seconds = seconds
        self._first: int | None = None
        self._number = -1
        self._gauges = Gauges()
        self._splits = Splits()
        self._going: list[Going] = []

    @property
    def open(self) -> tuple[CostEvent, ...]:
        """Events that go on."""
        return tuple(going.event for going in self._going)

    def step(
        self, window: CostWindow, deployed: Sequence[Deployed] = (), planned: Sequence[Window] = ()
    ) -> CostEvent | None:
        """Judge a closed window; an event is returned when it begins, and once more when it ends.

        `deployed` are the model's deployments of at least the last two days, `planned` the planned loads that hold
        for the model. A window that was seen before is left out, so that a feed may be repeated. With windows of
        another length than before the watch begins anew: what was learnt of the old ones does not hold for them.
        """
        if window.seconds != self._seconds:
            self._begin(window.seconds)
        if self._first is None and not window.inferences and is_new(window, deployed):
            return None  # nobody has asked it yet: that is not what is usual
        place = Place.of(window, starting=is_starting(window, deployed), known=known_rise(window, deployed))
        if place.number <= self._number:
            return None
        self._number = place.number
        self._first = place.number if self._first is None else self._first
        self._gauges.meet(window, place)
        self._splits.add(place.number, window)
        ended = self._ended(window, place)
        is_planned = any(span.start < window.end and window.start < span.end + _ECHO for span in planned)
        quiet = {name for name, signal in SIGNALS.items() if signal.planned} if is_planned else set()
        if is_planned:
            quiet.update(name for name in self._gauges.tracks if self._gauges.is_job(name))
        found = None if ended else self._found(window, place, quiet, deployed)
        self._learn(window, place, quiet)
        for name in quiet & self._gauges.tracks.keys():
            self._gauges.tracks[name].restart()
        return ended or found

    def accept(self, event: str, at: datetime) -> CostEvent | None:
        """Take what an event changed for the new level; returns it as ended, None where no such event goes on."""
        going = next((each for each in self._going if each.event.id == event), None)
        return self._accepted(going, at) if going else None

    def _found(
        self, window: CostWindow, place: Place, quiet: set[str], deployed: Sequence[Deployed]
    ) -> CostEvent | None:
        warm = self._knobs.warm_up_days * _DAY / window.seconds
        if self._first is None or place.number - self._first < warm:
            return None
        gauges, owned = self._gauges, self._owned()
        ready = [
            name
            for name, track in gauges.tracks.items()
            if (gauges.is_job(name) or (name in SIGNALS and place.number - track.first >= warm / 2))
            and track.last == place.number
            and name not in quiet
            and name not in owned
        ]
        found = diagnosis(gauges, ready, self._knobs.alarms_per_month, starting=place.starting)
        if found is None:
            return None
        event = draft(window, found, gauges, self._splits, deployed)
        part = [each for each in self._going if self._spreads(each, place)]
        if part and not all(_is_another(event, each.event) for each in part):
            part[-1].owned.update({name: list(gauges.tracks[name].evidence) for name in found.moved})
            return None
        if event.stake.amount < self._knobs.least_stake:
            return None
        self._open(event, found, place)
        return event

    def _spreads(self, going: Going, place: Place) -> bool:
        """Whether what moves now belongs to an event: it is young, or on its way back, with machines still there."""
        back = self._gauges.tracks[going.gauge].mean(1) < _ON_ITS_WAY * going.rise
        return place.number - going.number <= _SPREADS_FOR or back

    def _open(self, event: CostEvent, found: Diagnosis, place: Place) -> None:
        tracks = self._gauges.tracks
        names = [found.gauge, *found.moved]
        if not self._gauges.is_job(found.gauge):
            names += _SUMS
        if found.gauge in _MACHINES:
            names += _MACHINES
        owned = {name: list(tracks[name].evidence) for name in names if name in tracks}
        for name in owned:
            tracks[name].bars.drop()
        self._going.append(Going(event, found.gauge, found.rise, place.number, owned))

    def _ended(self, window: CostWindow, place: Place) -> CostEvent | None:
        for going in self._going:
            going.follow(self._gauges.tracks)
            track = self._gauges.tracks[going.gauge]
            seen = min(place.number - going.number, len(track.surprises))
            if seen >= _BACK_WINDOWS and track.mean(_BACK_WINDOWS) < _BACK * going.rise:
                return self._back(going, window, place)
            if window.end - going.event.began >= timedelta(days=self._knobs.accept_after_days):
                return self._accepted(going, window.end)
        return None

    def _back(self, going: Going, window: CostWindow, place: Place) -> CostEvent:
        brief = window.end - going.event.found <= _BRIEF
        for name, evidence in going.owned.items():
            part = 1.0 if brief or self._gauges.is_job(name) else _AGAIN
            self._gauges.tracks[name].bars.remember(place.day, [part * one for one in evidence])
        self._going.remove(going)
        for name in self._gauges.tracks.keys() - self._owned():
            self._gauges.tracks[name].forget()
        return replace(going.event, ended=window.end, ending=Ending.BACK)

    def _accepted(self, going: Going, at: datetime) -> CostEvent:
        span = min(self._number - going.number + 1, KEPT)
        for name in going.owned:
            self._gauges.accept(name, span)
        self._going.remove(going)
        return replace(going.event, ended=at, ending=Ending.ACCEPTED)

    def _learn(self, window: CostWindow, place: Place, quiet: set[str]) -> None:
        apart = quiet | self._owned()
        self._gauges.learn(window, place, apart)
        warm = self._knobs.warm_up_days * _DAY / window.seconds
        for name, track in self._gauges.tracks.items():
            if name in apart or track.last != place.number:
                continue
            signal = SIGNALS.get(name)
            if signal and signal.starts and place.starting:
                track.remember_start(place.number)
            elif place.number - (self._first or 0) >= warm / 2:
                track.bars.hold(place.number, place.day, track.evidence)

    def _owned(self) -> set[str]:
        return {name for going in self._going for name in going.owned}

    def saved(self) -> dict[str, Any]:
        """Everything needed to go on as if never interrupted, as JSON can hold it."""
        return {
            "seconds": self._seconds,
            "first": self._first,
            "number": self._number,
            "gauges": self._gauges.saved(),
            "splits": self._splits.saved(),
            "going": [each.saved() for each in self._going],
        }

    @classmethod
    def resumed(cls, state: dict[str, Any], knobs: WatchKnobs = WatchKnobs()) -> CostWatch:
        """Make again what `saved` returned."""
        made = cls(knobs)
        made._seconds, made._first, made._number = state["seconds"], state["first"], state["number"]
        made._gauges, made._splits = Gauges.resumed(state["gauges"]), Splits.resumed(state["splits"])
        made._going = [Going.resumed(each) for each in state["going"]]
        return made


def _is_another(event: CostEvent, going: CostEvent) -> bool:
    """Whether what moved next has a commit or a cause of its own, and is worth a word beside the event before it."""
    began_with = event.origin is not None and event.origin.at > going.began and event.origin != going.origin
    caused = event.cause is not None and event.cause.values != (going.cause.values if going.cause else None)
    return (began_with or caused) and event.stake.amount > _PART_OF_BEFORE * going.stake.amount


_SUMS = ("unit", "cost")
"""Gauges of cost as a whole: any event of serving moves them."""

_MACHINES = ("held", "unused", "size")
"""Gauges of held machines: an event of one of them moves all."""
