"""A machine that is metered: a clock, a log, readings; a test states only what happens on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from fairlead.domain.serving import CpuReading
from fairlead.domain.usage import CorePrice, MachineSession
from fairlead.drivers.lake import ParquetLake
from fairlead.flows.cost import CostFlow
from fairlead.meter.collectors.access_log import AccessLog
from fairlead.meter.cpu import MeteredServer
from fairlead.meter.flow import MeterFlow
from fairlead.meter.unmetered import GatewayLoss
from fairlead.meter.window import MachineFacts
from tests.unit.meter.access_lines import NOON, RELEASE, access_line, at

__all__ = ["PRICE", "Machine"]

PRICE = CorePrice(Decimal("0.0425"), "USD", "a list, 2026-11-01")


class Machine:
    """Two cores, one server of one release, windows of a minute, a session since noon."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.moment = NOON
        self.sessions: tuple[MachineSession, ...] = (MachineSession(NOON, None, 2),)
        self.price: CorePrice | None = PRICE
        self.ended: datetime | None = None
        self.losses: tuple[GatewayLoss, ...] = ()
        self.heard: datetime | None = None
        """Until when readings have arrived; None: until now."""
        (folder / "gateway").mkdir(exist_ok=True)

    def now(self) -> datetime:
        """The clock's moment."""
        return self.moment

    def sleep(self, span: timedelta) -> None:
        """Let time pass."""
        self.moment += span

    def lake(self) -> ParquetLake:
        """The lake, opened anew."""
        return ParquetLake(self.folder / "lake", self)

    def meter(self, lake: ParquetLake | None = None) -> MeterFlow:
        """A meter that knows nothing but what is committed, as after a restart."""
        return MeterFlow(lake or self.lake(), AccessLog(self.folder / "gateway"), self.facts, self)

    def ledger(self, provisional: Callable[[], tuple[object, ...]] | None = None) -> CostFlow:
        """Questions to the lake and to the open window."""
        return CostFlow(self.lake(), provisional or self.meter().provisional)  # type: ignore[arg-type]

    def requests(self, *seconds: float, **changes: object) -> None:
        """Requests that end at these seconds after noon."""
        with (self.folder / "gateway" / "access.log").open("ab") as log:
            log.write(b"".join(access_line(at(second), **changes) for second in seconds))

    def rotate(self, number: int) -> None:
        """Put the log aside."""
        (self.folder / "gateway" / "access.log").rename(self.folder / "gateway" / f"access.{number}.log")
        (self.folder / "gateway" / "access.log").touch()

    def facts(self) -> MachineFacts:
        """A tenth of a core is used by the release since its start, sampled at each boundary."""
        upto = min(self.moment, self.ended or self.moment, self.heard or self.moment)
        whole = int((upto - NOON).total_seconds() // 60)
        moments = [*(at(60 * minute) for minute in range(1, whole + 1)), upto]
        readings = [CpuReading("s1", moment, (moment - NOON) // timedelta(microseconds=10)) for moment in moments]
        if self.ended:
            last = readings[-1]
            readings[-1] = CpuReading(last.server, last.at, last.cpu_us, final=True)
        server = MeteredServer("s1", "prod", "digits", RELEASE, "digits@abc", NOON, tuple(readings), "127.0.0.1:4001")
        envoy = [CpuReading("envoy", moment, (moment - NOON) // timedelta(microseconds=50)) for moment in moments]
        gateway = MeteredServer("envoy", "", "", "", "envoy", NOON, tuple(envoy), gone=self.ended is not None)
        running = (server, gateway)
        return MachineFacts(self.sessions, running, self.price, timedelta(minutes=1), losses=self.losses)
