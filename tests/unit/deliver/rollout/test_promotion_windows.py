"""When a release may go on: by the clocks of a place, over midnight, and on the days on which clocks are changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fairlead.deliver.rollout.promotion_windows import next_opening, open_window
from fairlead.domain.workspace import PromotionWindow

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
OFFICE = {"days": ["mon", "tue", "wed", "thu"], "begin": "08:30", "end": "16:00", "zone": "Europe/Berlin"}
NIGHT = {"days": ["fri"], "begin": "22:00", "end": "06:00"}


def window(text: Mapping[str, Any]) -> PromotionWindow:
    """A window as it is declared."""
    return PromotionWindow.model_validate(text)


def moment(text: str) -> datetime:
    """A moment, in UTC if the text says no zone."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("declared", "now", "is_open"),
    [
        (OFFICE, "2026-11-23T07:30", True),
        (OFFICE, "2026-11-23T07:29:59.999999", False),
        (OFFICE, "2026-11-23T14:59:59.999999", True),
        (OFFICE, "2026-11-23T15:00", False),
        (OFFICE, "2026-11-27T12:00", False),
        (OFFICE, "2026-07-20T06:30", True),
        (OFFICE, "2026-07-20T14:30", False),
        (OFFICE, "2026-11-23T23:30+16:00", True),
        (NIGHT, "2026-11-27T21:59", False),
        (NIGHT, "2026-11-27T22:00", True),
        (NIGHT, "2026-11-28T05:59", True),
        (NIGHT, "2026-11-28T06:00", False),
        (NIGHT, "2026-11-27T05:00", False),
        (NIGHT, "2026-11-28T22:00", False),
        ({}, "2026-11-28T00:00", True),
        ({"days": ["sat"]}, "2026-11-28T23:59:59", True),
        ({"days": ["sat"]}, "2026-11-29T00:00", False),
        ({"days": ["sat"], "begin": "12:00", "end": "12:00"}, "2026-11-29T11:59", True),
        ({"days": ["sat"], "begin": "12:00", "end": "12:00"}, "2026-11-29T12:00", False),
        ({"days": ["sat"], "begin": "12:00", "end": "00:00"}, "2026-11-28T23:00", True),
    ],
)
def test_a_window_is_open_by_the_clocks_of_its_zone(declared: dict[str, Any], now: str, *, is_open: bool) -> None:
    """Its begin counts in, its end does not; over midnight it belongs to the day on which it begins."""
    assert open_window([window(declared)], moment(now)) is is_open


def test_without_windows_it_is_always_open() -> None:
    """Nothing declared holds nothing back; of several, one that is open is enough."""
    now = moment("2026-11-23T12:00")
    closed = window({"days": ["tue"]})
    assert open_window([], now)
    assert not open_window([closed], now)
    assert open_window([closed, window({"days": ["mon"]})], now)


@pytest.mark.parametrize(
    ("declared", "now", "opens"),
    [
        ([], "2026-11-23T12:00", "2026-11-23T12:00"),
        ([OFFICE], "2026-11-23T12:00", "2026-11-23T12:00"),
        ([OFFICE], "2026-11-23T16:00", "2026-11-24T07:30"),
        ([OFFICE], "2026-11-26T16:00", "2026-11-30T07:30"),
        ([OFFICE, NIGHT], "2026-11-26T16:00", "2026-11-27T22:00"),
        # 02:30 is left out on 29 March 2026 in Berlin: the window opens when the clocks show 03:00.
        ([{"begin": "02:30", "end": "05:00", "zone": "Europe/Berlin"}], "2026-03-29T00:10", "2026-03-29T01:00"),
        # All of this one is left out; on Sundays only, it opens a week later.
        (
            [{"days": ["sun"], "begin": "02:10", "end": "02:40", "zone": "Europe/Berlin"}],
            "2026-03-29T00:10",
            "2026-04-05T00:10",
        ),
        # The hour from 02:00 comes twice on 25 October 2026.
        ([{"begin": "02:15", "end": "02:45", "zone": "Europe/Berlin"}], "2026-10-25T00:50", "2026-10-25T01:15"),
        ([{"begin": "01:00", "end": "02:30", "zone": "Europe/Berlin"}], "2026-10-25T00:40", "2026-10-25T01:00"),
    ],
)
def test_the_next_opening_is_told(declared: list[dict[str, Any]], now: str, opens: str) -> None:
    """People are told when a rollout that waits for its window goes on, also on days when clocks are changed."""
    found = next_opening([window(each) for each in declared], moment(now))
    assert found == moment(opens)
    assert found.tzinfo is UTC


CLOCK = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
WINDOWS = st.lists(
    st.builds(
        lambda days, begin, end, zone: window({"days": days, "begin": begin, "end": end, "zone": zone}),
        st.lists(st.sampled_from(["sat", "sun", "mon"]), min_size=1, max_size=2),
        CLOCK,
        CLOCK | st.just("24:00"),
        st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    ),
    min_size=1,
    max_size=2,
)
# Weekends on which the clocks of one of the zones are changed.
MOMENTS = st.builds(
    lambda begin, minutes: moment(begin) + minutes * 15 * MINUTE,
    st.sampled_from(["2026-03-28T12:00", "2026-10-24T12:00", "2026-03-07T20:00", "2026-10-03T06:00"]),
    st.integers(0, 150),
)


@settings(deadline=None, max_examples=60)
@given(WINDOWS, MOMENTS)
@example([window({"begin": "02:30", "end": "05:00", "zone": "Europe/Berlin"})], moment("2026-03-29T00:10"))
def test_the_next_opening_is_the_first_of_all_moments(windows: list[PromotionWindow], now: datetime) -> None:
    """Whoever looks every quarter of an hour finds the window open at the moment told, and never before."""
    step = 15 * MINUTE
    begin = now.replace(minute=now.minute - now.minute % 15)
    looks = (begin + count * step for count in range(9 * 96))
    expected = next(
        (max(look, now) for look in looks if look + step > now and open_window(windows, max(look, now))), None
    )
    if expected is not None:
        assert next_opening(windows, now) == expected
