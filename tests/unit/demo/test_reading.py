"""The tour's results say what its reader saw: figures are read from the very table that was shown."""

from __future__ import annotations

import io

from fairlead.show.cli.demo.reading import rows
from fairlead.show.cli.demo.telling import Teller
from fairlead.show.cli.demo.workspace import PRICE
from fairlead.show.outputs.table import Column, Table, render_table

TABLE = Table(
    (Column("release"), Column("change", wrap=10), Column("per 1k", right=True)),
    [["digits@1", "Read digits by a network", "0.5 USD"], ["digits@2", None, "12 USD"]],
    title="History",
)


def test_rows_of_a_shown_table() -> None:
    """Each row by its columns; what a wide cell goes on with on the next line is no row."""
    shown = render_table(TABLE, width=40, colour=False) + "\n\nrelease of something else\n"
    assert [(row["release"], row["per 1k"]) for row in rows(shown, "release")] == [
        ("digits@1", "0.5 USD"),
        ("digits@2", "12 USD"),
    ]


def test_no_table_has_no_rows() -> None:
    """A sentence that begins with the column's name is no table."""
    assert rows("release digits@1 is live", "release") == []


def test_the_core_price_is_exact() -> None:
    """A vCPU's price is the instance's divided without a rest."""
    assert PRICE.per_core * PRICE.vcpus == PRICE.usd


def teller(*, colour: bool) -> Teller:
    """A teller into memory."""
    return Teller(io.StringIO(), io.StringIO(), 40, colour)


def told(tell: Teller) -> str:
    """What it said."""
    assert isinstance(tell.out, io.StringIO)
    return tell.out.getvalue()


def test_a_pipe_gets_plain_text() -> None:
    """Without colour there is no escape sequence; a long line goes on below itself, and keeps its indent."""
    tell = teller(colour=False)
    tell.chapter(1, "What runs?")
    tell.command("fairlead status")
    tell.answer("  mend: " + "word " * 10)
    tell.result("2 models")
    assert "\x1b" not in told(tell)
    assert told(tell).splitlines() == [
        "",
        "1.  What runs?",
        "",
        "  $ fairlead status",
        "      mend: word word word word word",
        "        word word word word word",
        "",
        "  => 2 models",
    ]


def test_a_silent_teller_says_nothing() -> None:
    """Chapters that only prepare another one are not heard, and do not wait for Enter."""
    tell = teller(colour=True).silent()
    tell.chapter(1, "What runs?")
    tell.answer("a table")
    tell.result("2 models")
    tell.ends()
    assert told(tell) == ""
