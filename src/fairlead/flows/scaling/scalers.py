"""All scalers of a workspace: at every look the desired servers of each model, and now and then a step.

What is decided is written down with its reason before any server moves; a process that is killed finds the order again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from fairlead.domain.journal import Draft
from fairlead.domain.plan import Desired, Key
from fairlead.domain.replica_price import replica_hour
from fairlead.domain.scaling import Scaling
from fairlead.domain.serving import RunningServer, ServerState
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.flows.incidents import close_incident, open_incident
from fairlead.flows.scaling.around import Around, Loads, scaling_in
from fairlead.flows.scaling.counting import Tally, read_tally
from fairlead.flows.scaling.kept import Foretold, Kept, keep, kept, kept_history, with_window
from fairlead.flows.scaling.money import Spent, ceiling
from fairlead.flows.scaling.policies import form_of, scaler_of
from fairlead.flows.scaling.stepping import Ground, stepped
from fairlead.flows.scaling.telling import INSUFFICIENT, cold_started, decided, foretold
from fairlead.flows.world import World
from fairlead.meter.collectors.access_log import AccessLog

if TYPE_CHECKING:
    from fairlead.foresee.scaling.scaler import Bounds, Scaler

__all__ = ["Scalers"]

_TELL = timedelta(hours=1)
"""How often it is told what would have been ordered."""

_MEND = "see `fairlead logs` and the disk of the state folder; replicas stand still until the demand is known again"


class Scalers:
    """Scales what is declared to be scaled. One thread asks it."""

    def __init__(self, world: World) -> None:
        """Nothing is read before the first look."""
        self._world = world
        self._log = AccessLog(world.settings.state / "gateway")
        self._kept: dict[Key, Kept] = {}
        self._scalers: dict[Key, tuple[Scaling, Scaler]] = {}

    def scales(self, key: Key) -> bool:
        """Whether a scaler looked after the model at the last look."""
        return key in self._kept

    def look(
        self, wanted: Mapping[Key, Desired], standing: Mapping[Key, Desired], around: Around
    ) -> tuple[dict[Key, Desired], dict[Key, Desired]]:
        """What is wanted, and what is kept beside it, with as many servers as each scaler has ordered."""
        look = Loads(self._world)
        ordered: dict[Key, Desired] = {}
        for key, desired in wanted.items():
            model = around.declared.models.get(key[1])
            scaling = scaling_in(model.spec if model else None, key[0])
            if scaling is None or desired.ends:
                self._forget(key)
                continue
            ordered[key] = self._one(key, desired, scaling, around, look, changes=key in standing)
        beside = {
            key: replace(each, replicas=ordered[key].replicas, fewest=ordered[key].fewest)
            for key, each in standing.items()
            if key in ordered and ordered[key].fewest is not None
        }
        return {**wanted, **ordered}, {**standing, **beside}

    def _one(
        self, key: Key, desired: Desired, scaling: Scaling, around: Around, look: Loads, *, changes: bool
    ) -> Desired:
        """A model that changes its release, or begins, keeps its order, and at least one server of each release."""
        now = self._world.clock.now()
        still = changes or key in around.moving or key not in around.live
        before = self._known(key, desired, scaling, around, now)
        bounds = self._bounds(key, scaling, around, before, now)
        if still:
            bounds = replace(bounds, least=bounds.clamp(max(before.order, 1)), most=bounds.clamp(max(before.order, 1)))
        if now - before.at >= scaling.step:
            self._step(key, scaling, around, look, bounds)
        elif bounds.clamp(before.order) != before.order:
            self._bounded(key, scaling, around, bounds)
        elif scaling.orders and not before.order and self._waits(look, key):
            self._wake(key, scaling, around, bounds)
        self._started(key, scaling, around, now)
        if not scaling.orders:
            return desired
        order = self._kept[key].order
        return replace(desired, replicas=order, fewest=min(order, max(scaling.min, 1 if still else 0)))

    def _known(self, key: Key, desired: Desired, scaling: Scaling, around: Around, now: datetime) -> Kept:
        """What is kept; where nothing is, or of another declaration, it begins with what runs."""
        known = self._kept.get(key) or kept(self._world, key)
        if known is None:
            hour = replica_hour(desired.release.spec.serving.resources, _workspace(around).price_book)
            known = Kept(now, 0, foretold=Foretold(now), spent=Spent.unknown(now, scaling, hour))
        if known.form != form_of(scaling):
            begin = len(around.servers(key)) or desired.replicas
            order = min(max(begin, scaling.min), scaling.max)
            known = replace(known, order=order, form=form_of(scaling), learnt=None)
            keep(self._world, key, known)
        self._kept[key] = known
        if key not in self._scalers or self._scalers[key][0] != scaling:
            made = scaler_of(scaling, known.order, known, kept_history(self._world, key))
            self._scalers[key] = (scaling, made)
        return known

    def _bounds(self, key: Key, scaling: Scaling, around: Around, before: Kept, now: datetime) -> Bounds:
        """As declared, as the gate allows, and as the budget pays for."""
        from fairlead.foresee.scaling.scaler import Bounds

        hour = self._hour(key, around)
        limits = [scaling.max, around.most.get(key), ceiling(scaling, hour, before.spent, now, scaling.step)]
        most = min(each for each in limits if each is not None)
        return Bounds(min(scaling.min, most), most)

    def _hour(self, key: Key, around: Around) -> Decimal | None:
        spec = around.declared.models[key[1]].spec
        return replica_hour(spec.serving.resources, _workspace(around).price_book) if spec else None

    def _step(self, key: Key, scaling: Scaling, around: Around, look: Loads, bounds: Bounds) -> None:
        before, (_, scaler) = self._kept[key], self._scalers[key]
        servers, load = around.servers(key), look.of(key)
        ground = Ground(
            key,
            self._world.clock.now(),
            scaling,
            servers,
            self._hour(key, around),
            self._tally(key, before),
            load,
            self._world.gateway.log_failures() if load is not None else 0,
            self._answered(servers) if load is None else {},
        )
        step = stepped(ground, before, scaler, bounds)
        after = with_window(self._world, key, step.kept, ground.now, step.requests, step.work_ms)
        told = None
        if after.order != before.order and scaling.mode != "forecast-only":
            told = decided(key, scaling, before, after, step.basis, around.commit)
        elif not scaling.orders and after.foretold and ground.now - after.foretold.since >= _TELL:
            told = foretold(key, scaling, after, ground.hour, _workspace(around), around.commit)
            after = replace(after, foretold=Foretold(ground.now))
        self._keep(key, after, told)
        self._tell(key, before, step.blind, around.commit)

    def _tally(self, key: Key, before: Kept) -> Tally:
        start = before.counts.log
        return read_tally(self._log, start if start is not None else self._log.end(), key)

    def _answered(self, servers: tuple[RunningServer, ...]) -> dict[str, int]:
        """What servers say that they have answered; only where the gateway says nothing."""
        ready = [each for each in servers if each.state is ServerState.READY]
        return {each.id: count for each in ready if (count := self._world.host.answered(each)) is not None}

    def _bounded(self, key: Key, scaling: Scaling, around: Around, bounds: Bounds) -> None:
        before = self._kept[key]
        decision = self._scalers[key][1].bound(bounds)
        self._decide(key, scaling, around, before, decision.order, decision.basis.value, bounds)

    def _waits(self, look: Loads, key: Key) -> bool:
        load = look.of(key)
        return load is not None and load.held > 0

    def _wake(self, key: Key, scaling: Scaling, around: Around, bounds: Bounds) -> None:
        before = self._kept[key]
        decision = self._scalers[key][1].wake(bounds)
        waking = replace(before, cold=replace(before.cold, waking=self._world.clock.now()))
        self._kept[key] = waking if decision.order else before
        self._decide(key, scaling, around, self._kept[key], decision.order, decision.basis.value, bounds)

    def _decide(
        self, key: Key, scaling: Scaling, around: Around, before: Kept, order: int, basis: str, bounds: Bounds
    ) -> None:
        """Write down an order between two steps."""
        if order == before.order:
            return
        told = {**before.decided, "bounds": f"{bounds.least} to {bounds.most}"}
        after = replace(before, order=order, learnt=self._scalers[key][1].kept(), decided=told)
        draft = None
        if scaling.mode != "forecast-only":
            draft = decided(key, scaling, before, after, basis, around.commit)
        self._keep(key, after, draft)

    def _started(self, key: Key, scaling: Scaling, around: Around, now: datetime) -> None:
        """The first server after a cold start answers."""
        known = self._kept[key]
        begun = known.cold.waking
        if begun is None or not any(each.state is ServerState.READY for each in around.servers(key)):
            return
        took = (now - begun) // timedelta(milliseconds=1)
        cold = replace(known.cold, waking=None, starts=known.cold.starts + 1, start_ms=known.cold.start_ms + took)
        self._keep(key, replace(known, cold=cold), cold_started(key, scaling, took, around.commit))

    def _tell(self, key: Key, before: Kept, blind: str, commit: str) -> None:
        """An incident as long as the demand is not known."""
        if blind:
            open_incident(self._world, INSUFFICIENT, blind, _MEND, environment=key[0], model=key[1], commit=commit)
        elif before.blind:
            close_incident(self._world, INSUFFICIENT, environment=key[0], model=key[1])

    def _keep(self, key: Key, value: Kept, draft: Draft | None) -> None:
        keep(self._world, key, value, draft)
        self._kept[key] = value

    def _forget(self, key: Key) -> None:
        self._kept.pop(key, None)
        self._scalers.pop(key, None)


def _workspace(around: Around) -> WorkspaceSpec:
    workspace = around.declared.workspace
    if workspace is None:
        message = "nothing is desired where the workspace cannot be read"
        raise ValueError(message)
    return workspace
