"""`fairlead ledger import`: bills of a source are read, checked and published, all of their billing periods at once.

The ledger is not held while files are read and staged beside it; see `bill_publishing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from fairlead.domain.ledger import BILLS, BillFile, BillFinding, Part, Statement, Sums
from fairlead.drivers.ledger.bill_staging import BillStaging, staging
from fairlead.flows.ledger.bill_findings import findings_of, misspelt
from fairlead.flows.ledger.bill_publishing import StagedPart, in_turn, publish, require_names
from fairlead.flows.ledger.bill_reading import StagedFile, figures_of, open_bill, refused_whole, stage_bill
from fairlead.flows.ledger.countable import bounded
from fairlead.flows.ledger.fetching import fetch_bill, is_address
from fairlead.flows.ledger.import_result import ImportRequest, ImportResult, added
from fairlead.flows.ledger.sources import require_source
from fairlead.flows.world import World
from fairlead.kernel.errors import IntegrityError, UsageError
from fairlead.meter.bills.publishing import period_sql
from fairlead.meter.bills.schemas import AUTO, schema_named
from fairlead.meter.bills.statements import statement_id
from fairlead.ports import Progress

__all__ = ["bill_paths", "import_bills"]

_ENDINGS = (".csv", ".csv.gz", ".parquet", ".json", ".json.gz", ".gz")


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
    require_source(request.source)
    paths = bill_paths(given, request, world.settings.state / "fetched")
    with staging(world.settings.state / "spill") as engine:
        return _imported(world, engine, paths, request, progress)


def _imported(
    world: World, engine: BillStaging, paths: Sequence[Path], request: ImportRequest, progress: Progress
) -> ImportResult:
    staged = list(_staged(world, engine, paths, request, progress))
    today = world.clock.now().date()
    findings = [(file, findings_of(engine, file, request, today)) for file in staged]
    every = tuple(finding for _, own in findings for finding in own)
    if request.strict and every:
        return ImportResult(tuple(refused_whole(file, own) for file, own in findings), every, refused=True)
    files = tuple(file.file for file in staged)
    parts = _parts(engine, findings, request, world.clock.now())
    progress(1, 1, "publishing")
    with in_turn(world):
        require_names(world, [file.opened for file in staged])
        published = publish(world, engine, parts)
    return ImportResult(files, every, published.periods, unchanged=published.unchanged)


def _staged(
    world: World, engine: BillStaging, paths: Sequence[Path], request: ImportRequest, progress: Progress
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

        def told(share: float, done: int = done, size: int = size, name: str = each.path.name) -> None:
            progress(done + int(share * size), total, name)

        yield stage_bill(engine, each, engine.place(), request, told)
        done += size
    progress(total, total, "checking")


def _parts(
    engine: BillStaging,
    files: Sequence[tuple[StagedFile, Sequence[BillFinding]]],
    request: ImportRequest,
    now: datetime,
) -> list[StagedPart]:
    """What each billing period becomes, of all files together; a file whose rows were all refused is of the first."""
    parts = []
    lost = [file for file, _ in files if not file.periods]
    for period in sorted({period for file, _ in files for period in file.periods}):
        own = [(file, findings) for file, findings in files if period in file.periods]
        paths = tuple(_period_file(engine, file, period, findings) for file, findings in own)
        told = [*(file for file, _ in own), *lost]
        parts.append(StagedPart(_statement(Part(request.source, period), told, request, now), paths))
        lost = []
    return parts


def _statement(part: Part, files: Sequence[StagedFile], request: ImportRequest, now: datetime) -> Statement:
    figures = [file.periods[part.period] for file in files if part.period in file.periods]
    sums: Sums = {}
    for each in figures:
        sums = added(sums, each.sums)
    most = bounded(each.most for each in figures)
    told: tuple[BillFile, ...] = tuple(file.file for file in files)
    rows = sum(each.rows for each in figures)
    return Statement(part, statement_id(told, request.currency), now, told, rows, sums, most)


def _period_file(engine: BillStaging, file: StagedFile, period: str, findings: Sequence[BillFinding]) -> Path:
    """The rows of one period as they are published: the staged file itself, where they are all that it holds."""
    wrong = misspelt(findings)
    if len(file.periods) == 1 and not file.file.rows_refused and not wrong:
        return file.parquet
    to = engine.place()
    engine.write(period_sql(file.relation, period, wrong), to, lambda _: None, of=file.parquet)
    if figures_of(engine, to, file.opened.path).get(period) != file.periods[period]:
        raise IntegrityError(f"the rows written of {period} are not those that were read", where=str(file.opened.path))
    return to
