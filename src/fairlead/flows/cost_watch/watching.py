"""The watch of cost in the loop: as a window is published, every model's watch sees it; what it finds is kept and told.

May be killed at any instant: windows are read again from what was saved last, a watch leaves out what it saw before,
and an event that was kept is known by its id.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fairlead.domain.anomaly import AnomalySettings, CostEvent, Ending
from fairlead.domain.plan import Key
from fairlead.flows.cost_watch.deployed import deployments_of
from fairlead.flows.cost_watch.events import KeptEvent, keep_event, kept_events, silenced
from fairlead.flows.cost_watch.feed import closed_windows, newest_window
from fairlead.flows.cost_watch.telling import settle
from fairlead.flows.declared import declared_workspace
from fairlead.flows.world import World
from fairlead.kernel.windows import Window, iso, parse_iso

if TYPE_CHECKING:
    from fairlead.foresee.cost_events.watch import CostWatch, WatchKnobs
    from fairlead.foresee.cost_events.window import CostWindow

__all__ = ["CostWatcher"]

_LOG = logging.getLogger(__name__)
_THROUGH, _STATE = "cost-watch-through", "cost-watch/"
_AT_ONCE = timedelta(days=1)
"""Windows of so much time are read in one look: a lake of months is caught up with in many short ones."""

_SAVED_EVERY = timedelta(hours=1)
"""What a watch knows is some hundred kilobytes: after a kill an hour of windows is read again instead."""

_NEAR = timedelta(days=2)
"""Deployments before that say nothing of a window."""

_GONE = timedelta(days=1)
"""A model of which nothing was metered for so long costs nothing more."""


class CostWatcher:
    """Looks at the lake again and again; only one process may."""

    def __init__(self, world: World) -> None:
        """Nothing is read before the first look."""
        self._world = world
        self._seen: dict[str, str] = {}
        self._turned: WatchKnobs | None = None
        self._forget()

    def _forget(self) -> None:
        """Begin again from what was saved last."""
        self._watches: dict[Key, CostWatch] = {}
        self._metered: dict[Key, datetime] = {}
        self._unsaved: set[Key] = set()
        self._through: datetime | None = None
        self._saved: datetime | None = None

    def look(self) -> None:
        """Let the watches see what was published since the last look, and let incidents follow what stands.

        Nothing is done while fairlead.yaml cannot be read: what it plans and silences is not known then.
        """
        workspace = declared_workspace(self._world)
        if workspace is None:
            return
        settings, checkpoint = workspace.anomalies, dict(self._world.lake.checkpoint())
        try:
            if checkpoint != self._seen:
                span = newest_window(self._world)
                done = span is None or self._caught_up(*span, settings)
                self._seen = checkpoint if done else {}
            if self._seen == checkpoint:
                self._end(settings)
                settle(self._world, settings)
        except Exception:
            self._forget()  # a watch that has seen what was not kept would never say it again
            self._seen = {}
            raise

    def _caught_up(self, first: datetime, newest: datetime, settings: AnomalySettings) -> bool:
        """Read on; whether nothing is left. A window that begins after now is no measurement of this clock's."""
        newest = min(newest, self._world.clock.now())
        if self._through is None:
            text = self._world.state.fact(_THROUGH)
            self._through = self._saved = max(parse_iso(text), first) if text else first
        if self._through > newest:
            return True
        until = min(self._through + _AT_ONCE, newest + timedelta(milliseconds=1))
        found = self._watch(closed_windows(self._world, self._through, until), settings)
        self._through = until
        if found or self._saved is None or until - self._saved >= _SAVED_EVERY:
            self._save()
        return until > newest

    def _watch(self, windows: Iterable[CostWindow], settings: AnomalySettings) -> bool:
        """Hand windows to their watches; whether any said something."""
        by_key: dict[Key, list[CostWindow]] = {}
        for window in windows:
            by_key.setdefault((window.environment, window.model), []).append(window)
        found = False
        for key, own in by_key.items():
            watch = self._watch_of(key, settings)
            deployed = deployments_of(self._world, key, own[0].start - _NEAR)
            planned = _planned(settings, key[1])
            for window in own:
                event = watch.step(window, deployed, planned)
                if event is not None:
                    self._keep(event)
                    found = True
            self._metered[key] = own[-1].end
            self._unsaved.add(key)
        return found

    def _watch_of(self, key: Key, settings: AnomalySettings) -> CostWatch:
        """The watch with what it had learnt; knobs are those that Git declares now."""
        knobs = _knobs(settings)
        if knobs != self._turned:
            self._save()
            self._watches, self._turned = {}, knobs
        if key not in self._watches:
            text = self._world.state.fact(f"{_STATE}{key[0]}/{key[1]}")
            self._watches[key] = self._resumed(key, text or "", knobs)
        return self._watches[key]

    def _resumed(self, key: Key, text: str, knobs: WatchKnobs) -> CostWatch:
        """What an older program learnt in another shape is learnt anew."""
        from fairlead.foresee.cost_events.watch import CostWatch

        if not text:
            return CostWatch(knobs)
        try:
            kept = json.loads(text)
            made = CostWatch.resumed(kept["watch"], knobs)
            self._metered.setdefault(key, parse_iso(kept["metered"]))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            _LOG.warning("what was learnt of the cost of %s in %s cannot be read: %r", key[1], key[0], error)
            return CostWatch(knobs)
        return made

    def _save(self) -> None:
        """Watches first: one that is ahead of the position leaves out what it saw before."""
        for key in sorted(self._unsaved):
            kept = {"watch": self._watches[key].saved(), "metered": iso(self._metered[key])}
            self._world.state.put_fact(f"{_STATE}{key[0]}/{key[1]}", json.dumps(kept))
        self._unsaved.clear()
        if self._through is not None:
            self._world.state.put_fact(_THROUGH, iso(self._through))
            self._saved = self._through

    def _keep(self, event: CostEvent) -> None:
        """Keep what a watch said, once also where it is said again after a kill."""
        known = {each.event.id: each for each in kept_events(self._world)}
        value = known.get(event.id)
        if value is None:
            fresh = replace(event, ended=None, ending=None)
            value = silenced(KeptEvent(fresh), known.values(), self._world.clock.now())
            keep_event(self._world, value, "found", event.sentence)
        if event.ended is not None and value.event.ended is None:
            keep_event(self._world, replace(value, event=event), "ended", _ending(event))

    def _end(self, settings: AnomalySettings) -> None:
        """End what an owner expected, what its watch does not know any more, and what nobody pays any more."""
        for each in kept_events(self._world):
            event = each.event
            if event.ended is not None:
                continue
            key = event.environment, event.model
            watch, now = self._watch_of(key, settings), self._world.clock.now()
            if each.is_expected:
                ending = watch.accept(event.id, now) or replace(event, ended=now, ending=Ending.ACCEPTED)
                self._unsaved.add(key)
                self._metered.setdefault(key, event.found)
            elif event.id not in {going.id for going in watch.open}:
                ending = replace(event, ended=now, ending=Ending.ACCEPTED)
            elif self._through is not None and self._through - self._metered.get(key, event.found) > _GONE:
                ending = replace(event, ended=now, ending=Ending.BACK)
            else:
                continue
            keep_event(self._world, replace(each, event=ending), "ended", _ending(ending))
            self._save()


def _ending(event: CostEvent) -> str:
    return "cost is what it was" if event.ending is Ending.BACK else "it is the new level"


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
