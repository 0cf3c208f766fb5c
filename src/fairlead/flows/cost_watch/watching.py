"""The watch of cost in the loop: as a window is published, every model's watch sees it; what it finds is kept and told.

May be killed at any instant: windows are read again from what was saved last, a watch leaves out what it saw before,
and an event that was kept is known by its id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fairlead.domain.anomaly import AnomalySettings, CostEvent, Deployed, Ending
from fairlead.domain.plan import Key
from fairlead.flows.cost_watch.acting import act
from fairlead.flows.cost_watch.deployed import deployments_of
from fairlead.flows.cost_watch.events import KeptEvent, keep_event, kept_events, muted_by
from fairlead.flows.cost_watch.feed import closed_windows, newest_window
from fairlead.flows.cost_watch.telling import tell, untell
from fairlead.flows.declared import declared_workspace
from fairlead.flows.world import World
from fairlead.kernel.windows import Window, iso, parse_iso

if TYPE_CHECKING:
    from fairlead.foresee.cost_events.watch import CostWatch, WatchKnobs
    from fairlead.foresee.cost_events.window import CostWindow

__all__ = ["CostWatcher"]

_THROUGH, _STATE = "cost-watch-through", "cost-watch/"
_AT_ONCE = timedelta(days=1)
"""Windows of so much time are read in one look: a lake of months is caught up with in many short ones."""

_RECENT = timedelta(days=1)
"""An event that was found so long ago is kept for the record, and told to nobody."""


class CostWatcher:
    """Looks at the lake again and again; only one process may."""

    def __init__(self, world: World) -> None:
        """Nothing is read before the first look."""
        self._world = world
        self._watches: dict[Key, CostWatch] = {}
        self._turned: WatchKnobs | None = None
        self._seen: dict[str, str] = {}

    def look(self) -> None:
        """Let the watches see what was published since the last look."""
        world = self._world
        checkpoint = dict(world.lake.checkpoint())
        if checkpoint != self._seen:
            span = newest_window(world)
            done = span is None or self._caught_up(*span)
            self._seen = checkpoint if done else {}
        self._heed()

    def _caught_up(self, first: datetime, newest: datetime) -> bool:
        """Read on; whether nothing is left."""
        text = self._world.state.fact(_THROUGH)
        since = max(parse_iso(text), first) if text else first
        if since > newest:
            return True
        until = min(since + _AT_ONCE, newest + timedelta(milliseconds=1))
        self._watch(closed_windows(self._world, since, until))
        self._world.state.put_fact(_THROUGH, iso(until))
        return until > newest

    def _watch(self, windows: Iterable[CostWindow]) -> None:
        settings = _settings(self._world)
        by_key: dict[Key, list[CostWindow]] = {}
        for window in windows:
            by_key.setdefault((window.environment, window.model), []).append(window)
        for key, own in by_key.items():
            watch = self._watch_of(key, settings)
            deployed, planned = _near(deployments_of(self._world, key), own[0].start), _planned(settings, key[1])
            for window in own:
                event = watch.step(window, deployed, planned)
                if event is not None:
                    self._keep(event, settings)
            self._world.state.put_fact(f"{_STATE}{key[0]}/{key[1]}", json.dumps(watch.saved()))

    def _watch_of(self, key: Key, settings: AnomalySettings) -> CostWatch:
        """The watch with what it had learnt; knobs are those that Git declares now."""
        from fairlead.foresee.cost_events.watch import CostWatch

        knobs = _knobs(settings)
        if knobs != self._turned:
            self._watches, self._turned = {}, knobs
        if key not in self._watches:
            text = self._world.state.fact(f"{_STATE}{key[0]}/{key[1]}")
            self._watches[key] = CostWatch.resumed(json.loads(text), knobs) if text else CostWatch(knobs)
        return self._watches[key]

    def _keep(self, event: CostEvent, settings: AnomalySettings) -> None:
        """Keep what a watch said, tell it and act: each once, also where it is said again after a kill."""
        known = {each.event.id: each for each in kept_events(self._world)}
        value = known.get(event.id)
        if value is None:
            now = self._world.clock.now()
            value = KeptEvent(replace(event, ended=None, ending=None), (), muted_by(event, known.values(), now))
            keep_event(self._world, value, "found", event.sentence)
        if event.ended is not None and value.event.ended is None:
            value = replace(value, event=event)
            keep_event(self._world, value, "ended", _ending(event))
            untell(self._world, value)
            return
        now = self._world.clock.now()
        actions = settings.actions_for(event.kind)
        if actions and value.is_loud(now) and now - event.found < _RECENT:
            tell(self._world, value)
            act(self._world, value, actions)

    def _heed(self) -> None:
        """What an owner expected is the new level from now on."""
        for each in kept_events(self._world):
            word = each.said
            key = each.event.environment, each.event.model
            if each.event.ended is not None or word is None or word.kind != "expected" or word.until is not None:
                continue
            watch = self._watch_of(key, _settings(self._world))
            ended = watch.accept(each.event.id, self._world.clock.now())
            closed = ended or replace(each.event, ended=self._world.clock.now(), ending=Ending.ACCEPTED)
            keep_event(self._world, replace(each, event=closed), "ended", _ending(closed))
            self._world.state.put_fact(f"{_STATE}{key[0]}/{key[1]}", json.dumps(watch.saved()))


def _ending(event: CostEvent) -> str:
    return "cost is what it was" if event.ending is Ending.BACK else "it is the new level"


def _settings(world: World) -> AnomalySettings:
    workspace = declared_workspace(world)
    return workspace.anomalies if workspace is not None else AnomalySettings()


def _knobs(settings: AnomalySettings) -> WatchKnobs:
    from fairlead.foresee.cost_events.watch import WatchKnobs

    return WatchKnobs(
        alarms_per_month=float(settings.alarms_per_month),
        least_stake=settings.least_stake,
        warm_up_days=settings.warm_up / timedelta(days=1),
        accept_after_days=settings.accept_after / timedelta(days=1),
    )


def _planned(settings: AnomalySettings, model: str) -> tuple[Window, ...]:
    found = (each for each in settings.planned_loads if _is_of(model, each.models))
    return tuple(Window(each.start, each.end) for each in found)


def _is_of(model: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(model, pattern) for pattern in patterns)


def _near(deployed: Sequence[Deployed], start: datetime) -> tuple[Deployed, ...]:
    return tuple(each for each in deployed if each.at > start - timedelta(days=2))
