"""The control plane at work: looks at Git and the machine, meters, watches cost, tells people, signs the journal."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from threading import Event, Thread

from fairlead import __version__
from fairlead.domain.journal import Actor, Draft
from fairlead.domain.serving import ServerState
from fairlead.flows.audit import SIGN_EVERY, begin_chain, sign_head
from fairlead.flows.converging.reconcile import Reconciler, forget_standing
from fairlead.flows.converging.serving_end import end_serving
from fairlead.flows.cost_watch.watching import CostWatcher
from fairlead.flows.incidents import CONTROL
from fairlead.flows.metering.machine import begin_session, control_cpu, end_session, meter_flow
from fairlead.flows.notices.sending import Notifier
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError
from fairlead.loop.beat import Beat

__all__ = ["Controller"]

_LOG = logging.getLogger(__name__)
_METER = timedelta(seconds=1)
_NOTIFY = timedelta(seconds=1)
_WATCH = timedelta(seconds=5)
_SIGN = timedelta(seconds=5)
_LONGEST_JOIN = 20.0
_NOW = timedelta()
_LOG_BYTES = 64 << 20


class Controller:
    """One control plane over one world. `run` returns when it is told to stop, or when a person asked for `down`."""

    def __init__(self, world: World) -> None:
        """Nothing is touched before `run`."""
        self._world = world
        self._reconciler = Reconciler(world)
        self._cpu = control_cpu(world)
        self._meter = meter_flow(world)
        self._notifier = Notifier(world)
        self._watcher = CostWatcher(world)
        self._stop = Event()
        self.beats = (
            Beat("look", world.settings.tick, self._look),
            Beat("meter", _METER, self._measure),
            Beat("notify", _NOTIFY, self._notifier.beat),
            Beat("watch", _WATCH, self._watcher.look),
            Beat("sign", _SIGN, self._sign),
        )
        self.ended = Event()
        """Set when a person asked for the end of serving."""

    def run(self, stop: Event) -> None:
        """Beat until `stop` is set or the end of serving is asked for. What serves goes on serving."""
        world = self._world
        forget_standing(world)
        begin_chain(world.state, world.repository, world.signer, CONTROL)
        world.state.append(Draft("control.started", CONTROL, body=self._circumstances()))
        begin_session(world)
        self._notifier.begin()
        threads = [Thread(target=beat.run, args=(self._stop,), name=beat.name, daemon=True) for beat in self.beats]
        for thread in threads:
            thread.start()
        while not stop.is_set() and not self.ended.is_set():
            stop.wait(world.settings.tick.total_seconds())
        self._stop.set()
        for thread in threads:
            thread.join(_LONGEST_JOIN)
        self._reconciler.close()
        self._notifier.close()
        world.state.append(Draft("control.stopped", CONTROL, body=self._circumstances()))
        self._sign(every=_NOW)

    def drain(self, actor: Actor) -> int:
        """After `run`: end serving, and sign. The last window is metered at the next start; answers how many ended."""
        ended = end_serving(self._world, actor)
        end_session(self._world)
        self._cpu.read(final=True)
        self._sign(every=_NOW)
        return ended

    def _circumstances(self) -> dict[str, str | int]:
        """Who runs, and how many processes of this workspace do so beside it: what is adopted, and what is left."""
        serving = sum(each.state is not ServerState.EXITED for each in self._world.host.find({}))
        return {"version": __version__, "process": os.getpid(), "serving": serving}

    def _look(self) -> None:
        if self._reconciler.look().down:
            self.ended.set()

    def _measure(self) -> None:
        """Book what is complete, then drop the traces of servers of which nothing is left to book."""
        tick = self._meter.tick()
        for finding in tick.findings:
            _LOG.warning("%s: %s", finding.rule, finding.message)
        ended = {each.id for each in self._world.host.find({}) if each.state is ServerState.EXITED}
        for server in ended & set(tick.settled):
            self._world.host.forget(server)
        self._world.gateway.turn_over(_LOG_BYTES)

    def _sign(self, every: timedelta = SIGN_EVERY) -> None:
        world = self._world
        try:
            sign_head(world.state, world.repository, world.signer, world.clock, every=every)
        except FairleadError as error:
            _LOG.warning("the journal's head could not be written into Git: %s", error)
