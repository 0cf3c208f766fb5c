"""What the meter is told of this machine: when it is paid for, what runs on it, and what each process has used."""

from __future__ import annotations

import os
from datetime import datetime

from fairlead.domain.serving import RunningServer, ServerState
from fairlead.domain.usage import CorePrice
from fairlead.domain.workspace import Metering, WorkspaceSpec
from fairlead.flows.cost import CostFlow
from fairlead.flows.declared import declared_workspace
from fairlead.flows.metering.losses import losses
from fairlead.flows.world import World
from fairlead.meter.checkpoint import decode
from fairlead.meter.collectors.access_log import AccessLog
from fairlead.meter.control_cpu import ControlCpu, earlier_controls
from fairlead.meter.cpu import MeteredServer
from fairlead.meter.flow import MeterFlow
from fairlead.meter.sessions import FACT, begin, decode_sessions, encode_sessions, end
from fairlead.meter.window import MachineFacts
from fairlead.plan.price import cite

__all__ = ["begin_session", "control_cpu", "cost_flow", "end_session", "meter_flow"]


def meter_flow(world: World) -> MeterFlow:
    """The meter of this machine: one per process, since it keeps what it has read of the open window.

    Only the control plane may tick it; any process may ask for what is provisional.
    """
    if world.metered.flow is None:
        log = AccessLog(world.settings.state / "gateway")
        world.metered.flow = MeterFlow(world.lake, log, lambda: _facts(world), world.clock)
    return world.metered.flow


def cost_flow(world: World) -> CostFlow:
    """Questions about cost, the open window included."""
    return CostFlow(world.lake, meter_flow(world).provisional)


def control_cpu(world: World) -> ControlCpu:
    """From now on this process is the control plane, and its CPU time is a part of the platform's."""
    if world.metered.control is None:
        world.metered.control = ControlCpu(world.state, world.clock)
    return world.metered.control


def begin_session(world: World) -> None:
    """From now on the machine is paid for, unless it is already. Before any server starts, so that all are metered."""
    sessions = decode_sessions(world.state.fact(FACT))
    world.state.put_fact(FACT, encode_sessions(begin(sessions, world.clock.now(), os.cpu_count() or 1)))


def end_session(world: World) -> None:
    """From now on it is not."""
    world.state.put_fact(FACT, encode_sessions(end(decode_sessions(world.state.fact(FACT)), world.clock.now())))


def _facts(world: World) -> MachineFacts:
    workspace = declared_workspace(world)
    checkpoint = decode(world.lake.checkpoint())
    since = checkpoint.next_start if checkpoint else None
    servers = [*(_metered(world, server, since) for server in world.host.find({})), *_platform(world)]
    return MachineFacts(
        sessions=decode_sessions(world.state.fact(FACT)),
        servers=tuple(servers),
        price=_core_price(workspace),
        window=(workspace.metering if workspace else Metering()).window,
        names={each.digest: each.release for each in world.state.deployments()},
        customers=frozenset(each.name for each in workspace.customers) if workspace else frozenset(),
        max_customers=workspace.gateway.max_customers if workspace else 1000,
        losses=losses(world),
    )


def _platform(world: World) -> list[MeteredServer]:
    """The control process, and those before it."""
    control = world.metered.control
    if control is None:
        return list(earlier_controls(world.state, own="", held=bool(world.holder())))
    control.read()
    return [control.server(), *earlier_controls(world.state, own=control.id, held=True)]


def _metered(world: World, server: RunningServer, since: datetime | None) -> MeteredServer:
    labels = server.labels
    return MeteredServer(
        server.id,
        labels.get("environment", ""),
        labels.get("model", ""),
        labels.get("release", ""),
        labels.get("name", server.id),
        server.started,
        tuple(world.host.readings(server.id, since)),
        address=f"127.0.0.1:{server.port}",
        gone=server.state is ServerState.EXITED,
    )


def _core_price(workspace: WorkspaceSpec | None) -> CorePrice | None:
    book = workspace.price_book if workspace else None
    row = book.row("cpu") if book else None
    return CorePrice(row.price, book.currency, cite(row)) if book and row else None
