"""What the meter is told of this machine: when it is paid for, what runs on it, and what each process has used."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fairlead.domain.serving import CpuReading, RunningServer, ServerState
from fairlead.domain.usage import CorePrice
from fairlead.domain.workspace import Metering, WorkspaceSpec
from fairlead.flows.cost import CostFlow
from fairlead.flows.losses import losses
from fairlead.flows.meter import MeterFlow
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.kernel.windows import iso, parse_iso
from fairlead.meter.collectors.access_log import AccessLog
from fairlead.meter.cpu import MeteredServer
from fairlead.meter.sessions import FACT, begin, decode_sessions, encode_sessions, end
from fairlead.meter.window import MachineFacts
from fairlead.plan.price import cite

__all__ = [
    "ControlCpu",
    "begin_session",
    "cost_flow",
    "declared_workspace",
    "end_session",
    "machine_facts",
    "meter_flow",
]

_CONTROL = "meter.control"
_SAVE_EVERY = timedelta(seconds=5)
_KEPT = 90


def machine_facts(world: World, control: ControlCpu | None = None) -> MachineFacts:
    """Facts at this moment. `control` is given by the control plane itself; others read what it wrote down last."""
    workspace = declared_workspace(world)
    if control is not None:
        control.read()
    own = control.id if control is not None else ""
    running = [*world.host.servers(), *world.host.find({"kind": "gateway"})]
    servers = [*(_metered(world, server) for server in running), *_controls(world, own)]
    return MachineFacts(
        sessions=decode_sessions(world.state.fact(FACT)),
        servers=(*servers, *([control.server()] if control else [])),
        price=_core_price(workspace),
        window=(workspace.metering if workspace else Metering()).window,
        customers=frozenset(each.name for each in workspace.customers) if workspace else frozenset(),
        max_customers=workspace.gateway.max_customers if workspace else 1000,
        losses=losses(world),
    )


def meter_flow(world: World, control: ControlCpu | None = None) -> MeterFlow:
    """The meter of this machine; only the control plane, which gives its `control`, may tick."""
    log = AccessLog(world.settings.state / "gateway")
    return MeterFlow(world.lake, log, lambda: machine_facts(world, control), world.clock)


def cost_flow(world: World) -> CostFlow:
    """Questions about cost, the open window included."""
    return CostFlow(world.lake, meter_flow(world).provisional)


def declared_workspace(world: World) -> WorkspaceSpec | None:
    """The workspace's declaration at the newest fetched commit; None where there is none that can be read."""
    try:
        head = world.repository.head()
    except NotFoundError:
        return None
    return world.reader.read(world.repository.tree(head.id)).workspace


def begin_session(world: World) -> None:
    """From now on the machine is paid for, unless it is already."""
    sessions = decode_sessions(world.state.fact(FACT))
    world.state.put_fact(FACT, encode_sessions(begin(sessions, world.clock.now(), os.cpu_count() or 1)))


def end_session(world: World) -> None:
    """From now on it is not."""
    world.state.put_fact(FACT, encode_sessions(end(decode_sessions(world.state.fact(FACT)), world.clock.now())))


@dataclass(slots=True)
class ControlCpu:
    """The control process's own CPU time, written down now and then, so that its successor can book it."""

    world: World
    id: str = field(init=False)
    _started: datetime = field(init=False)
    _saved: datetime = field(init=False)
    _readings: list[CpuReading] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._started = self._saved = self.world.clock.now()
        self.id = f"control.{os.getpid()}.{iso(self._started)}"

    def read(self, *, final: bool = False) -> None:
        """Take a reading; write the readings down every few seconds and at the end."""
        now = self.world.clock.now()
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu_us = round((used.ru_utime + used.ru_stime) * 1_000_000)
        self._readings = [*self._readings[-_KEPT:], CpuReading(self.id, now, cpu_us, final)]
        if final or now - self._saved >= _SAVE_EVERY:
            self._saved = now
            self._save()

    def server(self) -> MeteredServer:
        """This process as a part of the platform."""
        return MeteredServer(self.id, "", "", "", "control", self._started, tuple(self._readings))

    def _save(self) -> None:
        kept = json.loads(self.world.state.fact(_CONTROL) or "{}")
        rows = [[iso(each.at), each.cpu_us, each.final] for each in self._readings]
        kept[self.id] = {"started": iso(self._started), "readings": rows}
        newest = dict(sorted(kept.items(), key=lambda item: item[1]["started"])[-4:])
        self.world.state.put_fact(_CONTROL, json.dumps(newest))


def _controls(world: World, own: str) -> Iterable[MeteredServer]:
    """Control processes that wrote readings down; only the newest of them can still run."""
    kept = json.loads(world.state.fact(_CONTROL) or "{}")
    runs = bool(world.holder())
    newest = max(kept, key=lambda each: str(kept[each]["started"]), default="")
    for name, told in kept.items():
        if name == own:
            continue
        readings = tuple(CpuReading(name, parse_iso(at), used, final) for at, used, final in told["readings"])
        gone = bool(own) or name != newest or not runs
        yield MeteredServer(name, "", "", "", "control", parse_iso(told["started"]), readings, gone=gone)


def _metered(world: World, server: RunningServer) -> MeteredServer:
    labels = server.labels
    readings = tuple(world.host.readings(server.id))
    return MeteredServer(
        server.id,
        labels.get("environment", ""),
        labels.get("model", ""),
        labels.get("release", ""),
        labels.get("name", server.id),
        server.started,
        readings,
        address=f"127.0.0.1:{server.port}",
        gone=server.state is ServerState.EXITED,
    )


def _core_price(workspace: WorkspaceSpec | None) -> CorePrice | None:
    book = workspace.price_book if workspace else None
    row = book.row("cpu") if book else None
    return CorePrice(row.price, book.currency, cite(row)) if book and row else None
