"""Text on a terminal: harmless, and as wide as it is measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.show.outputs.text import clip, columns, paint, safe, wrap
from tests.unit.cli.values import ESCAPES


def test_hostile_text_is_spelt_out() -> None:
    """Escape sequences, C1 controls and marks that reorder text are shown, not obeyed."""
    assert safe(ESCAPES) == "harmless\\x1b]0;owned\\x07\\x1b[2J\\u202egnp\\x9b31m"


@given(st.text())
def test_no_control_character_passes(text: str) -> None:
    """Whatever a text holds, what is printed is one line without control characters, and can be encoded."""
    shown = safe(text)
    assert shown.encode().decode() == shown
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in shown)


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("ﾊﾝ", 2), ("", 0)])
def test_width_is_counted_in_columns(text: str, width: int) -> None:
    """Wide characters take two columns, combining ones none."""
    assert columns(text) == width


@given(st.text(), st.integers(min_value=2, max_value=30))
def test_wrapped_lines_fit(text: str, width: int) -> None:
    """Every line fits, and nothing but spaces at breaks is lost."""
    plain = safe(text)
    lines = wrap(plain, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == plain.replace(" ", "")


def test_a_cut_is_shown() -> None:
    """A text that is cut ends in an ellipsis and fits; a wide character is never halved."""
    assert clip("abcdef", 4) == "abc…"
    assert clip("漢字漢字", 4) == "漢…"
    assert clip("abcd", 4) == "abcd"


def test_colour_only_where_wanted() -> None:
    """Without colour nothing is added."""
    assert paint("down", "bad", colour=False) == "down"
    assert paint("down", "bad", colour=True) == "\x1b[31mdown\x1b[0m"
