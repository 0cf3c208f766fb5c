"""How the columns of one file become FOCUS's: which is which, and what of that is a breach of its own.

The step after a file was opened: names are compared without case and spaces, a column that stands twice is told apart,
and what no schema knows keeps its name behind `x_`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from fairlead.domain.ledger import COSTS, BillFinding
from fairlead.kernel.errors import UsageError
from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.columns import FOCUS_COLUMNS
from fairlead.meter.bills.expressions import referenced
from fairlead.meter.bills.focus import REQUIRED
from fairlead.meter.bills.schemas import folded

__all__ = ["MOST_COLUMNS", "Cell", "Layout", "lay_out"]

MOST_COLUMNS = 2_000
"""More columns than that are no bill."""

_OWN = "x_"
_SPECIAL = re.compile(r"[\x00-\x20,;{}()=.\"\x7f]+")
"""What a column of a Delta table may not have in its name, and what no engine takes in one: control characters."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of the file: `place` and `type` there, `given` its name there, `name` the one that SQL uses.

    `own` is the name that it is kept under where the schema does not take it ('' where it does); `tag` the key of the
    tag that it holds, where the file has a column for each.
    """

    place: int
    type: str
    given: str
    name: str
    own: str = ""
    tag: str = ""

    @property
    def is_text(self) -> bool:
        """Whether the file holds text there, as every CSV does."""
        return self.type == "VARCHAR"


@dataclass(frozen=True, slots=True)
class Layout:
    """A file's columns under a schema. `known` are the columns of FOCUS that the file says something about."""

    schema: BillSchema
    cells: tuple[Cell, ...]
    known: tuple[str, ...]
    findings: tuple[BillFinding, ...]

    def cell(self, name: str) -> Cell | None:
        """The column that the schema knows under this name."""
        return next((cell for cell in self.cells if cell.name == name and not cell.own), None)

    @property
    def tag_cells(self) -> tuple[Cell, ...]:
        """Columns that hold one tag each."""
        return tuple(cell for cell in self.cells if cell.tag)


def lay_out(
    schema: BillSchema,
    columns: Sequence[tuple[str, str]],
    path: str,
    currency: str = "",
    spelt: MutableMapping[str, str] | None = None,
) -> Layout:
    """`columns` are names and types as the file has them. `currency` stands for a column BillingCurrency that is not.

    `spelt` are own columns as the ledger, or a file before, spells them, by their folded name: they are spelt so here,
    and what is new is added.

    UsageError where a column is missing without which no row could be read.
    """
    if len(columns) > MOST_COLUMNS:
        raise UsageError(f"{len(columns)} columns", where=path, mend=f"a bill has at most {MOST_COLUMNS}")
    cells = tuple(_cells(schema, columns, {} if spelt is None else spelt))
    there = {cell.name for cell in cells if not cell.own and not cell.tag}
    known = tuple(name for name in FOCUS_COLUMNS if _says(schema, name, cells, there))
    lacking = [name for name in REQUIRED if name not in known and not (currency and name == "BillingCurrency")]
    if lacking:
        mend = "the bill must have it"
        if lacking == ["BillingCurrency"]:
            mend = "say it with --currency, for example --currency USD"
        raise UsageError(f"the file has no {', '.join(lacking)}", where=path, mend=mend)
    return Layout(schema, cells, known, tuple(_findings(schema, cells, known, path)))


def _cells(schema: BillSchema, columns: Sequence[tuple[str, str]], spelt: MutableMapping[str, str]) -> Iterator[Cell]:
    names = schema.taken | schema.marks | referenced([*schema.columns.values(), schema.tags])
    by_fold = {folded(name): name for name in sorted(names)}
    tagged = re.compile(schema.tag_columns) if schema.tag_columns else None
    seen: set[str] = set()
    tags: set[str] = set()
    for place, (given, kind) in enumerate(columns):
        name = by_fold.get(folded(given), "")
        if name and name not in seen:
            seen.add(name)
            yield Cell(place, kind, given, name)
            if name not in schema.taken:
                yield Cell(place, kind, given, f"{place}#own", _own_name(given, place, seen, spelt))
        elif tagged and (match := tagged.fullmatch(given)) and match[1] not in tags:
            tags.add(match[1])
            yield Cell(place, kind, given, f"{place}#tag", tag=match[1])
        else:
            yield Cell(place, kind, given, f"{place}#own", _own_name(given, place, seen, spelt))


def _own_name(given: str, place: int, seen: set[str], spelt: MutableMapping[str, str]) -> str:
    """`x_` and the name, told apart from every other; engines do not tell case apart."""
    bare = _SPECIAL.sub("_", given.strip()).strip("_") or f"column_{place + 1}"
    name = bare if bare.startswith(_OWN) else _OWN + bare
    free, turn = name, 1
    while free.casefold() in seen:
        turn += 1
        free = f"{name}_{turn}"
    seen.add(free.casefold())
    return spelt.setdefault(free.casefold(), free)


def _says(schema: BillSchema, name: str, cells: Sequence[Cell], there: set[str]) -> bool:
    """Whether the schema has anything to say about a column in this file: from one of its columns, or a constant."""
    if name == "Tags" and (schema.tags or any(cell.tag for cell in cells)):
        return True
    if name not in schema.columns:
        return False
    wanted = referenced([schema.columns[name]])
    return bool(wanted & there) or not wanted


def _findings(schema: BillSchema, cells: Sequence[Cell], known: Sequence[str], path: str) -> Iterator[BillFinding]:
    folds: Mapping[str, Cell] = {folded(cell.name): cell for cell in cells if not cell.own}
    for cell in cells:
        twin = folds.get(folded(cell.given))
        if cell.own and twin is not None and twin.place != cell.place:
            message = f"the column stands twice; this one is kept as {cell.own}"
            yield BillFinding(path, 0, twin.name, cell.given, "column-twice", message)
        elif cell.own and cell.own != cell.given and schema.name == "focus":
            message = f"no column of FOCUS; kept as {cell.own}"
            yield BillFinding(path, 0, cell.given, cell.given, "column-unknown", message, "name it with x_ in front")
        elif not cell.own and cell.given != cell.name and schema.name == "focus":
            message = f"the column is called {cell.name}"
            yield BillFinding(path, 0, cell.name, cell.given, "column-name", message, f"call it {cell.name}")
    if schema.name == "focus":
        yield from (_missing(name, path) for name in _expected(known) if name not in {*known, *REQUIRED})


def _expected(known: Sequence[str]) -> tuple[str, ...]:
    """Columns that are mandatory in every version of FOCUS that a file with these columns can be of."""
    there = [FOCUS_COLUMNS[name] for name in known]
    oldest = max((column.introduced for column in there), default="")
    ended = [column.removed for column in there if column.removed > oldest]
    return tuple(
        name
        for name, column in FOCUS_COLUMNS.items()
        if column.level == "mandatory"
        and column.introduced <= oldest
        and (not column.removed or (bool(ended) and min(ended) <= column.removed))
    )


def _missing(name: str, path: str) -> BillFinding:
    message = "the file has no such column, and every bill of FOCUS has it"
    if name in COSTS.values():
        message = "the file has no such column; its sum is not known"
    return BillFinding(path, 0, name, "", "column-missing", message, "ask for an export with all mandatory columns")
