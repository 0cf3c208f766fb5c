"""Charts of characters: nothing is lost, nothing is too wide, and a plain stream gets plain characters."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fairlead.show.outputs.dot_canvas import ASCII, BRAILLE, Canvas, Glyphs, glyphs_for
from fairlead.show.outputs.terminal_chart import Band, Line, TerminalChart, compact, render_chart
from fairlead.show.outputs.text import columns

NUMBERS = st.floats(-1e150, 1e150) | st.just(float("nan"))


def chart(values: list[float], **more: object) -> TerminalChart:
    """A chart of one line."""
    return TerminalChart("cpu", [Line("value", np.array(values), "*")], ("first", "last"), **more)  # type: ignore[arg-type]  # of any kind


def drawn(of: TerminalChart, glyphs: Glyphs = ASCII, width: int = 40) -> list[str]:
    """Its lines, without colour."""
    return render_chart(of, width=width, colour=False, glyphs=glyphs).splitlines()


@given(arrays(np.float64, st.integers(1, 300), elements=NUMBERS), st.integers(21, 120), st.booleans())
def test_whatever_the_values_a_chart_fits(values: np.ndarray, width: int, plain: bool) -> None:  # noqa: FBT001 drawn
    """NaN, extremes, one value, many: the picture has its height, and no line is wider than asked."""
    lines = drawn(chart(values.tolist(), events=[0], event="alarm"), ASCII if plain else BRAILLE, width)
    assert len(lines) >= 16
    assert all(columns(line) <= width for line in lines)


def test_a_lone_spike_among_many_is_seen() -> None:
    """Ten thousand values in forty columns: the highest is at the top, where it stands."""
    values = [0.0] * 10_000
    values[5000] = 9.0
    top = drawn(chart(values), width=51)[1]
    assert top.startswith("        9 |")
    assert top.index("*") == 11 + 20


def test_a_rising_line_rises() -> None:
    """From the bottom left to the top right, with no hole in it."""
    rows = [line[11:] for line in drawn(chart([0.0, 1.0]), width=51)[1:13]]
    assert rows[0].rstrip().endswith("*")
    assert rows[-1].startswith("*")
    assert all("*" in row for row in rows)
    assert all(any(row.ljust(40)[place] == "*" for row in rows) for place in range(40))


def test_a_band_is_shaded_and_the_line_lies_on_it() -> None:
    """The wider interval is light, the narrower one dark, and what is not known is left free."""
    nothing = [float("nan")] * 20
    wide = Band("95 %", np.array([*nothing, *[0.0] * 20]), np.array([*nothing, *[10.0] * 20]), 0)
    narrow = Band("80 %", np.array([*nothing, *[4.0] * 20]), np.array([*nothing, *[6.0] * 20]), 1)
    lines = drawn(chart([5.0] * 40, bands=[wide, narrow]), width=51)
    body = [line[11:] for line in lines[1:13]]
    assert all(set(row[:20]) <= {" ", "*"} for row in body)
    assert body[0][20:] == "." * 20
    assert any(":" in row for row in body)
    assert any(row == "*" * 40 for row in body)


def test_events_stand_below_their_place() -> None:
    """A mark in the column of the event, and its meaning in the legend."""
    lines = drawn(chart([1.0] * 80, events=[40], event="alarm"), width=51)
    assert lines[13].index("^") == 11 + 20
    assert lines[15].split() == ["*", "value", "^", "alarm"]


@pytest.mark.parametrize(("encoding", "glyphs"), [("utf-8", BRAILLE), ("ascii", ASCII), ("latin-1", ASCII)])
def test_the_stream_says_which_characters_it_has(encoding: str, glyphs: Glyphs) -> None:
    """Braille where it can be encoded."""
    assert glyphs_for(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is glyphs


def test_braille_has_eight_dots_in_a_cell() -> None:
    """Two columns of four: all of them, and the lowest left alone."""
    canvas = Canvas(1, 1, BRAILLE)
    canvas.line(np.array([0.0, 0.0]), np.array([1.0, 1.0]), "", "")
    assert canvas.lines(colour=False) == ["⣿"]
    low = Canvas(1, 1, BRAILLE)
    low.line(np.array([0.0, np.nan]), np.array([0.0, np.nan]), "", "")
    assert low.lines(colour=False) == ["⡀"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (12_345.0, "12.3k"),
        (-3.1e6, "-3.1M"),
        (0.0041, "0.0041"),
        (999.9, "1k"),
        (1e150, "1e+150"),
        (-5.08e-177, "-5.1e-177"),
    ],
)
def test_numbers_at_the_axis_are_short(number: float, text: str) -> None:
    """Three digits and a unit; beyond the units a power of ten."""
    assert compact(number) == text
    assert len(compact(number)) <= 9
