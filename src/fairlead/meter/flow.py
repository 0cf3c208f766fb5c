"""The meter's flow: windows are closed as they complete, each published exactly once, whatever is killed when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Lock

from fairlead.domain.finding import Finding, Severity
from fairlead.kernel.windows import Window, iso, window_at
from fairlead.meter.checkpoint import Checkpoint, decode, encode
from fairlead.meter.collectors.access_log import AccessLog
from fairlead.meter.cpu import is_settled
from fairlead.meter.intake import Intake
from fairlead.meter.tally import CustomerNames, Tally
from fairlead.meter.window import MachineFacts, MeteredWindow, close_window, open_window, settle_by
from fairlead.ports import Clock, Lake

__all__ = ["GRACE", "PATIENCE", "MeterFlow", "Tick"]

GRACE = timedelta(seconds=2)
"""How long after its end a window stays open: the log is flushed every 100 ms, the rest is for a busy machine."""

PATIENCE = timedelta(seconds=10)
"""How long a window waits for a server's reading at its end; what comes later is booked in a later window."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What a tick did: windows published, ids of ended servers of which nothing is left to book, and findings."""

    published: tuple[Window, ...] = ()
    settled: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class MeterFlow:
    """The meter of one machine. Only one process may tick; any may ask for what is provisional.

    What was read of the open window is kept in memory, so that each line is read once; after a restart it is read
    again from the committed position.
    """

    def __init__(self, lake: Lake, log: AccessLog, facts: Callable[[], MachineFacts], clock: Clock) -> None:
        self._lake = lake
        self._log = log
        self._facts = facts
        self._clock = clock
        self._lock = Lock()
        self._open: tuple[Checkpoint, Intake] | None = None

    def tick(self) -> Tick:
        """Publish every window that is complete, one after the other, so that hours of downtime need no memory.

        After an error the next tick begins from what is committed: nothing is lost or doubled.
        """
        published: list[Window] = []
        findings: list[Finding] = []
        with self._lock, self._kept_if_whole():
            facts = self._facts()
            while (at_hand := self._read_on(facts)) is not None:
                before, intake = at_hand
                if not self._is_complete(intake.window, facts):
                    break
                metered = close_window(intake.window, intake.tally, intake.position, before, facts)
                findings += _findings(intake)
                self._publish(metered, intake, facts)
                published.append(intake.window)
            booked = (at_hand[0] if at_hand else self._committed(facts)).booked
        settled = tuple(server.id for server in facts.servers if is_settled(server, booked))
        return Tick(tuple(published), settled, tuple(findings))

    def provisional(self) -> tuple[MeteredWindow, ...]:
        """What is not published yet: the open window up to now, and those before it that are not complete."""
        with self._lock, self._kept_if_whole():
            facts = self._facts()
            if self._open is not None and self._open[0].next_start != self._committed(facts).next_start:
                self._open = None
            at_hand = self._read_on(facts)
            windows: list[MeteredWindow] = []
            while at_hand is not None and at_hand[1].window.start < self._clock.now():
                before, intake = at_hand
                window = Window(intake.window.start, min(intake.window.end, self._clock.now()))
                windows.append(close_window(window, intake.tally, intake.position, before, facts))
                at_hand = self._next(replace(windows[-1].checkpoint, next_start=intake.window.end), intake, facts)
            return tuple(windows)

    @contextmanager
    def _kept_if_whole(self) -> Iterator[None]:
        """Forget what was read when anything goes wrong, since nobody knows how far it got."""
        try:
            yield
        except BaseException:
            self._open = None
            raise

    def _committed(self, facts: MachineFacts) -> Checkpoint:
        """The last published window's checkpoint, or the beginning of metering."""
        since = facts.sessions[0].start if facts.sessions else self._clock.now()
        return decode(self._lake.checkpoint()) or Checkpoint(window_at(since, facts.window).start, since)

    def _read_on(self, facts: MachineFacts) -> tuple[Checkpoint, Intake] | None:
        """The open window with all that the log holds of it by now; None where the machine is not paid for."""
        if self._open is None:
            before = self._committed(facts)
            window = open_window(before.next_start, facts)
            if window is None:
                return None
            self._open = before, Intake(window, before.position, before.tally(_names(facts)), Tally(_names(facts)))
        self._open[1].read(self._log, self._clock.now())
        return self._open

    def _next(self, before: Checkpoint, last: Intake, facts: MachineFacts) -> tuple[Checkpoint, Intake] | None:
        """The window behind `last`, filled in a copy: `last` goes on as it is."""
        window = open_window(before.next_start, facts)
        if window is None:
            return None
        intake = Intake(window, last.position, last.carry.copy(_names(facts)), Tally(_names(facts)))
        intake.read(self._log, self._clock.now())
        return before, intake

    def _is_complete(self, window: Window, facts: MachineFacts) -> bool:
        now = self._clock.now()
        if now < window.end + GRACE:
            return False
        return now >= window.end + PATIENCE or all(settle_by(server, window.end) for server in facts.servers)

    def _publish(self, metered: MeteredWindow, intake: Intake, facts: MachineFacts) -> None:
        """Records and checkpoint in one act; only then may the files of the log go that lie wholly before it."""
        checkpoint = metered.checkpoint.with_carry(intake.carry)
        bill = [metered.bill] if metered.bill else []
        self._lake.publish(metered.usage, metered.lines, bill, encode(checkpoint))
        window = open_window(checkpoint.next_start, facts)
        self._open = None
        if window is not None:
            self._open = checkpoint, Intake(window, intake.position, intake.carry, Tally(_names(facts)))
        self._log.remove_spent(checkpoint.position)


def _names(facts: MachineFacts) -> CustomerNames:
    return CustomerNames(facts.customers, facts.max_customers)


def _findings(intake: Intake) -> list[Finding]:
    """What was wrong with the window's lines, one warning per kind."""
    trouble = intake.trouble
    told = {
        "garbage": (trouble.garbage, "lines could not be read and are not metered", "look for a full disk or a crash"),
        "late": (trouble.late, "lines came after their window was published and are booked in this one", ""),
        "future": (trouble.future, "lines end in the future and are booked in this window", "check the clock"),
        "lost-position": (
            int(trouble.lost_position),
            "file of the committed position is gone: reading starts with the oldest file that is left",
            "let nobody else delete or change the gateway's log",
        ),
    }
    place = f"window {iso(intake.window.start)}"
    return [
        Finding("gateway/access.log", 0, 0, f"meter/{rule}", f"{count} {what} ({place})", mend, Severity.WARNING)
        for rule, (count, what, mend) in told.items()
        if count
    ]
