"""A metered machine over time: windows, restarts, downtime, sessions, prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.usage import MachineSession
from fairlead.drivers.lake import ParquetLake
from fairlead.flows.cost import Period
from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.meter.unmetered import GatewayLoss
from tests.scenario.meter.machine import PRICE, Machine
from tests.unit.meter.access_lines import RELEASE, at

PUBLISHED = Period(include_provisional=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine at noon."""
    return Machine(tmp_path)


def counted(machine: Machine, period: Period = PUBLISHED) -> int:
    """Requests in the ledger."""
    return sum(row.requests for row in machine.ledger().cost(("model",), period).rows)


def assert_closes(machine: Machine, period: Period = PUBLISHED) -> None:
    """Parts sum to the bill, to the last digit."""
    for totals in machine.ledger().cost(("model",), period).totals:
        assert totals.residual == 0
        assert totals.billed == totals.releases + totals.platform + totals.idle


def test_window_is_published_when_it_is_complete(machine: Machine) -> None:
    """Not before its end and the grace; then once."""
    meter = machine.meter()
    machine.requests(1, 30, 59.9)
    for second, published in ((59, 0), (60.5, 0), (63, 1), (64, 0), (123, 1)):
        machine.moment = at(second)
        assert len(meter.tick().published) == published
    assert counted(machine) == 3
    assert_closes(machine)


def test_release_platform_and_idle_share_the_bill(machine: Machine) -> None:
    """A tenth of a core of two is a twentieth of the bill, the platform a hundredth."""
    machine.requests(1)
    machine.moment = at(63)
    machine.meter().tick()
    report = machine.ledger().cost(("release",), PUBLISHED)
    (totals,) = report.totals
    assert totals.billed == Decimal("0.001416666667")
    assert (totals.releases, totals.platform) == (Decimal("0.000070833333"), Decimal("0.000014166667"))
    (row,) = report.rows
    assert (row.key["name"], row.amount, row.per_1k) == ("digits@abc", totals.releases, Decimal("0.070833333000"))


def test_restart_after_every_tick_changes_nothing(machine: Machine) -> None:
    """A meter that forgets all between ticks counts the same; lines ahead of a boundary are carried over."""
    seconds = [number * 0.7 for number in range(400)]
    sent = 0
    for moment in range(0, 300, 3):
        machine.moment = at(moment)
        due = [second for second in seconds[sent:] if second <= moment]
        machine.requests(*due)
        sent += len(due)
        machine.meter().tick()
    machine.moment = at(363)
    machine.meter().tick()
    assert counted(machine) == len(seconds)
    by_window = machine.ledger().cost(("window",), PUBLISHED).rows
    expected = [sum(60 * n <= second < 60 * (n + 1) for second in seconds) for n in range(5)]
    told = sorted(by_window, key=lambda row: str(row.key["window_start"]))
    assert [row.requests for row in told][:5] == expected
    assert_closes(machine)


def test_hours_of_downtime_are_caught_up(machine: Machine) -> None:
    """Serving went on without a control plane; each window gets its own lines and its own CPU."""
    machine.requests(*range(0, 3_600, 7))
    machine.moment = at(3_603)
    tick = machine.meter().tick()
    assert len(tick.published) == 60
    assert tick.findings == ()
    assert counted(machine) == len(range(0, 3_600, 7))
    assert {row.cpu_us for row in machine.ledger().cost(("window",), PUBLISHED).rows} == {6_000_000}
    assert machine.ledger().cost(("model",), PUBLISHED).totals[0].billed == Decimal("0.085")


def test_rotated_files_go_when_they_are_published(machine: Machine) -> None:
    """Until then they stay, since they are the only copy."""
    gateway = machine.folder / "gateway"
    meter = machine.meter()
    machine.requests(10)
    machine.rotate(1)
    machine.requests(70)
    machine.moment = at(62.5)
    machine.requests(62)
    assert meter.tick().published
    machine.moment = at(123)
    meter.tick()
    assert sorted(path.name for path in gateway.iterdir()) == ["access.log"]
    assert counted(machine) == 3


def test_late_line_is_booked_in_the_open_window(machine: Machine) -> None:
    """A published window is never changed; nothing is dropped."""
    meter = machine.meter()
    machine.requests(1)
    machine.moment = at(63)
    meter.tick()
    machine.requests(30)
    machine.moment = at(123)
    tick = meter.tick()
    assert [finding.rule for finding in tick.findings] == ["meter/late"]
    assert counted(machine) == 2
    assert [row.requests for row in machine.ledger().series("digits", "prod", PUBLISHED)] == [1, 1]


def test_broken_publish_is_made_good(machine: Machine) -> None:
    """A full disk delays a window; it is published whole when there is room again."""

    class FullDisk(ParquetLake):
        full = True

        def publish(self, *arguments: Any) -> None:  # noqa: ANN401 - handed on
            if self.full:
                raise BrokenWorldError("no space left on device")
            super().publish(*arguments)

    lake = FullDisk(machine.folder / "lake", machine)
    meter = machine.meter(lake)
    machine.requests(1, 61)
    machine.moment = at(63)
    with pytest.raises(BrokenWorldError):
        meter.tick()
    lake.full = False
    machine.moment = at(123)
    assert len(meter.tick().published) == 2
    assert counted(machine) == 2


def test_publish_that_succeeded_and_then_failed_is_not_repeated(machine: Machine) -> None:
    """Killed between the rename and its report: the window is in the lake once."""

    class Unlucky(ParquetLake):
        calls = 0

        def publish(self, *arguments: Any) -> None:  # noqa: ANN401 - handed on
            super().publish(*arguments)
            self.calls += 1
            if self.calls == 1:
                raise BrokenWorldError("the folder could not be synced")

    meter = machine.meter(Unlucky(machine.folder / "lake", machine))
    machine.requests(1, 2)
    machine.moment = at(63)
    with pytest.raises(BrokenWorldError):
        meter.tick()
    assert meter.tick().published == ()
    assert counted(machine) == 2


def test_provisional_is_what_will_be_published(machine: Machine) -> None:
    """The open window up to now, from any process, counted with what is published and never twice."""
    meter = machine.meter()
    machine.requests(1, 61, 90)
    machine.moment = at(61.5)
    assert counted(machine, Period()) == 3
    machine.moment = at(100)
    meter.tick()
    report = machine.ledger(meter.provisional).cost(("model",))
    assert [(row.requests, report.provisional_until) for row in report.rows] == [(3, at(100))]
    assert counted(machine, Period()) == 3
    assert_closes(machine, Period())
    before = machine.ledger(meter.provisional).cost(("model",)).totals[0].billed
    assert before == Decimal("0.002361111111")
    machine.moment = at(123)
    meter.tick()
    assert counted(machine) == counted(machine, Period()) == 3


def test_session_that_ends_ends_the_bill(machine: Machine) -> None:
    """After a drained stop nothing is billed; the final reading closes the release; the next session begins anew."""
    meter = machine.meter()
    machine.requests(10)
    machine.moment = machine.ended = at(90)
    machine.sessions = (replace(machine.sessions[0], end=at(90)),)
    machine.moment = at(600)
    tick = meter.tick()
    assert [window.start for window in tick.published] == [at(0), at(60)]
    assert tick.settled == ("s1", "envoy")
    assert machine.ledger().cost(("model",), PUBLISHED).totals[0].billed == Decimal("0.002125")
    machine.sessions += (MachineSession(at(630), None, 2),)
    machine.moment = at(663)
    assert [window.start for window in meter.tick().published] == [at(600)]
    assert machine.ledger().cost(("model",), PUBLISHED).totals[0].billed == Decimal("0.002833333333")
    assert machine.ledger().cost(("model",), PUBLISHED).rows[0].cpu_us == 9_000_000
    assert_closes(machine)


def test_without_a_price_usage_is_kept_and_cost_is_open(machine: Machine) -> None:
    """Unpriced is said, never zero; a price that comes later holds from its window on."""
    meter = machine.meter()
    machine.price = None
    machine.requests(1, 2)
    machine.moment = at(63)
    meter.tick()
    report = machine.ledger().cost(("model",), PUBLISHED)
    assert [(row.requests, row.amount, row.currency, row.per_1k) for row in report.rows] == [(2, None, "", None)]
    assert report.totals == ()
    machine.price = PRICE
    machine.requests(70)
    machine.moment = at(123)
    meter.tick()
    told = {row.currency: row for row in machine.ledger().cost(("model",), PUBLISHED).rows}
    assert (told[""].requests, told["USD"].requests) == (2, 1)
    assert machine.ledger().cost((), PUBLISHED).totals[0].billed == Decimal("0.001416666667")


def test_currencies_are_never_added(machine: Machine) -> None:
    """A book in another currency makes rows and totals of its own."""
    meter = machine.meter()
    machine.requests(1, 61)
    machine.moment = at(63)
    meter.tick()
    machine.price = replace(PRICE, currency="EUR")
    machine.moment = at(123)
    meter.tick()
    report = machine.ledger().cost(("model",), PUBLISHED)
    assert sorted((row.currency, row.requests) for row in report.rows) == [("EUR", 1), ("USD", 1)]
    assert [totals.currency for totals in report.totals] == ["EUR", "USD"]
    assert_closes(machine)


def test_unrouted_requests_are_shown_and_cost_nothing(machine: Machine) -> None:
    """A request for a model that nobody serves is counted apart."""
    machine.requests(1, release=None, model="nonesuch", code=404, server=None)
    machine.moment = at(63)
    machine.meter().tick()
    report = machine.ledger().cost(("model",), PUBLISHED)
    assert [(each.model, each.requests) for each in report.unrouted] == [("nonesuch", 1)]
    assert [row.requests for row in report.rows] == [0]


def test_requests_that_a_killed_gateway_had_not_logged_are_booked(machine: Machine) -> None:
    """The server answered five, the log holds three: two are unmetered, once, and cost nothing of their own."""
    meter = machine.meter()
    machine.requests(1, 2, 3)
    machine.losses = (GatewayLoss(at(4), "gateway-1", {"s1": 5}),)
    machine.requests(10, 11, gateway="gateway-2")
    for second in (63, 123):
        machine.moment = at(second)
        meter.tick()
    rows = {str(row.key["customer"]): row for row in machine.ledger().cost(("customer",), PUBLISHED).rows}
    assert (rows["unmetered"].unmetered, rows["unmetered"].requests, rows["unmetered"].amount) == (2, 0, None)
    assert rows["acme"].requests == 5
    assert_closes(machine)


def test_figures_lead_to_their_source_rows(machine: Machine) -> None:
    """The rows behind a figure sum to it, and say method and price."""
    machine.requests(1, 2, customer="acme")
    machine.requests(3, customer="bolt")
    machine.moment = at(63)
    machine.meter().tick()
    ledger = machine.ledger()
    (row,) = [each for each in ledger.cost(("customer",), PUBLISHED).rows if each.key["customer"] == "acme"]
    sources = ledger.sources(customer="acme", release=RELEASE)
    assert sum(int(str(each["requests"])) for each in sources.usage) == row.requests == 2
    assert sum(Decimal(str(each["amount"])) for each in sources.cost_lines) == row.amount
    assert {(each["method"], each["price"]) for each in sources.cost_lines} == {("upstream-service-time", PRICE.row)}


def test_unknown_dimension_is_refused(machine: Machine) -> None:
    """The known ones are listed."""
    with pytest.raises(UsageError, match="model, release, customer, environment, window"):
        machine.ledger().cost(("team",))


def test_period_takes_windows_that_begin_in_it(machine: Machine) -> None:
    """Half-open, so that two periods never share a window."""
    machine.requests(1, 61, 62)
    machine.moment = at(123)
    machine.meter().tick()
    first = Period(at(0), at(60), include_provisional=False)
    assert (counted(machine, first), counted(machine, replace(first, since=at(60), until=at(61)))) == (1, 2)


def test_meter_waits_for_a_reading_and_not_for_ever(machine: Machine) -> None:
    """A keeper that is late delays the window by seconds; its CPU is booked later, not lost."""
    machine.heard = at(58)
    meter = machine.meter()
    machine.requests(1)
    machine.moment = at(65)
    assert meter.tick().published == ()
    machine.moment = at(70)
    assert len(meter.tick().published) == 1
    machine.heard = None
    machine.moment = at(123)
    meter.tick()
    rows = machine.ledger().cost(("model",), PUBLISHED).rows
    assert sum(row.cpu_us for row in rows) == 12_000_000
