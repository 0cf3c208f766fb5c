"""Series of busy GPUs as seconds of physical GPUs: whatever the series say, no hour is longer than an hour."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.meter.collectors.gpu_series import gpu_use
from fairlead.meter.collectors.labelling import Labelling
from fairlead.meter.collectors.pieces import Piece
from fairlead.meter.collectors.series import Series

STEP = 300_000
PIECE = Piece(after=0, upto=3 * STEP, step=STEP, series=())
LABELLING = Labelling(keep=("UUID", "modelName", "GPU_I_ID", "GPU_I_PROFILE"))


@st.composite
def gpu_series(draw: st.DrawFn) -> Series:
    """A series of one of two GPUs, whole or an instance, held or not, seen at some moments."""
    labels = {
        "UUID": draw(st.sampled_from(["a", "b"])),
        "Hostname": "i-1",
        "GPU_I_ID": draw(st.sampled_from(["", "1", "2", "3"])),
        "GPU_I_PROFILE": draw(st.sampled_from(["", "1g.5gb", "3g.20gb", "7g.40gb", "unknown"])),
        "exported_pod": draw(st.sampled_from(["", "p", "q", "r"])),
    }
    moments = sorted(draw(st.sets(st.integers(0, 60), min_size=1)))
    values = st.floats(min_value=0, max_value=1.5)
    return Series(labels, [(moment * 15_000, Decimal(repr(draw(values)))) for moment in moments])


@settings(deadline=None, max_examples=60)
@given(st.lists(gpu_series(), min_size=1, max_size=8))
def test_no_gpu_has_more_seconds_than_the_time(series: list[Series]) -> None:
    """In each window, what is reserved of a GPU and what is used of it are at most its capacity, and that a window."""
    sums: dict[tuple[int, str, str], Decimal] = {}
    for (window, role, consumer), seconds in gpu_use(PIECE, series, Fraction(1), LABELLING).seconds.items():
        key = (window, dict(consumer.labels)["UUID"], role)
        sums[key] = sums.get(key, Decimal(0)) + seconds
        assert seconds >= 0
    for (window, gpu, role), seconds in sums.items():
        assert seconds <= sums[window, gpu, "capacity"] <= 300, role


@given(st.integers(1, 9))
def test_a_gpu_that_is_always_held_is_reserved_wholly(count: int) -> None:
    """However many pods share it, a GPU that is held all the time is reserved all the time, to the last digit."""
    samples = [(moment * 15_000, Decimal("0.25")) for moment in range(61)]
    series = [Series({"UUID": "a", "exported_pod": f"p-{number}"}, samples) for number in range(count)]
    found = gpu_use(PIECE, series, Fraction(1), LABELLING).seconds
    assert sum(seconds for (_, role, _), seconds in found.items() if role == "reserved") == 900
    assert sum(seconds for (_, role, _), seconds in found.items() if role == "used") == 225


def test_who_shares_changes_with_time() -> None:
    """While one pod is alone it has all of the GPU; when another comes, half."""
    alone = Series({"UUID": "a", "exported_pod": "p"}, [(moment * 15_000, Decimal(1)) for moment in range(61)])
    later = Series({"UUID": "a", "exported_pod": "q"}, [(moment * 15_000, Decimal(1)) for moment in range(10, 61)])
    found = gpu_use(PIECE, [alone, later], Fraction(1), LABELLING).seconds
    reserved = {
        dict(who.columns)["pod"]: seconds
        for (window, role, who), seconds in found.items()
        if (window, role) == (0, "reserved")
    }
    assert reserved == {"p": Decimal(150 + 75), "q": Decimal(75)}


def test_the_exporters_own_pod_holds_nothing() -> None:
    """Where a target's labels are `exported_`, a GPU without that label is nobody's, and its use no pod's."""
    samples = [(moment * 15_000, Decimal(1)) for moment in range(61)]
    idle = Series({"UUID": "b", "pod": "dcgm-x"}, samples)
    held = Series({"UUID": "a", "pod": "dcgm-x", "exported_pod": "p"}, samples)
    found = gpu_use(replace(PIECE, upto=STEP), [idle, held], Fraction(1), LABELLING).seconds
    pods = {(role, dict(who.labels)["UUID"], dict(who.columns)["pod"]) for _, role, who in found}
    assert pods == {
        ("used", "b", ""),
        ("capacity", "b", ""),
        ("used", "a", "p"),
        ("reserved", "a", "p"),
        ("capacity", "a", ""),
    }


def test_shares_of_more_than_a_gpu_are_told() -> None:
    """Two instances of a profile that nobody knows count as two GPUs: they are cut to one, and it is said."""
    samples = [(moment * 15_000, Decimal(1)) for moment in range(61)]
    odd = [
        Series({"UUID": "a", "GPU_I_ID": name, "GPU_I_PROFILE": "9z", "exported_pod": name}, samples) for name in "12"
    ]
    found = gpu_use(PIECE, odd, Fraction(1), LABELLING)
    assert found.over == {(window * STEP, "a") for window in range(3)}
    assert sum(seconds for (_, role, _), seconds in found.seconds.items() if role == "reserved") == 900
    assert not gpu_use(PIECE, odd[:1], Fraction(1), LABELLING).over
