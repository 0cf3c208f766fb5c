"""Pure: what the machine's time of a window costs, and who is charged which part of it, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from fairlead.domain.usage import BillLine, CorePrice, CostLine, LineKind, MachineSession, UsageRecord
from fairlead.kernel.money import from_pico, round_to_pico, split
from fairlead.kernel.windows import Window
from fairlead.meter.usage import WindowUsage

__all__ = ["PricedSpan", "bill_line", "capacity_us", "cost_lines"]

_MICROSECOND = timedelta(microseconds=1)
_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class PricedSpan:
    """Part of a machine session with one price: rounding errors do not add up within it."""

    session: MachineSession
    since: datetime
    price: CorePrice

    def billed_until(self, moment: datetime) -> int:
        """Picounits from `since` to `moment`: cores x hours x price, rounded once, half to even."""
        used = self.session.cores * _overlap(self.since, self.session.end, Window(self.since, moment))
        return round_to_pico(Fraction(self.price.per_core_hour) * used / _HOUR_US)

    def billed_in(self, window: Window) -> int:
        """Picounits of a window: the difference of two cumulative figures, so that windows sum to the whole."""
        return self.billed_until(max(window.end, self.since)) - self.billed_until(max(window.start, self.since))


def _overlap(since: datetime, until: datetime | None, window: Window) -> int:
    begin, end = max(since, window.start), min(until or window.end, window.end)
    return max(0, (end - begin) // _MICROSECOND)


def capacity_us(sessions: Iterable[MachineSession], window: Window) -> int:
    """Core-microseconds that are paid for in the window."""
    return sum(session.cores * _overlap(session.start, session.end, window) for session in sessions)


def bill_line(spans: Sequence[PricedSpan], window: Window) -> BillLine | None:
    """What the window costs; None without a price, or where the machine was not paid for."""
    sessions = [span.session for span in spans]
    if not spans or not capacity_us(sessions, window):
        return None
    price = spans[0].price
    amount = from_pico(sum(span.billed_in(window) for span in spans))
    return BillLine(window, capacity_us(sessions, window), amount, price.currency, price.row)


def cost_lines(bill: BillLine, usage: WindowUsage, platform_us: int, *, interpolated: bool) -> list[CostLine]:
    """The bill split by measured CPU: releases and their customers, the platform, and idle. Parts sum to the bill.

    First over releases, platform and idle (capacity - used), then each release's part over its customers by their
    CPU; both by largest remainder. Use above the capacity (clocks differ by a tick) leaves no idle, and the bill is
    split in proportion.
    """
    groups = _by_release(usage.records)
    used = [sum(record.cpu_us for record in records) for records in groups]
    idle = bill.capacity_us - sum(used) - platform_us
    notes = ("; use above capacity" if idle < 0 else "") + ("; readings interpolated" if interpolated else "")
    weights = [*used, platform_us, max(0, idle)]
    *parts, platform, rest = split(round_to_pico(bill.amount), weights)
    lines = [
        line
        for records, part in zip(groups, parts, strict=True)
        for line in _release_lines(bill, records, part, usage.methods[_release(records[0])] + notes)
    ]
    lines.append(_line(bill, LineKind.PLATFORM, platform_us, platform, "measured-cpu" + notes))
    lines.append(_line(bill, LineKind.IDLE, max(0, idle), rest, "capacity-less-used" + notes))
    return lines


def _release(record: UsageRecord) -> tuple[str, str, str]:
    return record.environment, record.model, record.release


def _by_release(records: Iterable[UsageRecord]) -> list[list[UsageRecord]]:
    """Charged records grouped by release; unrouted and unmetered requests used no CPU of their own."""
    groups: dict[tuple[str, str, str], list[UsageRecord]] = {}
    for record in records:
        if record.release and (record.cpu_us or record.requests):
            groups.setdefault(_release(record), []).append(record)
    return list(groups.values())


def _release_lines(bill: BillLine, records: list[UsageRecord], part: int, method: str) -> list[CostLine]:
    weights = [record.cpu_us for record in records]
    parts = split(part, weights) if any(weights) else [0] * len(records)
    return [
        _line(bill, LineKind.RELEASE, record.cpu_us, pico, method, record)
        for record, pico in zip(records, parts, strict=True)
    ]


def _line(
    bill: BillLine, kind: LineKind, quantity_us: int, pico: int, method: str, record: UsageRecord | None = None
) -> CostLine:
    return CostLine(
        window=bill.window,
        kind=kind,
        environment=record.environment if record else "",
        model=record.model if record else "",
        release=record.release if record else "",
        name=record.name if record else "",
        customer=record.customer if record else "",
        quantity_us=quantity_us,
        amount=from_pico(pico),
        currency=bill.currency,
        method=method,
        price=bill.price,
    )
