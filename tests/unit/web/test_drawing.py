"""Lines, differences, spans: small pure parts of the pages."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from fairlead.flows.fleet import Health
from fairlead.kernel.money import Money
from fairlead.show.web.charts import line_chart, sparkline
from fairlead.show.web.difference import diff_lines
from fairlead.show.web.fleet_page import sum_up
from fairlead.show.web.model_cost import trend_of
from fairlead.show.web.numbers import ago, clock_time, span
from fairlead.show.web.tones import tone_of
from tests.unit.web import sample
from tests.unit.web.sample_cost import SampleCost


def test_a_gap_stays_a_gap() -> None:
    """A window without a value breaks the line; nothing is drawn across it."""
    line = sparkline([Decimal(1), Decimal(2), None, Decimal(4), Decimal(3)])
    assert line is not None
    assert line.stroke.count("M") == 2
    assert len(line.points) == 4


@pytest.mark.parametrize("values", [[], [None, None], [Decimal(3)], [None, Decimal(3)]])
def test_one_value_has_no_direction(values: list[Decimal | None]) -> None:
    """No line is drawn for it."""
    assert sparkline(values) is None


def test_a_line_stays_in_its_box() -> None:
    """Lowest at the bottom, highest at the top, all within the drawing; a flat line runs through the middle."""
    line = sparkline([Decimal(5), Decimal(-3), Decimal("1e9")], width=100, height=20)
    assert line is not None
    assert [point.y for point in line.points] == [18.0, 18.0, 2.0]
    assert all(0 <= point.x <= 100 and 0 <= point.y <= 20 for point in line.points)
    flat = sparkline([Decimal(7), Decimal(7)], height=20)
    assert flat is not None
    assert {point.y for point in flat.points} == {10.0}


def test_an_axis_begins_at_zero() -> None:
    """A rise of a tenth looks like a tenth."""
    series = [(sample.NOW + timedelta(minutes=m), Decimal(v), "") for m, v in ((0, 10), (5, 11))]
    line = line_chart(series, [], width=100, height=104)
    assert line is not None
    assert (line.low, line.high) == (Decimal(0), Decimal(11))
    assert line.points[0].y == pytest.approx(2 + 100 / 11, abs=0.1)


def test_a_trend_marks_where_a_release_began() -> None:
    """Each change of release stands on the line, and a hole in metering breaks it."""
    trend = trend_of("prod", SampleCost().series("assistant", "prod"))
    assert trend.per_1k is not None
    assert [mark.label.partition("@")[0] for mark in trend.per_1k.marks] == ["assistant"] * 2
    assert trend.per_1k.stroke.count("M") == 2


def test_a_trend_of_nothing_draws_nothing() -> None:
    """No window, no line."""
    assert trend_of("prod", []).per_1k is None


def test_a_difference_counts_both_sides() -> None:
    """Numbers are those of the files, before and after."""
    lines = list(diff_lines(sample.release().difference))
    assert [line.kind for line in lines] == ["file", "hunk", "same", "cut", "add", "add", "same"]
    assert [(line.old, line.new) for line in lines[2:]] == [(8, 8), (9, None), (None, 9), (None, 10), (10, 11)]


def test_a_line_that_looks_like_a_header_is_a_line() -> None:
    """`--- x` inside a hunk is a removed line of dashes, not a file."""
    lines = list(diff_lines("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- old\n+++ new\n\\ No newline\n"))
    assert [(line.kind, line.text) for line in lines[2:]] == [("cut", "-- old"), ("add", "++ new")]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (14, "14 s"), (185, "3 min 5 s"), (7500, "2 h 5 min"), (900_000, "10 d")]
)
def test_a_span_is_short(seconds: float, text: str) -> None:
    """One unit, and the next where it still says something."""
    assert span(timedelta(seconds=seconds)) == text


def test_moments_are_near_or_dated() -> None:
    """Today by the clock, another day with its date, another year with that."""
    assert ago(sample.NOW, sample.NOW - timedelta(minutes=3)) == "3 min ago"
    assert ago(sample.NOW, sample.NOW + timedelta(hours=20)) == "in 20 h"
    assert clock_time(sample.NOW, sample.NOW) == "12:40:07"
    assert clock_time(sample.NOW, sample.NOW - timedelta(days=2)) == "21 Nov 12:40"
    assert clock_time(sample.NOW, sample.NOW - timedelta(days=400)) == "19 Oct 2025 12:40"


def test_states_differ_without_colour() -> None:
    """No two states of health share word or icon and word; an unknown state says its own name."""
    looks = [tone_of(health) for health in Health]
    assert len({(look.icon, look.word) for look in looks}) == len(looks)
    assert tone_of("rolled-over").word == "rolled-over"


def test_sums_keep_currencies_apart_and_unknown_unknown() -> None:
    """Two currencies are two sums; nothing known is no sum, not zero."""
    euro = sample.row(month=Money(Decimal(2), "EUR"), requests=None, errors=None)
    sums = sum_up([sample.row(), sample.row(), euro])
    assert [str(each) for each in sums.month] == ["2 EUR", "36.804227014256 USD"]
    assert sum_up([euro]).requests is None
    assert sum_up([]).month == ()
