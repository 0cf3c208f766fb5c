"""CPU of a window, from cumulative readings."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.domain.serving import CpuReading
from fairlead.meter.cpu import MeteredServer, cpu_at, cpu_in_window, is_settled
from fairlead.meter.window import settle_by
from tests.unit.meter.access_lines import RELEASE, at

KEY = ("prod", "digits", RELEASE)


def server(
    *readings: tuple[float, int], final: bool = False, gone: bool = False, release: str = RELEASE
) -> MeteredServer:
    """A server that started at noon, with readings as (seconds, cumulative microseconds)."""
    newest = len(readings) - 1
    told = tuple(CpuReading("s1", at(s), us, final and n == newest) for n, (s, us) in enumerate(readings))
    return MeteredServer("s1", "prod", "digits", release, "digits@abc", at(0), told, gone=gone)


def test_reading_at_the_boundary_is_taken_as_it_is() -> None:
    """No interpolation where the boundary was sampled."""
    assert cpu_at(server((60, 500), (90, 900)), at(60)) == (500, False)


def test_missing_boundary_is_interpolated_and_told() -> None:
    """Linear between the neighbours; the start counts as zero."""
    assert cpu_at(server((30, 300), (90, 901)), at(60)) == (600, True)
    assert cpu_at(server((90, 900)), at(30)) == (300, True)


def test_reading_a_moment_after_the_boundary_counts_as_the_boundarys() -> None:
    """The figure is still interpolated, which is more exact, but nothing was missing."""
    assert cpu_at(server((0.01, 0), (60.01, 6001)), at(60))[1] is False


def test_nothing_is_used_before_the_start_and_no_more_than_the_newest_after_it() -> None:
    """No figure is made up."""
    assert cpu_at(server((60, 500)), at(-1)) == (0, False)
    assert cpu_at(server((60, 500)), at(600)) == (500, False)
    assert cpu_at(server(), at(600)) == (0, False)


def test_window_takes_what_is_not_booked_yet() -> None:
    """CPU that was unknown when its window closed falls into the next one."""
    early = cpu_in_window([server((50, 400))], {}, at(0), at(60))
    assert early.releases == {KEY: 400}
    late = cpu_in_window([server((50, 400), (70, 700), (120, 1_000))], early.booked, at(0), at(120))
    assert late.releases == {KEY: 600}


def test_adopted_server_is_booked_from_the_beginning_of_metering() -> None:
    """When the state was lost, CPU of the time before is not charged to the first window."""
    assert cpu_in_window([server((60, 600), (120, 1_200))], {}, at(60), at(120)).releases == {KEY: 600}


def test_platform_is_kept_apart() -> None:
    """A process without a release is the platform's."""
    use = cpu_in_window([server((60, 600), release="")], {}, at(0), at(60))
    assert (use.releases, use.platform_us) == ({}, 600)


def test_forgotten_server_leaves_the_books() -> None:
    """Only servers that are still told of are remembered, so that the checkpoint stays small."""
    assert cpu_in_window([], {"gone": 5}, at(0), at(60)).booked == {}


def test_settled_when_the_final_reading_is_booked() -> None:
    """Then, and only then, may the server's traces be dropped."""
    ended = server((60, 600), final=True)
    assert not is_settled(ended, {})
    assert not is_settled(ended, {"s1": 599})
    assert is_settled(ended, {"s1": 600})
    assert not is_settled(server((60, 600)), {"s1": 600})
    assert is_settled(server((60, 600), gone=True), {"s1": 600})


def test_window_waits_for_a_running_servers_reading() -> None:
    """A boundary is known when a later or final reading is there, or none will come."""
    assert not settle_by(server((59, 1)), at(60))
    assert settle_by(server((60, 1)), at(60))
    assert settle_by(server((30, 1), final=True), at(60))
    assert settle_by(server(gone=True), at(60))
    assert settle_by(server(), at(-60))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 10**7)), min_size=1, max_size=20),
    st.lists(st.integers(1, 600), max_size=20),
    st.data(),
)
def test_windows_sum_to_the_final_reading(
    steps: list[tuple[int, int]], boundaries: list[int], data: st.DataObject
) -> None:
    """Whatever readings were known when each window closed, the windows sum to the final figure exactly."""
    readings, seconds, used = [], 0, 0
    for passed, more in steps:
        seconds, used = seconds + passed, used + more
        readings.append((seconds, used))
    booked: dict[str, int] = {}
    total = 0
    for boundary in sorted(boundaries):
        known = readings[: data.draw(st.integers(0, len(readings)))]
        use = cpu_in_window([server(*known)], booked, at(0), _moment(boundary))
        total += sum(use.releases.values())
        booked = dict(use.booked)
    last = cpu_in_window([server(*readings, final=True)], booked, at(0), _moment(seconds + 1))
    assert total + sum(last.releases.values()) == used


def _moment(seconds: int) -> datetime:
    return at(0) + timedelta(seconds=seconds)
