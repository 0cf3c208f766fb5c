"""Aligned tables that fit the terminal: a narrow one loses the columns that matter least, then wraps, then cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fairlead.show.outputs.text import clip, columns, paint, safe, wrap

__all__ = ["Cell", "Column", "Table", "layout", "render_table"]

_GAP = "  "
_NARROWEST = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One value as text, with its tone: good, warn, bad, dim, strong or none."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    `right` aligns numbers. `priority` 0 is always shown; of the others the greatest goes first where room is short.
    `wrap` is the number of columns down to which its text may be wrapped (0: it is never wrapped).
    """

    title: str
    right: bool = False
    priority: int = 0
    wrap: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. A cell that is None or '' is not known and shown as `-`.

    `empty` says what is missing and which command fills it, where there are no rows; `total` stands below a rule.
    """

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell | str | None]]
    title: str = ""
    empty: str = ""
    total: Sequence[Cell | str | None] = field(default=())


def render_table(table: Table, *, width: int, colour: bool) -> str:
    """The table as lines of at most `width` columns."""
    lines = [paint(safe(table.title), "strong", colour=colour)] if table.title else []
    if not table.rows:
        return "\n".join([*lines, *wrap(safe(table.empty), width)])
    grid = [[_cell(value) for value in row] for row in table.rows]
    total = [_cell(value) if value is not None else Cell("") for value in table.total]
    kept, widths = layout(table.columns, [*grid, total] if total else grid, width)
    shown = [table.columns[place] for place in kept]
    head = [Cell(column.title, "strong") for column in shown]
    lines += _lines(shown, head, widths, colour=colour)
    for row in grid:
        lines += _lines(shown, [row[place] for place in kept], widths, colour=colour)
    if total:
        lines.append(_GAP.join("-" * each for each in widths))
        lines += _lines(shown, [total[place] for place in kept], widths, colour=colour)
    hidden = [column.title for place, column in enumerate(table.columns) if place not in kept]
    if hidden:
        note = f"({', '.join(hidden)}: in a wider terminal, or with --format json)"
        lines += [paint(line, "dim", colour=colour) for line in wrap(note, width)]
    return "\n".join(lines)


def layout(wanted: Sequence[Column], grid: Sequence[Sequence[Cell]], width: int) -> tuple[list[int], list[int]]:
    """Places of the columns that are kept, and their widths."""
    natural = [
        max(columns(column.title), *(columns(row[place].text) for row in grid)) for place, column in enumerate(wanted)
    ]
    least = [
        min(natural[place], max(column.wrap, columns(column.title))) if column.wrap else natural[place]
        for place, column in enumerate(wanted)
    ]
    kept = [place for place, column in enumerate(wanted) if not column.priority]
    for place in sorted(range(len(wanted)), key=lambda place: wanted[place].priority):
        more = sorted({*kept, place})
        if _total([least[each] for each in more]) <= width:
            kept = more
    return kept, _shrink([natural[place] for place in kept], [least[place] for place in kept], width)


def _shrink(widths: list[int], least: list[int], width: int) -> list[int]:
    """Take one column at a time from the widest that may give; below their least where that is not enough."""
    for floor in (least, [min(_NARROWEST, each) for each in least]):
        while _total(widths) > width:
            giving = [place for place, each in enumerate(widths) if each > floor[place]]
            if not giving:
                break
            widths[max(giving, key=lambda place: widths[place])] -= 1
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * max(len(widths) - 1, 0)


def _cell(value: Cell | str | None) -> Cell:
    if isinstance(value, Cell):
        return Cell(safe(value.text), value.tone) if value.text else Cell("-", "dim")
    return Cell(safe(value)) if value else Cell("-", "dim")


def _lines(shown: Sequence[Column], row: Sequence[Cell], widths: Sequence[int], *, colour: bool) -> list[str]:
    """A row of the table: as many lines as its tallest cell has."""
    stacks = [
        wrap(cell.text, width) if column.wrap else [clip(cell.text, width)]
        for column, cell, width in zip(shown, row, widths, strict=True)
    ]
    height = max(len(stack) for stack in stacks)
    lines = []
    for level in range(height):
        parts = []
        for column, cell, width, stack in zip(shown, row, widths, stacks, strict=True):
            text = stack[level] if level < len(stack) else ""
            room = " " * (width - columns(text))
            painted = paint(text, cell.tone, colour=colour)
            parts.append(room + painted if column.right else painted + room)
        lines.append(_GAP.join(parts).rstrip())
    return lines
