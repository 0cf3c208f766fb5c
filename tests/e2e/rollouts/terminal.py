"""A terminal as a person looks at it: a pseudo-terminal, and what stands on its screen after what a program wrote."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["Screen", "Terminal"]

_PART = re.compile(r"\x1b\[(?P<number>\d*)(?:;\d+)*(?P<verb>[A-Za-z])|(?P<control>[\r\n])|(?P<text>[^\x1b\r\n]+)")


class Screen:
    """What is written below its last row scrolls it. It knows what the program may send, and no more."""

    def __init__(self, rows: int) -> None:
        """Empty, the cursor in the corner."""
        self.rows = rows
        self.lines = [""] * rows
        self.drawn_over = 0
        self._row = self._column = 0

    def write(self, text: str) -> None:
        """What the program sends, whole sequences only."""
        at = 0
        while at < len(text):
            found = _PART.match(text, at)
            assert found, f"unknown to this screen: {text[at : at + 20]!r}"
            at = found.end()
            if found["text"]:
                self._put(found["text"])
            elif found["control"]:
                self._move(found["control"])
            else:
                self._obey(found["verb"], int(found["number"] or 0))

    @property
    def text(self) -> str:
        """What a person sees."""
        return "\n".join(self.lines).rstrip()

    def _put(self, text: str) -> None:
        line = self.lines[self._row].ljust(self._column)
        self.lines[self._row] = line[: self._column] + text + line[self._column + len(text) :]
        self._column += len(text)

    def _move(self, control: str) -> None:
        if control == "\r":
            self._column = 0
        elif self._row + 1 < self.rows:
            self._row += 1
        else:
            self.lines = [*self.lines[1:], ""]

    def _obey(self, verb: str, number: int) -> None:
        match verb:
            case "F":
                self._row, self._column = max(0, self._row - number), 0
                self.drawn_over += 1
            case "H":
                self._row = self._column = 0
                self.drawn_over += 1
            case "J":
                first = 0 if number == 2 else self._row
                self.lines[first:] = [""] * (self.rows - first)
            case "m":
                pass
            case _:
                raise AssertionError(f"unknown to this screen: {verb}")


class Terminal:
    """A program in a pseudo-terminal of `rows` and `columns`."""

    def __init__(
        self, command: Sequence[str], cwd: Path, environ: Mapping[str, str], rows: int = 50, columns: int = 120
    ) -> None:
        """Started."""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen = Screen(rows)
        self.process = subprocess.Popen(
            command, cwd=cwd, env={**environ, "TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)

    def until(self, part: str, seconds: float = 60) -> None:
        """Read until the screen shows it."""
        end = time.monotonic() + seconds
        while part not in self.screen.text:
            assert time.monotonic() < end, f"{part!r} is not shown:\n{self.screen.text}"
            assert self._read(), f"it ended without {part!r}:\n{self.screen.text}"

    def ended(self) -> int:
        """Read to the end; the exit status."""
        while self._read():
            pass
        os.close(self._ours)
        return self.process.wait(20)

    def _read(self) -> bool:
        """Whether there is more to come."""
        try:
            part = os.read(self._ours, 65_536)
        except OSError:  # the program has gone, and nobody else has the terminal open
            return False
        self.screen.write(part.decode())
        return bool(part)
