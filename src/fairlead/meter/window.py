"""Pure: everything that is known of a window becomes what is published of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fairlead.domain.usage import BillLine, CorePrice, CostLine, MachineSession, UsageRecord
from fairlead.kernel.windows import Window, window_at
from fairlead.meter.checkpoint import Checkpoint, PriceMark
from fairlead.meter.collectors.access_log import LogPosition
from fairlead.meter.cost import PricedSpan, bill_line, cost_lines
from fairlead.meter.cpu import MeteredServer, ReleaseKey, cpu_in_window
from fairlead.meter.tally import Tally
from fairlead.meter.unmetered import GatewayLoss, ServerCounts, find_unmetered
from fairlead.meter.usage import usage_records

__all__ = ["MachineFacts", "MeteredWindow", "close_window", "open_window", "settle_by"]


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What the meter is told of the machine at a moment.

    `sessions`: oldest first; `servers`: model servers and the platform's processes, also those that ended and are
    not settled; `losses`: gateways that died uncleanly; `names`: `model@commit` by release digest; `customers`:
    declared names; `window`: length of the windows.
    """

    sessions: tuple[MachineSession, ...]
    servers: tuple[MeteredServer, ...]
    price: CorePrice | None
    window: timedelta
    names: Mapping[str, str] = field(default_factory=dict)
    customers: frozenset[str] = frozenset()
    max_customers: int = 1000
    losses: tuple[GatewayLoss, ...] = ()


@dataclass(frozen=True, slots=True)
class MeteredWindow:
    """What is published of a window, and the checkpoint behind it (without what is already read of the next)."""

    window: Window
    usage: tuple[UsageRecord, ...]
    lines: tuple[CostLine, ...]
    bill: BillLine | None
    checkpoint: Checkpoint


def open_window(start: datetime, facts: MachineFacts) -> Window | None:
    """The window that begins at `start`, or at the next session's first window; None where none is paid for.

    It ends at the next multiple of the length, so that a changed length takes hold without a gap.
    """
    ahead = [session for session in facts.sessions if session.end is None or session.end > start]
    if not ahead:
        return None
    first = window_at(ahead[0].start, facts.window).start
    begin = max(start, first)
    return Window(begin, window_at(begin, facts.window).end)


def settle_by(server: MeteredServer, moment: datetime) -> bool:
    """Whether the readings already tell what the server had used at `moment`."""
    newest = server.readings[-1] if server.readings else None
    if server.gone or server.started >= moment:
        return True
    return newest is not None and (newest.final or newest.at >= moment)


def close_window(
    window: Window, tally: Tally, position: LogPosition, before: Checkpoint, facts: MachineFacts
) -> MeteredWindow:
    """Records, cost lines and bill of a window."""
    cpu = cpu_in_window(facts.servers, before.booked, before.since, window.end)
    lost, counts = _lost(window, tally, before, facts)
    usage = usage_records(window, tally, cpu, lost, {**_own_names(facts.servers), **facts.names})
    mark = _price_mark(window, before, facts.price)
    bill = bill_line(_spans(window, mark, facts.sessions), window)
    lines = cost_lines(bill, usage, cpu.platform_us, interpolated=cpu.interpolated) if bill else []
    checkpoint = Checkpoint(window.end, before.since, position, booked=cpu.booked, counts=counts, price=mark)
    return MeteredWindow(window, usage.records, tuple(lines), bill, checkpoint)


def _own_names(servers: Iterable[MeteredServer]) -> dict[str, str]:
    return {server.release: server.name for server in servers}


def _lost(
    window: Window, tally: Tally, before: Checkpoint, facts: MachineFacts
) -> tuple[dict[ReleaseKey, int], ServerCounts]:
    """Unmetered requests per release. A server older than the meter's memory cannot be compared."""
    known = {server.id: server for server in facts.servers if server.release and server.started >= before.since}
    losses = [
        GatewayLoss(loss.at, loss.gateway, {server: n for server, n in loss.counts.items() if server in known})
        for loss in facts.losses
        if loss.at < window.end
    ]
    addresses = {server.address: server.id for server in known.values()}
    found, counts = find_unmetered(losses, tally.upstream, addresses, before.counts)
    by_release: dict[ReleaseKey, int] = {}
    for server, missing in found.items():
        key = known[server].key
        by_release[key] = by_release.get(key, 0) + missing
    return by_release, ServerCounts(_only(counts.metered, known), _only(counts.unmetered, known))


def _only(counts: Mapping[str, int], known: Mapping[str, MeteredServer]) -> dict[str, int]:
    return {server: count for server, count in counts.items() if server in known}


def _price_mark(window: Window, before: Checkpoint, price: CorePrice | None) -> PriceMark | None:
    """The price at hand holds for the window; a new one begins with it."""
    if price is None:
        return None
    if before.price is not None and before.price.price == price:
        return before.price
    return PriceMark(window.start, price)


def _spans(window: Window, mark: PriceMark | None, sessions: Iterable[MachineSession]) -> list[PricedSpan]:
    if mark is None:
        return []
    return [
        PricedSpan(session, max(session.start, mark.since), mark.price)
        for session in sessions
        if session.start < window.end and (session.end is None or session.end > window.start)
    ]
