"""`fairlead ledger import`: bills of a source are read, checked and published, all of their billing periods at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fairlead.domain.ledger import BILLS, BillFile, BillFinding, Part, Statement, Sums
from fairlead.drivers.ledger.bill_staging import BillStaging, forgotten, staging
from fairlead.flows.ledger.adjusting import adjusted, known
from fairlead.flows.ledger.bill_findings import findings_of, misspelt
from fairlead.flows.ledger.bill_reading import StagedFile, figures_of, open_bill, refused_whole, stage_bill
from fairlead.flows.ledger.closing import Closing, closings, is_closed
from fairlead.flows.ledger.fetching import fetch_bill, is_address
from fairlead.flows.ledger.import_difference import replaced_by
from fairlead.flows.ledger.import_result import ImportedPeriod, ImportRequest, ImportResult, added
from fairlead.flows.world import World
from fairlead.kernel.errors import IntegrityError, UsageError
from fairlead.meter.bills.publishing import period_sql
from fairlead.meter.bills.schemas import AUTO, schema_named
from fairlead.meter.bills.statements import note_of, statement_id
from fairlead.ports import Progress

__all__ = ["StagedPart", "bill_paths", "import_bills", "publish"]

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENDINGS = (".csv", ".csv.gz", ".parquet", ".json", ".json.gz", ".gz")


@dataclass(frozen=True, slots=True)
class StagedPart:
    """One billing period, ready to be published: its statement, and the Parquet files that hold its rows."""

    statement: Statement
    parquet: tuple[Path, ...]


def bill_paths(given: Sequence[str], request: ImportRequest, folder: Path) -> list[Path]:
    """Files as they were given, those of folders by name, and what addresses answered, kept in `folder`.

    UsageError where there is none, or one twice.
    """
    found: list[Path] = []
    for name in given:
        if is_address(name):
            folder.mkdir(parents=True, exist_ok=True)
            found.append(fetch_bill(name, request.since, request.until, folder))
            continue
        path = Path(name)
        if not path.exists():
            raise UsageError("there is no such file", where=name)
        files = sorted(_in_folder(path)) if path.is_dir() else [path]
        if not files:
            raise UsageError("the folder holds no bill", where=name, mend=f"a bill ends in {', '.join(_ENDINGS)}")
        found += files
    twice = next((path for path, times in Counter(path.resolve() for path in found).items() if times > 1), None)
    if twice:
        raise UsageError("the file was given twice", where=str(twice), mend="give it once: it would count twice")
    return found


def _in_folder(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.name.lower().endswith(_ENDINGS):
            yield path


def import_bills(world: World, given: Sequence[str], request: ImportRequest, progress: Progress) -> ImportResult:
    """Read bills and make them the statements of their billing periods; nothing is published unless all of it is.

    UsageError for what cannot be read at all; IntegrityError where a file's own sums are not those of its rows.
    """
    if request.schema != AUTO:
        schema_named(request.schema)
    _require_name(request.source)
    paths = bill_paths(given, request, world.settings.state / "fetched")
    with world.ledger.writing(), staging(world.settings.state / "spill") as engine:
        scratch: list[Path] = []
        try:
            return _imported(world, engine, paths, request, progress, scratch)
        finally:
            forgotten(scratch)


def _require_name(source: str) -> None:
    if not _SOURCE.fullmatch(source):
        raise UsageError(f"{source[:80]!r} is no name of a source", mend="letters, digits, `-`, `_` and `.`, as aws-eu")


def _imported(
    world: World,
    engine: BillStaging,
    paths: Sequence[Path],
    request: ImportRequest,
    progress: Progress,
    scratch: list[Path],
) -> ImportResult:
    staged = list(_staged(world, engine, paths, request, progress, scratch))
    findings = [(file, findings_of(engine, file, request)) for file in staged]
    every = tuple(finding for _, own in findings for finding in own)
    if request.strict and every:
        return ImportResult(tuple(refused_whole(file, own) for file, own in findings), every, refused=True)
    files = tuple(file.file for file in staged)
    parts = _parts(world, engine, findings, request, scratch)
    closed = closings(world.state)
    before = [known(world, closed, part.statement.part) for part in parts]
    if all(old is not None and old.id == part.statement.id for part, old in zip(parts, before, strict=True)):
        kept = tuple(ImportedPeriod(old, None) for old in before if old is not None)
        return ImportResult(files, every, kept, unchanged=bool(parts))
    return ImportResult(files, every, publish(world, engine, parts, closed, scratch))


def _staged(
    world: World,
    engine: BillStaging,
    paths: Sequence[Path],
    request: ImportRequest,
    progress: Progress,
    scratch: list[Path],
) -> Iterator[StagedFile]:
    spelt = {name.casefold(): name for name in world.ledger.columns(BILLS)}
    opened = [open_bill(engine, path, request, spelt) for path in paths]
    seen: dict[str, Path] = {}
    for each in opened:
        if each.sha256 in seen:
            what = f"the same bytes as {seen[each.sha256]}"
            raise UsageError(what, where=str(each.path), mend="give one of them: they would count twice")
        seen[each.sha256] = each.path
    total, done = sum(path.stat().st_size for path in paths), 0
    for each in opened:
        size = each.path.stat().st_size
        to = world.ledger.stage(BILLS)
        scratch.append(to)

        def told(share: float, done: int = done, size: int = size, name: str = each.path.name) -> None:
            progress(done + int(share * size), total, name)

        yield stage_bill(engine, each, to, request, told)
        done += size
    progress(total, total, "publishing")


def _parts(
    world: World,
    engine: BillStaging,
    files: Sequence[tuple[StagedFile, Sequence[BillFinding]]],
    request: ImportRequest,
    scratch: list[Path],
) -> list[StagedPart]:
    """What each billing period becomes, of all files together; a file whose rows were all refused is of the first."""
    parts = []
    lost = [file for file, _ in files if not file.periods]
    now = world.clock.now()
    for period in sorted({period for file, _ in files for period in file.periods}):
        own = [(file, findings) for file, findings in files if period in file.periods]
        paths = tuple(_period_file(world, engine, file, period, findings, scratch) for file, findings in own)
        told = [*(file for file, _ in own), *lost]
        parts.append(StagedPart(_statement(Part(request.source, period), told, request, now), paths))
        lost = []
    return parts


def _statement(part: Part, files: Sequence[StagedFile], request: ImportRequest, now: datetime) -> Statement:
    figures = [file.periods[part.period] for file in files if part.period in file.periods]
    sums: Sums = {}
    for each in figures:
        sums = added(sums, each.sums)
    told: tuple[BillFile, ...] = tuple(file.file for file in files)
    return Statement(part, statement_id(told, request.currency), now, told, sum(each.rows for each in figures), sums)


def _period_file(
    world: World,
    engine: BillStaging,
    file: StagedFile,
    period: str,
    findings: Sequence[BillFinding],
    scratch: list[Path],
) -> Path:
    """The rows of one period as they are published: the staged file itself, where they are all that it holds."""
    wrong = misspelt(findings)
    if len(file.periods) == 1 and not file.file.rows_refused and not wrong:
        return file.parquet
    to = world.ledger.stage(BILLS)
    scratch.append(to)
    engine.write(period_sql(file.relation, period, wrong), to, lambda _: None, of=file.parquet)
    if figures_of(engine, to, file.opened.path).get(period) != file.periods[period]:
        raise IntegrityError(f"the rows written of {period} are not those that were read", where=str(file.opened.path))
    return to


def publish(
    world: World,
    engine: BillStaging,
    parts: Sequence[StagedPart],
    closed: Mapping[str, Closing],
    scratch: list[Path],
) -> tuple[ImportedPeriod, ...]:
    """Make the parts what the ledger says, as one act; what they replaced is explained.

    A closed period stays as it is: what is known of it now is booked in the next one that is open.
    """
    old = {each.part: each for each in world.ledger.parts(BILLS)}
    told, files = [], {}
    for part in parts:
        statement, paths = part.statement, part.parquet
        replaced = replaced_by(engine, statement, paths, old.get(statement.part))
        if is_closed(closed, statement.part):
            statement, paths = adjusted(world, engine, closed, statement, paths)
            scratch += paths
        told.append(ImportedPeriod(statement, replaced))
        files[statement.part] = paths
    if files:
        world.ledger.replace(BILLS, files, note_of(each.statement for each in told))
    published = {path for paths in files.values() for path in paths}
    scratch[:] = [path for path in scratch if path not in published]
    return tuple(told)
