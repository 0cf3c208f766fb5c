"""Arithmetic over samples: what a counter rose by and a gauge held, whatever the samples are."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fairlead.meter.collectors.base import measured
from fairlead.meter.collectors.pieces import Piece
from fairlead.meter.collectors.series import LOOKBACK, Sample, Series, holds, rises, usual_distance

VALUES = st.floats(min_value=0, max_value=1e15).map(lambda value: Decimal(repr(value)))


@st.composite
def samples(draw: st.DrawFn) -> list[Sample]:
    """Samples in order of time, at most a lookback apart, and sometimes more."""
    distances = draw(st.lists(st.integers(1, LOOKBACK * 2), max_size=20))
    moments = [sum(distances[:place]) for place in range(1, len(distances) + 1)]
    return [(at, draw(VALUES)) for at in moments]


@given(samples())
def test_rises_sum_to_the_whole(given_samples: list[Sample]) -> None:
    """Without a reset the rises sum to the last sample less the first, to the last digit of their doubles."""
    rising = [
        (at, value) for (at, _), value in zip(given_samples, sorted(each for _, each in given_samples), strict=True)
    ]
    found = list(rises(rising))
    assert not any(rise.reset for rise in found)
    if rising:
        assert sum((rise.amount for rise in found), Decimal(0)) == rising[-1][1] - rising[0][1]


@given(samples())
def test_a_counter_never_falls(given_samples: list[Sample]) -> None:
    """Whatever a counter does, it rose by 0 or more; and a gap is where samples are further apart than the lookback."""
    found = list(rises(given_samples))
    assert all(rise.amount >= 0 for rise in found)
    assert [rise.gap for rise in found] == [
        after - before > LOOKBACK for (before, _), (after, _) in pairwise(given_samples)
    ]


@given(samples(), st.integers(1, LOOKBACK))
def test_holds_do_not_overlap(given_samples: list[Sample], usual: int) -> None:
    """Each moment has at most one value, and no value holds over more than a lookback."""
    found = list(holds(given_samples, usual))
    assert all(0 < hold.end - hold.start <= LOOKBACK for hold in found)
    assert all(before.end <= after.start for before, after in pairwise(found))


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_parts_of_a_span_are_the_span(start: int, length: int) -> None:
    """A span is divided among windows without remainder, as far as it lies in the piece."""
    piece = Piece(after=300_000, upto=6_000_000, step=300_000, series=())
    parts = list(piece.parts(start, start + length))
    inside = max(min(start + length, piece.upto) - max(start, piece.after), 0)
    assert sum(part for _, part in parts) == inside
    assert all(piece.after <= window < piece.upto and window % piece.step == 0 for window, _ in parts)


def test_usual_distance_is_the_median() -> None:
    """How often samples are taken is told by most of them; a hole does not change it."""
    often = Series({}, [(at, Decimal(1)) for at in (0, 15_000, 30_000, 45_000, 900_000)])
    assert usual_distance([often]) == 15_000
    assert usual_distance([Series({}, [(0, Decimal(1))])]) == LOOKBACK


def test_a_quantity_is_rounded_once_to_even() -> None:
    """Nine digits are kept, half goes to the even digit."""
    assert [measured(Decimal(each)) for each in ("0.0000000005", "0.0000000015", "1.0000000004999")] == [
        Decimal(0),
        Decimal("0.000000002"),
        Decimal(1),
    ]
