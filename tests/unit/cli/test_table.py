"""Tables: aligned, and never wider than the terminal as long as anything can give."""

from __future__ import annotations

import re

import pytest

from fairlead.show.outputs.table import Cell, Column, Table, render_table
from fairlead.show.outputs.text import columns

TABLE = Table(
    columns=(
        Column("model"),
        Column("requests", right=True, priority=1),
        Column("owner", priority=2),
        Column("why", wrap=8),
    ),
    rows=[
        ["digits", "12", "vision", "it became too dear by far"],
        ["漢字", "1,234", None, Cell("refused", "bad")],
    ],
    total=["sum", "1,246", None, None],
)


def rendered(width: int, *, colour: bool = False) -> list[str]:
    """Lines of the table at a width."""
    return render_table(TABLE, width=width, colour=colour).splitlines()


def test_columns_are_aligned() -> None:
    """Text stands left, numbers right, what is not known is a dash, and a sum stands below a rule."""
    assert rendered(80) == [
        "model   requests  owner   why",
        "digits        12  vision  it became too dear by far",
        "漢字       1,234  -       refused",
        "------  --------  ------  -------------------------",
        "sum        1,246",
    ]


def test_text_wraps_before_a_column_is_lost() -> None:
    """A column that may be wrapped gives room first."""
    assert rendered(40)[:3] == [
        "model   requests  owner   why",
        "digits        12  vision  it became too",
        "                          dear by far",
    ]


def test_the_least_important_column_goes_first_and_is_named() -> None:
    """What a narrow terminal leaves out is said."""
    assert rendered(28)[0] == "model   requests  why"
    assert rendered(28)[-2:] == ["(owner: in a wider terminal,", "or with --format json)"]
    assert rendered(20)[0] == "model   why"


@pytest.mark.parametrize("width", range(12, 100))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Whatever the width."""
    assert max(columns(line) for line in rendered(width)) <= width


def test_a_cell_cannot_break_its_row() -> None:
    """Line breaks and escapes in a value stay in its cell."""
    table = Table((Column("subject"), Column("by")), [["two\nlines\x1b[2J", "Ada"]])
    assert render_table(table, width=80, colour=True).splitlines()[1] == "two lines\\x1b[2J  Ada"


def test_colour_moves_nothing() -> None:
    """With colour the text stands in the same columns."""
    assert [re.sub(r"\x1b\[\d*m", "", line) for line in rendered(60, colour=True)] == rendered(60)


def test_an_empty_table_says_what_fills_it() -> None:
    """No rows: the sentence, and no headings."""
    table = Table((Column("model"),), [], empty="No model is declared.")
    assert render_table(table, width=80, colour=False) == "No model is declared."
