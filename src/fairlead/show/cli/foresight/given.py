"""What the commands of foresight share: options that name columns, reading what was named, and telling the notes."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fairlead.show.cli.options import Where, nearest_workspace
from fairlead.show.outputs.console import Console

if TYPE_CHECKING:
    from fairlead.flows.foresight.reading import SeriesSource
    from fairlead.foresee.series import Note
    from fairlead.ports import Progress
    from fairlead.show.outputs.terminal_chart import TerminalChart

__all__ = ["answer_option", "column_options", "ledger_for", "progress_for", "show_charts", "tell_notes"]

_MOST_NOTES = 20
_CHART_WIDTH = 80
"""Columns of a chart in a pipe."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


def answer_option(more: str = "") -> Callable[[_Command], _Command]:
    """`--format` with rows and charts beside tables, handed over as `form`; `more` is said of the forms."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["table", "csv", "json", "chart"]),
        default="table",
        show_default=True,
        help=f"Form of the answer. {more}".rstrip(),
    )


def column_options(command: _Command) -> _Command:
    """`--time-col`, `--value-col` and `--series-col`, handed over as one `chosen` by role."""

    @functools.wraps(command)
    def gathered(*given: Any, **options: Any) -> Any:
        chosen = {role: options.pop(f"{role}_col") for role in ("time", "value", "series")}
        return command(*given, chosen={role: name for role, name in chosen.items() if name}, **options)

    wrapped: Any = gathered
    for role, known in (
        ("series", "series, unique_id, id; else the file's name"),
        ("value", "value, y, v"),
        ("time", "time, timestamp, date, datetime, ds"),
    ):
        option = click.option(
            f"--{role}-col", default="", metavar="NAME", help=f"Column of the {role}. Default: {known}."
        )
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]  # the same callback, with its columns gathered


@contextmanager
def ledger_for(where: Where, arguments: Sequence[str]) -> Iterator[SeriesSource | None]:
    """The workspace's ledger, opened where an argument is no file; None where all are, or where no workspace is."""
    is_named = where.workspace is not None or bool(where.repo)
    if all(Path(each).exists() for each in arguments) or not (is_named or nearest_workspace(Path.cwd())):
        yield None
        return
    from fairlead.flows.foresight.ledger_series import LedgerSeries

    with where.world() as world:
        yield LedgerSeries(world)


@contextmanager
def progress_for(console: Console, *, streams: bool) -> Iterator[Progress]:
    """A bar on the terminal; none where rows are written to the same terminal while the work goes on."""
    if streams and sys.stdout.isatty():
        yield _silent
        return
    with console.progress() as progress:
        yield progress


def _silent(done: int, total: int, label: str) -> None:
    """Progress that nobody sees."""


def tell_notes(console: Console, notes: Sequence[Note]) -> None:
    """What was odd, on stderr: the answer is given all the same."""
    for note in notes[:_MOST_NOTES]:
        console.note(f"note: {note.message}")
    if len(notes) > _MOST_NOTES:
        console.note(f"note: and {len(notes) - _MOST_NOTES:,} notes more; --format json has all")


def show_charts(console: Console, charts: Sequence[TerminalChart], left: int) -> None:
    """Draw charts one below the other; `left` is how many have no room."""
    from fairlead.show.outputs.dot_canvas import glyphs_for
    from fairlead.show.outputs.terminal_chart import render_chart

    width = console.width if console.width < _WIDEST else _CHART_WIDTH
    glyphs = glyphs_for(console.out)
    for chart in charts:
        console.write(render_chart(chart, width=width, colour=console.colour, glyphs=glyphs) + "\n")
    if left:
        console.write(f"{left:,} more series with --format csv.\n")


_WIDEST = 1000
