"""The last step of an import: what was staged becomes what the ledger says, while it is held for a moment.

Files are read, typed and staged without holding the ledger, which takes minutes for large ones. It is held only to
compare with the statements that stand there by then, to move files into it, and to commit: of two imports at once the
later sees what the earlier wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fairlead.domain.ledger import BILLS, Statement
from fairlead.drivers.ledger.bill_staging import BillStaging, forgotten, moved
from fairlead.flows.ledger.adjusting import adjusted, known
from fairlead.flows.ledger.bill_reading import OpenedFile
from fairlead.flows.ledger.closing import Closing, closings, is_closed
from fairlead.flows.ledger.import_difference import replaced_by
from fairlead.flows.ledger.import_result import ImportedPeriod
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError
from fairlead.meter.bills.statements import note_of

__all__ = ["Published", "StagedPart", "in_turn", "publish", "require_names"]

_PATIENCE = timedelta(minutes=10)
"""As long as allocating many bills may take: what was staged in minutes is not thrown away for that."""

_GLANCE = timedelta(milliseconds=200)


@dataclass(frozen=True, slots=True)
class StagedPart:
    """One billing period, ready to be published: its statement, and the Parquet files that hold its rows."""

    statement: Statement
    parquet: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """The periods as they stand now. `unchanged`: the ledger had all of them already."""

    periods: tuple[ImportedPeriod, ...]
    unchanged: bool


@contextmanager
def in_turn(world: World) -> Iterator[None]:
    """Hold the ledger, after whoever holds it now. ConflictError, naming the holder, where that takes ten minutes."""
    with ExitStack() as held:
        until = world.clock.now() + _PATIENCE
        while not _taken(world, held, last=world.clock.now() >= until):
            world.clock.sleep(_GLANCE)
        yield


def _taken(world: World, held: ExitStack, *, last: bool) -> bool:
    try:
        held.enter_context(world.ledger.writing())
    except ConflictError:
        if last:
            raise
        return False
    return True


def require_names(world: World, files: Iterable[OpenedFile]) -> None:
    """ConflictError where an own column is by now written otherwise in the ledger: engines do not tell case apart."""
    spelt = {name.casefold(): name for name in world.ledger.columns(BILLS)}
    for file in files:
        for own in (cell.own for cell in file.layout.cells if cell.own):
            there = spelt.get(own.casefold(), own)
            if there != own:
                what = f"another import wrote the column {there!r} meanwhile, which is {own!r} here"
                raise ConflictError(what, where=str(file.path), mend="import it again")


def publish(world: World, engine: BillStaging, parts: Sequence[StagedPart]) -> Published:
    """Make the parts what the ledger says, as one act; what they replaced is explained.

    The same statements again change nothing. A closed period stays as it is: what is known of it now is booked in the
    next one that is open.
    """
    closed = closings(world.state)
    before = [known(world, closed, part.statement.part) for part in parts]
    if all(old is not None and old.id == part.statement.id for part, old in zip(parts, before, strict=True)):
        return Published(tuple(ImportedPeriod(old, None) for old in before if old is not None), unchanged=bool(parts))
    return Published(_replaced(world, engine, parts, closed), unchanged=False)


def _replaced(
    world: World, engine: BillStaging, parts: Sequence[StagedPart], closed: Mapping[str, Closing]
) -> tuple[ImportedPeriod, ...]:
    old = {each.part: each for each in world.ledger.parts(BILLS)}
    told, files = [], {}
    for part in parts:
        statement, paths = part.statement, part.parquet
        replaced = replaced_by(engine, statement, paths, old.get(statement.part))
        if is_closed(closed, statement.part):
            statement, paths = adjusted(world, engine, closed, statement, paths)
        told.append(ImportedPeriod(statement, replaced))
        files[statement.part] = [(path, world.ledger.stage(BILLS)) for path in paths]
    pairs = [pair for each in files.values() for pair in each]
    left = [there for _, there in pairs]
    try:
        moved(pairs)
        inside = {part: [there for _, there in each] for part, each in files.items()}
        world.ledger.replace(BILLS, inside, note_of(each.statement for each in told))
        left = []
    finally:
        forgotten(left)
    return tuple(told)
