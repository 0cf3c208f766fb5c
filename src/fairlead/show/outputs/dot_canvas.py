"""A small picture of characters: braille dots where the stream can show them, one ASCII mark per cell elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from fairlead.show.outputs.text import paint

__all__ = ["ASCII", "BRAILLE", "Canvas", "Glyphs", "glyphs_for"]

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille character by row and column of its dots (Unicode 2800 to 28FF)."""

_BRAILLE = 0x2800


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters to draw with; a cell has `across` × `down` dots, and one dot is drawn as its line's mark."""

    across: int
    down: int
    shades: tuple[str, str]
    axis: str
    event: str


BRAILLE = Glyphs(2, 4, ("░", "▒"), "│", "▲")
ASCII = Glyphs(1, 1, (".", ":"), "|", "^")


def glyphs_for(stream: TextIO) -> Glyphs:
    """Braille and blocks where the stream's encoding has them."""
    try:
        f"⣿{''.join(BRAILLE.shades)}{BRAILLE.axis}{BRAILLE.event}−".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return BRAILLE


@dataclass(slots=True)
class _Cell:
    bits: int = 0
    shade: str = ""
    mark: str = ""
    tone: str = ""


@dataclass(slots=True)
class Canvas:
    """`width` × `height` cells; heights are given as shares of the whole, 0 at the bottom and 1 at the top."""

    width: int
    height: int
    glyphs: Glyphs
    _cells: list[list[_Cell]] = field(init=False)

    def __post_init__(self) -> None:
        self._cells = [[_Cell() for _ in range(self.width)] for _ in range(self.height)]

    @property
    def dots(self) -> int:
        """Columns of dots."""
        return self.width * self.glyphs.across

    def line(self, low: NDArray[np.float64], high: NDArray[np.float64], mark: str, tone: str) -> None:
        """Draw from `low` to `high` in each column of dots, (dots,); NaN leaves a column free. Neighbours touch."""
        rows = self.height * self.glyphs.down - 1
        last: tuple[int, int] | None = None
        for column in range(self.dots):
            if np.isnan(low[column]):
                last = None
                continue
            bottom, top = round(float(low[column]) * rows), round(float(high[column]) * rows)
            first, end = bottom, top
            if last is not None:
                first, end = min(bottom, last[1] + 1), max(top, last[0] - 1)
            for row in range(max(first, 0), min(end, rows) + 1):
                self._dot(column, rows - row, mark, tone)
            last = bottom, top

    def band(self, low: NDArray[np.float64], high: NDArray[np.float64], shade: int) -> None:
        """Shade what lies between `low` and `high` in each column of dots, (dots,)."""
        across = self.glyphs.across
        for column in range(self.width):
            part = slice(column * across, (column + 1) * across)
            if np.isnan(low[part]).all():
                continue
            bottom, top = np.nanmin(low[part]) * self.height, np.nanmax(high[part]) * self.height
            for row in range(self.height):
                if bottom <= row + 0.5 <= top:
                    self._cells[self.height - 1 - row][column].shade = self.glyphs.shades[shade]

    def lines(self, *, colour: bool) -> list[str]:
        """The rows of the picture, top first."""
        return ["".join(self._shown(cell, colour=colour) for cell in row) for row in self._cells]

    def _dot(self, column: int, row: int, mark: str, tone: str) -> None:
        glyphs = self.glyphs
        cell = self._cells[row // glyphs.down][column // glyphs.across]
        cell.bits |= _BITS[row % glyphs.down][column % glyphs.across] if glyphs.down > 1 else 1
        cell.mark, cell.tone = mark, tone

    def _shown(self, cell: _Cell, *, colour: bool) -> str:
        if not cell.bits:
            return paint(cell.shade, "dim", colour=colour) if cell.shade else " "
        text = chr(_BRAILLE + cell.bits) if self.glyphs.down > 1 else cell.mark
        return paint(text, cell.tone, colour=colour)
