"""The physical GPU's hour is conserved, however it is shared."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.meter.collectors.gpu_share import (
    Held,
    conserved,
    divided,
    mig_part,
    reserved_seconds,
    seen_together,
    time_slice,
)

HOUR = Fraction(3600)

PARTS = st.dictionaries(st.integers(), st.fractions(min_value=0, max_value=1, max_denominator=1000), min_size=1)


def test_four_quarters_are_one_hour() -> None:
    """Four pods with a quarter each for an hour reserve one GPU hour."""
    shares = reserved_seconds(dict.fromkeys("abcd", Fraction(1, 4)), HOUR)
    assert shares.seconds == dict.fromkeys("abcd", Decimal(900))
    assert not shares.over


@pytest.mark.parametrize("count", range(1, 12))
def test_slices_of_time_sum_to_the_hour(count: int) -> None:
    """However many time slices there are, all together are the hour, to the last digit."""
    shares = reserved_seconds(dict.fromkeys(range(count), time_slice(count)), HOUR)
    assert sum(shares.seconds.values()) == 3600
    assert not shares.over


@pytest.mark.parametrize(
    "layout",
    [["1g.5gb"] * 7, ["3g.20gb", "4g.20gb"], ["2g.10gb", "2g.10gb", "3g.20gb"], ["7g.40gb"], ["1g.10gb+me", "2g.20gb"]],
)
def test_mig_layouts_never_exceed_the_gpu(layout: list[str]) -> None:
    """Instances have their compute slices of seven; a full layout is the whole GPU."""
    parts = {
        number: part for number, profile in enumerate(layout) if (part := mig_part(profile, "NVIDIA A100")) is not None
    }
    assert len(parts) == len(layout)
    shares = reserved_seconds(parts, HOUR)
    assert not shares.over
    slices = sum(int(profile[0]) for profile in layout)
    assert abs(sum(shares.seconds.values()) - Decimal(3600) * slices / 7) < Decimal("1e-8")


@pytest.mark.parametrize(
    ("profile", "product", "part"),
    [
        ("1g.5gb", "NVIDIA A100-SXM4-40GB", Fraction(1, 7)),
        ("MIG 3g.40gb", "NVIDIA H100 80GB HBM3", Fraction(3, 7)),
        ("1g.20gb", "NVIDIA H100 80GB HBM3", Fraction(1, 7)),
        ("1c.3g.20gb", "NVIDIA A100-SXM4-40GB", Fraction(1, 7)),
        ("1g.6gb", "NVIDIA A30", Fraction(1, 4)),
        ("4g.24gb", "NVIDIA A30", Fraction(1)),
        ("2g.48gb", "NVIDIA RTX PRO 6000 Blackwell Server Edition", Fraction(2, 4)),
        ("1g.12gb.gfx", "NVIDIA A30", None),
        ("7g.24gb", "NVIDIA A30", None),
        ("large", "", None),
    ],
)
def test_profiles(profile: str, product: str, part: Fraction | None) -> None:
    """A profile's part is its compute slices of those that the product has; what is no profile has none."""
    assert mig_part(profile, product) == part


def test_more_than_the_whole_is_divided() -> None:
    """Where more is asked for than there is, the hour is divided in proportion, and it is said."""
    shares = reserved_seconds({"a": Fraction(1), "b": Fraction(1, 2)}, HOUR)
    assert shares.seconds == {"a": Decimal(2400), "b": Decimal(1200)}
    assert shares.over


@given(PARTS, st.integers(1, 10**6))
def test_seconds_are_conserved(parts: dict[int, Fraction], seconds: int) -> None:
    """What is reserved is the parts' sum of the time, and never more than the time, to the last digit."""
    shares = reserved_seconds(parts, Fraction(seconds))
    whole = min(sum(parts.values(), Fraction(0)), Fraction(1)) * seconds
    assert sum(shares.seconds.values()) * 10**9 == round(whole * 10**9)
    assert all(amount >= 0 for amount in shares.seconds.values())


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50), st.booleans(), st.integers(0, 4)), min_size=1))
def test_holders_divide_the_time_in_which_there_was_one(spans: list[tuple[int, int, bool, int]]) -> None:
    """All reservations sum to the time in which anybody held it, and nobody's are part of it; busy is at most seen."""
    held = [Held(start, start + length, holder, taken, Fraction(1)) for start, length, taken, holder in spans]
    found = divided(held)
    assert sum(found.reserved.values()) == seen_together(each for each in held if each.held)
    assert sum(found.busy.values()) == seen_together(held)


def test_nothing_is_conserved_as_nothing() -> None:
    """Holders of nothing have nothing."""
    assert conserved({"a": Fraction(0)}) == {"a": Decimal(0)}
