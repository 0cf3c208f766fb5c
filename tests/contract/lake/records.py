"""Builds records for the lake; a test states only what differs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fairlead.domain.usage import BUCKETS_MS, BillLine, CostLine, LineKind, UsageRecord
from fairlead.kernel.windows import Window

__all__ = ["NOON", "HandClock", "bill", "line", "usage", "window"]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class HandClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        """The moment."""
        return self.moment

    def sleep(self, span: timedelta) -> None:
        """Move on."""
        self.moment += span


def window(number: int = 0, minutes: int = 5) -> Window:
    """The window of that number after noon."""
    start = NOON + number * timedelta(minutes=minutes)
    return Window(start, start + timedelta(minutes=minutes))


def usage(at: Window, customer: str = "acme", requests: int = 1) -> UsageRecord:
    """What a customer used in a window."""
    return UsageRecord(
        window=at,
        environment="prod",
        model="digits",
        release="a" * 64,
        name="digits@abc",
        customer=customer,
        requests=requests,
        inferences=requests,
        errors=0,
        latency=(requests, *[0] * len(BUCKETS_MS)),
        input_tokens=2**40,
        output_tokens=0,
        tokens_unknown=0,
        service_us=10,
        cpu_us=20,
        bytes_in=30,
        bytes_out=40,
    )


def line(at: Window, amount: str = "0.000000000001", kind: LineKind = LineKind.RELEASE) -> CostLine:
    """A cost line of a window."""
    names = ("prod", "digits", "a" * 64, "digits@abc", "acme") if kind is LineKind.RELEASE else ("",) * 5
    return CostLine(at, kind, *names, 20, Decimal(amount), "USD", "upstream-service-time", "a list")


def bill(at: Window, amount: str = "0.000000000001") -> BillLine:
    """The bill of a window."""
    return BillLine(at, 600_000_000, Decimal(amount), "USD", "a list")
