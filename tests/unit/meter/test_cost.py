"""The bill and its parts: exact, whatever the numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.domain.usage import CorePrice, CostLine, LineKind, MachineSession
from fairlead.kernel.money import round_to_pico
from fairlead.kernel.windows import Window
from fairlead.meter.cost import PricedSpan, bill_line, cost_lines
from fairlead.meter.cpu import CpuUse, ReleaseKey
from fairlead.meter.tally import COLUMNS, CustomerNames, Tally
from fairlead.meter.usage import UNROUTED, WindowUsage, usage_records
from tests.unit.meter.access_lines import RELEASE, at

PRICE = CorePrice(Decimal("0.0425"), "USD", "a list, 2026-11-01")
SESSION = MachineSession(at(0), None, 2)
WINDOW = Window(at(0), at(300))
OTHER = "b" * 64

prices = st.decimals(Decimal(0), Decimal(1000), allow_nan=False, places=9)


def span(session: MachineSession = SESSION, price: CorePrice = PRICE) -> PricedSpan:
    """The whole session at one price."""
    return PricedSpan(session, session.start, price)


def usage(
    cpu: dict[ReleaseKey, int], service: dict[tuple[ReleaseKey, str], int], lost: dict[ReleaseKey, int] | None = None
) -> WindowUsage:
    """Usage of a window in which each customer made one request with this service time."""
    tally = Tally(CustomerNames(frozenset(), 100))
    for (release, customer), service_us in service.items():
        row = tally.rows[(*release, customer)] = [0] * 24
        row[COLUMNS.index("requests")] = 1
        row[COLUMNS.index("service_us")] = service_us
    return usage_records(WINDOW, tally, CpuUse(cpu, 0, {}, interpolated=False), lost or {}, {RELEASE: "digits@abc"})


def key(release: str) -> ReleaseKey:
    """A release of the model in production."""
    return "prod", "digits", release


def lines_of(used: WindowUsage, platform_us: int = 0) -> list[CostLine]:
    """Cost lines of five minutes on two cores."""
    bill = bill_line([span()], WINDOW)
    assert bill is not None
    lines = cost_lines(bill, used, platform_us, interpolated=False)
    assert sum(line.amount for line in lines) == bill.amount
    return lines


def test_bill_is_cores_times_hours_times_price() -> None:
    """Two cores for five minutes at 0.0425 an hour."""
    bill = bill_line([span()], WINDOW)
    assert bill is not None
    assert (bill.amount, bill.currency, bill.capacity_us) == (Decimal("0.007083333333"), "USD", 600_000_000)


def test_bill_of_a_part_of_a_window_is_of_that_part() -> None:
    """A session that began and ended within the window pays for its own time only."""
    short = replace(SESSION, start=at(60), end=at(90))
    bill = bill_line([span(short)], WINDOW)
    assert bill is not None
    assert bill.capacity_us == 60_000_000
    assert bill.amount == Decimal("0.000708333333")


def test_no_price_is_no_bill() -> None:
    """Nothing is charged where nothing is known, and it is not zero."""
    assert bill_line([], WINDOW) is None
    assert bill_line([span(replace(SESSION, end=at(-5), start=at(-9)))], WINDOW) is None


def test_release_pays_for_its_cpu_and_idle_for_the_rest() -> None:
    """A quarter of the capacity costs a quarter of the bill."""
    lines = lines_of(usage({key(RELEASE): 150_000_000}, {(key(RELEASE), "acme"): 9}), 30_000_000)
    by_kind = {line.kind: line for line in lines}
    assert by_kind[LineKind.RELEASE].quantity_us == 150_000_000
    assert by_kind[LineKind.RELEASE].amount == Decimal("0.001770833333")
    assert by_kind[LineKind.IDLE].quantity_us == 420_000_000
    assert by_kind[LineKind.PLATFORM].quantity_us == 30_000_000


def test_customers_share_a_release_by_service_time() -> None:
    """The line says so."""
    used = usage({key(RELEASE): 300}, {(key(RELEASE), "acme"): 200, (key(RELEASE), "bolt"): 100})
    lines = [line for line in lines_of(used) if line.kind is LineKind.RELEASE]
    assert [(line.customer, line.quantity_us) for line in lines] == [("acme", 200), ("bolt", 100)]
    assert {line.method for line in lines} == {"upstream-service-time"}


def test_requests_that_took_no_service_share_by_number() -> None:
    """A release that only fails fast is shared by requests."""
    used = usage({key(RELEASE): 300}, {(key(RELEASE), "acme"): 0, (key(RELEASE), "bolt"): 0})
    assert {line.method for line in lines_of(used)} >= {"request-count"}


def test_release_without_requests_is_charged_to_nobody() -> None:
    """Its cost stays with the release, under the customer `none`."""
    (line,) = [line for line in lines_of(usage({key(RELEASE): 300}, {})) if line.kind is LineKind.RELEASE]
    assert (line.customer, line.method) == ("none", "no-requests")


def test_unrouted_and_unmetered_requests_are_visible_and_free() -> None:
    """They are usage without a cost line."""
    used = usage({key(RELEASE): 300}, {(key(""), "acme"): 0}, {key(RELEASE): 7})
    assert {record.name for record in used.records if not record.release} == {UNROUTED}
    (lost,) = [record for record in used.records if record.customer == "unmetered"]
    assert (lost.unmetered, lost.requests, lost.cpu_us) == (7, 0, 0)
    assert [line.customer for line in lines_of(used) if line.kind is LineKind.RELEASE] == ["none"]


def test_models_that_strangers_name_do_not_fill_the_ledger() -> None:
    """Beyond the limit they are one row, and no request is lost."""
    service = {(("prod", f"guess{n}", ""), "acme"): 0 for n in range(500)}
    records = usage({}, service).records
    assert [(record.model, record.requests) for record in records] == [("", 500)]


def test_use_above_the_capacity_leaves_no_idle_and_says_so() -> None:
    """Clocks of CPU and wall differ by a tick; the bill is split in proportion."""
    lines = lines_of(usage({key(RELEASE): 900_000_000}, {}), 300_000_000)
    by_kind = {line.kind: line for line in lines}
    assert by_kind[LineKind.IDLE].amount == 0
    assert by_kind[LineKind.PLATFORM].amount * 3 - by_kind[LineKind.RELEASE].amount == Decimal("-1e-12")
    assert all(line.method.endswith("use above capacity") for line in lines)


@settings(deadline=None)
@given(
    price=prices,
    cores=st.integers(1, 512),
    start=st.integers(0, 10**9),
    cuts=st.lists(st.integers(1, 10**10), min_size=1, max_size=12),
    length=st.integers(0, 10**11),
)
def test_windows_sum_to_the_session(price: Decimal, cores: int, start: int, cuts: list[int], length: int) -> None:
    """However a session is cut into windows, its bills sum to the whole, rounded once."""
    begin = at(0) + timedelta(microseconds=start)
    end = begin + timedelta(microseconds=length)
    whole = span(MachineSession(begin, end, cores), CorePrice(price, "USD", "x"))
    moments = [at(0)]
    for cut in [*cuts, start + length + 10**6]:
        moments.append(moments[-1] + timedelta(microseconds=cut))
    total = sum(whole.billed_in(Window(*pair)) for pair in pairwise(moments))
    assert total == round_to_pico(Fraction(price) * cores * length / 3_600_000_000)


@settings(deadline=None)
@given(
    price=prices,
    cpu=st.dictionaries(st.sampled_from([key(RELEASE), key(OTHER), ("dev", "llm", OTHER)]), st.integers(0, 10**9)),
    service=st.dictionaries(
        st.tuples(st.sampled_from([key(RELEASE), key(OTHER), key("")]), st.sampled_from("abcd")), st.integers(0, 10**12)
    ),
    platform_us=st.integers(0, 10**9),
)
def test_parts_sum_to_the_bill_at_every_level(
    price: Decimal,
    cpu: dict[ReleaseKey, int],
    service: dict[tuple[ReleaseKey, str], int],
    platform_us: int,
) -> None:
    """Lines sum to the bill, CPU of customers to the release's, and no part is negative."""
    used = usage(cpu, service)
    bill = bill_line([span(price=CorePrice(price, "USD", "x"))], WINDOW)
    assert bill is not None
    lines = cost_lines(bill, used, platform_us, interpolated=False)
    assert sum((line.amount for line in lines), Decimal(0)) == bill.amount
    assert all(line.amount >= 0 and line.quantity_us >= 0 for line in lines)
    for release, microseconds in cpu.items():
        own = [line for line in lines if (line.environment, line.model, line.release) == release]
        assert sum(line.quantity_us for line in own) == microseconds
