"""The picture of a confidence sequence: what is known by now is seen, endless early bounds hide nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.flows.rollouts.kept import Point
from fairlead.show.web.sequences import SequencePicture, sequence_picture
from tests.unit.web import sample
from tests.unit.web.sample_rollouts import metric, points

NUMBERS = st.none() | st.floats(allow_nan=True, allow_infinity=True)


def numbers(path: str) -> list[float]:
    """All numbers of a path."""
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", path)]


def drawn(found: SequencePicture | None) -> SequencePicture:
    """The picture, which is there."""
    assert found is not None
    return found


def looks(*measures: tuple[float | None, float | None, float | None], weight: int = 5) -> tuple[Point, ...]:
    """A look every ten seconds."""
    return tuple(
        Point(sample.NOW + timedelta(seconds=10 * place), weight, {"latency": each})
        for place, each in enumerate(measures)
    )


def test_the_band_closes_in_below_the_margin() -> None:
    """At the end it is narrow, between no difference and the margin's rule; the early endless part is cut."""
    picture = drawn(sequence_picture(metric(), points()))
    margin = next(rule for rule in picture.rules if rule.kind == "margin")
    zero = next(rule for rule in picture.rules if rule.kind == "zero")
    assert margin.y < picture.last[1] < zero.y + 3
    assert picture.cut
    assert zero.y - margin.y > 15, "what is known by now fills the picture"
    assert picture.words == "New minus old after 40 looks: +0.16 %, between -3.8 % and +3.8 %; margin +20 %."


def test_a_gap_stays_a_gap() -> None:
    """Looks that knew nothing are not drawn across."""
    picture = drawn(sequence_picture(metric(), looks((0, -1, 1), (None, None, None), (0, -1, 1), (0, -0.5, 0.5))))
    assert picture.band.count("M") == picture.line.count("M") == 2
    assert "Z M" in picture.band


@pytest.mark.parametrize(("better", "margins"), [("lower", ["+20"]), ("higher", ["-20"]), ("same", ["+20", "-20"])])
def test_the_margin_stands_on_the_side_that_is_worse(better: str, margins: list[str]) -> None:
    """Above for what should be low, below for what should be high, on both sides for what should not change."""
    picture = drawn(sequence_picture(metric(better=better), points()))
    zero, *rules = picture.rules
    assert [rule.label for rule in rules] == [f"margin {each} %" for each in margins]
    assert all((rule.y < zero.y) == ("+" in rule.label) for rule in rules)


def test_nothing_known_is_no_picture() -> None:
    """Neither without looks nor where none of them knew anything."""
    assert sequence_picture(metric(), ()) is None
    assert sequence_picture(metric(), looks((None, None, None), (nan, -inf, inf))) is None


def test_steps_are_marked_where_they_began() -> None:
    """By their weight; where labels would meet, the later step's stays."""
    begun = (*looks((0, -1, 1), (0, -1, 1)), *looks((0, -1, 1), weight=25))
    at = tuple(replace(each, at=sample.NOW + timedelta(seconds=place)) for place, each in enumerate(begun))
    labels = [(mark.x, mark.label) for mark in drawn(sequence_picture(metric(), at)).steps]
    assert labels == [(4.0, "5 %"), (280.0, "")]


def test_the_step_that_holds_now_keeps_its_label() -> None:
    """It began so soon after the one before that there is room for one of them only."""
    begun = (*looks((0, -1, 1)), *looks(*[(0, -1, 1)] * 40, weight=25))
    at = tuple(replace(each, at=sample.NOW + timedelta(seconds=place)) for place, each in enumerate(begun))
    assert [mark.label for mark in drawn(sequence_picture(metric(), at)).steps] == ["", "25 %"]


def test_a_lone_look_stands_where_the_newest_one_stands() -> None:
    """On the right, beside what it is compared with; its step began on the left."""
    picture = drawn(sequence_picture(metric(), looks((0.1, -0.2, 0.4))))
    assert picture.last[0] == picture.right
    assert [(mark.x, mark.label) for mark in picture.steps] == [(4.0, "5 %")]


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=12))
def test_whatever_was_measured_stays_inside(measures: list[tuple[float | None, float | None, float | None]]) -> None:
    """No bound, however large or missing, leads out of the drawing or makes it unreadable."""
    picture = sequence_picture(metric(), looks(*measures))
    if picture is not None:
        assert all(0 <= each <= picture.width for each in numbers(picture.band + picture.line))
        assert "nan" not in picture.band + picture.line + picture.words
        assert "inf" not in picture.band + picture.line + picture.words
