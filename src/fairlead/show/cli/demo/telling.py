"""How the story is told: the question, what a person would type, what that answers, and one line of result.

Calm on a terminal, plain in a pipe. A quiet teller says nothing, for the chapters that only prepare a later one.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TextIO

from fairlead.show.outputs.console import wants_colour
from fairlead.show.outputs.text import clip, paint, wrap

__all__ = ["Teller", "teller"]

_INDENT = "    "
_NARROWEST, _WIDEST, _PIPE = 60, 132, 120


@dataclass(frozen=True, slots=True)
class Teller:
    """Where the story is told. `width` is in columns; `pauses` waits for Enter after each chapter."""

    out: TextIO
    err: TextIO
    width: int
    colour: bool
    pauses: bool = False
    quiet: bool = False

    @property
    def room(self) -> int:
        """Columns that are left for a command's answer."""
        return self.width - len(_INDENT)

    def silent(self) -> Teller:
        """The same, saying nothing."""
        return replace(self, quiet=True, pauses=False)

    def say(self, text: str = "", tone: str = "") -> None:
        """Lines at the margin."""
        for line in text.split("\n"):
            self._write("", line, tone)

    def chapter(self, number: int, question: str) -> None:
        """Begin a chapter."""
        self._write("", "", "")
        self._hanging(f"{number}.  ", question, "strong")
        self._write("", "", "")

    def command(self, text: str) -> None:
        """What a person would type."""
        for line in text.split("\n"):
            self._write("  $ ", line, "strong")

    def answer(self, text: str) -> None:
        """What the command answered."""
        for line in text.rstrip().split("\n"):
            lead = " " * (len(line) - len(line.lstrip()))
            first, *more = [line] if len(line) <= self.room else wrap(line.strip(), self.room - len(lead) - 2)
            for each in (lead + first.lstrip(), *(f"{lead}  {rest}" for rest in more)):
                self._write(_INDENT, each, "")
        self._write("", "", "")

    def note(self, text: str) -> None:
        """What a reader should know beside it."""
        for line in wrap(text, self.room):
            self._write(_INDENT, line, "dim")

    def result(self, text: str) -> None:
        """The chapter's one line."""
        self._hanging("  => ", text, "good")

    def ends(self) -> None:
        """The end of a chapter; waits for Enter where that is wanted."""
        if self.quiet:
            return
        self.out.flush()
        if self.pauses:
            self.err.write(paint("\n    Enter goes on ", "dim", colour=self.colour))
            self.err.flush()
            sys.stdin.readline()

    @contextmanager
    def working(self, label: str) -> Iterator[None]:
        """Say on a terminal what is being waited for, as long as it lasts."""
        shown = self.err.isatty() and not self.quiet
        if shown:
            self.err.write(paint(clip(f"{_INDENT}{label} ...", self.width - 1), "dim", colour=self.colour))
            self.err.flush()
        try:
            yield
        finally:
            if shown:
                self.err.write("\r\x1b[K")
                self.err.flush()

    def _hanging(self, head: str, text: str, tone: str) -> None:
        """A line that goes on below itself on a terminal, and is one line for a program that reads it."""
        first, *more = wrap(text, self.width - len(head)) if self.out.isatty() else [text]
        self._write(head, first, tone)
        for line in more:
            self._write(" " * len(head), line, tone)

    def _write(self, head: str, text: str, tone: str) -> None:
        if not self.quiet:
            self.out.write(f"{head}{paint(text, tone, colour=self.colour)}".rstrip() + "\n")
            self.out.flush()


def teller(*, pauses: bool) -> Teller:
    """The teller of this process: as wide as its terminal within reason."""
    columns = shutil.get_terminal_size((_PIPE, 24)).columns
    width = min(max(columns, _NARROWEST), _WIDEST)
    return Teller(sys.stdout, sys.stderr, width, wants_colour(sys.stdout), pauses)
