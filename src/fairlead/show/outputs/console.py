"""The two streams of a command: data goes to stdout, as tables or as JSON; all else goes to stderr."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TextIO, TypeVar

from fairlead.ports import Progress
from fairlead.show.outputs.json import to_json, to_json_line
from fairlead.show.outputs.progress import progress_on
from fairlead.show.outputs.table import Table, render_table
from fairlead.show.outputs.text import columns, safe_lines, wrap

__all__ = ["Block", "Console", "console_for", "wants_colour"]

Block = Table | str
"""A table, or lines that are already rendered."""

_PIPE = 1_000_000
"""Width of a pipe: a program that reads a table gets every column of it."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Console:
    """Where a command writes, how wide it is there, and in which form it was asked to answer."""

    out: TextIO
    err: TextIO
    width: int
    colour: bool
    as_json: bool

    def show(self, answer: _Answer, view: Callable[[_Answer], Iterable[Block]], *, key: str = "items") -> None:
        """Write an answer as JSON (a list under `key`), or as the blocks of its `view`, an empty line between."""
        if self.as_json:
            self.write(to_json(answer, key=key))
            return
        blocks = [self._render(block) for block in view(answer)]
        text = "\n\n".join(block for block in blocks if block)
        if text:
            self.write(text)

    def done(self, answer: object, text: str) -> None:
        """Say that something was done: for people on stderr, for a program as JSON on stdout."""
        if self.as_json:
            self.write(to_json(answer))
        else:
            self.note(text)

    def show_line(self, item: object, text: str) -> None:
        """Write one item of a stream at once."""
        self.write(to_json_line(item) if self.as_json else text)
        self.out.flush()

    def write(self, text: str) -> None:
        """Write lines of data."""
        self.out.write(f"{text}\n")

    def note(self, text: str) -> None:
        """Say something that is no data, behind the data that came before it, also where both go to one place."""
        self.out.flush()
        self.err.write("".join(f"{line}\n" for line in safe_lines(text)))
        self.err.flush()

    def progress(self) -> AbstractContextManager[Progress]:
        """A sink for long work's progress."""
        width = shutil.get_terminal_size().columns
        return progress_on(self.err, width, time.monotonic)

    def _render(self, block: Block) -> str:
        if not isinstance(block, str):
            return render_table(block, width=self.width, colour=self.colour)
        return "\n".join(part for line in block.split("\n") for part in _fitted(line, self.width))


def _fitted(line: str, width: int) -> list[str]:
    """A line of words in lines that fit; what follows the first is indented below it. A painted line stays whole."""
    if columns(line) <= width or "\x1b" in line:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    first, *rest = wrap(line.strip(), max(width - len(indent) - 2, 20))
    return [indent + first, *(f"{indent}  {part}" for part in rest)]


def wants_colour(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Colour is for terminals whose user did not refuse it (https://no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def console_for(form: str, environ: Mapping[str, str] = os.environ) -> Console:
    """The console of this process. COLUMNS sets the width also where stdout is no terminal."""
    wide = sys.stdout.isatty() or environ.get("COLUMNS", "").isdecimal()
    width = max(shutil.get_terminal_size().columns, 20) if wide else _PIPE
    return Console(sys.stdout, sys.stderr, width, wants_colour(sys.stdout, environ), form == "json")
