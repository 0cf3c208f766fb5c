"""Metrics on a pinned table: its rows are asked, its bytes are compared with their digest, and only then believed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fairlead.assure.table_requests import Answers, Asking, label_text
from fairlead.assure.tally import Tally, needs_decisions
from fairlead.assure.tensors import Unfit, read_json, response_problems
from fairlead.domain.lock import LockedFile
from fairlead.domain.model import DataRef
from fairlead.domain.trial import MetricTrial
from fairlead.flows.artifacts import open_source, quiet
from fairlead.flows.trying.bench import StoppedError
from fairlead.flows.trying.sitting import Sitting
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Tree
from fairlead.resolve.sources.base import PointerError
from fairlead.resolve.verified import VerifiedStream

__all__ = ["first_request", "tally_of"]

_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in a row of the file stand the features, the truth, the groups."""

    features: tuple[int, ...]
    label: int
    groups: tuple[int, ...]
    names: tuple[str, ...]
    width: int


def tally_of(sitting: Sitting, trial: MetricTrial) -> Tally:
    """Ask every row. StoppedError where the file is not the one that is pinned, or does not fit the model."""
    try:
        with _opened(sitting, trial) as stream:
            rows = _rows(stream, trial.data)
            columns = _columns(next(rows, (1, []))[1], trial)
            tally = Tally(trial)
            asking = _asking(sitting, columns, trial)
            for batch in _batches(rows, asking.batch, columns.width):
                _count(sitting, asking, columns, batch, tally)
            if not stream.matches():
                raise _other_bytes(trial.data)
            return tally
    except Unfit as error:
        message = f"data set `{trial.data}`: {error}"
        raise StoppedError("trial/data", message, "see `tests.metrics` and the file; docs: testing-models") from error


def first_request(sitting: Sitting, trial: MetricTrial) -> bytes:
    """A request with the table's first row."""
    with _opened(sitting, trial) as stream:
        rows = _rows(stream, trial.data)
        columns = _columns(next(rows, (1, []))[1], trial)
        _, row = next(rows, (2, []))
        if len(row) != columns.width:
            raise Unfit(f"data set `{trial.data}` has no row")
        asking = _asking(sitting, columns, trial)
        return _encoded(asking.request([[row[place] for place in columns.features]]))


def _asking(sitting: Sitting, columns: _Columns, trial: MetricTrial) -> Asking:
    if sitting.interface is None:
        raise Unfit("metrics are computed for models of `protocol: oip`")
    asking = Asking(sitting.interface, columns.names, output=trial.output, score=trial.score)
    if needs_decisions(trial) and trial.threshold is None and not asking.gives_label:
        raise Unfit("the model's output is a number, no label: give a `threshold` from which it counts as positive")
    return asking


def _opened(sitting: Sitting, trial: MetricTrial) -> VerifiedStream:
    data = next(each for each in sitting.spec.data if each.name == trial.data)
    file, chunks = _located(sitting.tree, data)
    return VerifiedStream(chunks, file, sitting.progress)


def _located(tree: Tree, data: DataRef) -> tuple[LockedFile, Iterator[bytes]]:
    """The file as it is pinned, and its bytes, not yet compared."""
    mend = f"copy the file into the workspace, and write its path as `uri` of `{data.name}`"
    if not data.uri.startswith("file:") or data.sha256 is None:
        raise StoppedError("trial/no-data", f"data set `{data.name}` is not in a file that is pinned", mend)
    try:
        source = open_source(data.uri, tree)
        found = source.pin(data.uri, quiet)
    except PointerError as error:
        raise StoppedError("trial/no-data", f"data set `{data.name}`: {error.message}", mend) from error
    if [each.sha256 for each in found.files] != [data.sha256]:
        raise _other_bytes(data.name)
    file = found.files[0]
    return file, iter(source.open(found, file, 0))


def _other_bytes(name: str) -> StoppedError:
    message = f"data set `{name}` is not the file that its sha256 pins"
    return StoppedError("trial/other-data", message, "restore the file, or pin the new one if the change is meant")


def _rows(stream: VerifiedStream, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells. A row that is not of the header's width is refused by whoever reads on."""
    text = io.TextIOWrapper(io.BufferedReader(stream, _BUFFER), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unfit(f"line {reader.line_num + 1} of `{name}`: {error}") from error
    finally:
        text.detach()


def _columns(header: Sequence[str], trial: MetricTrial) -> _Columns:
    names = [name.strip() for name in header]
    wanted = [trial.label, *trial.features, *trial.groups]
    missing = [name for name in wanted if name not in names]
    if missing or len(set(names)) != len(names):
        known = ", ".join(names[:30]) or "none"
        raise Unfit(f"there is no column {', '.join(missing) or 'with a name of its own'}; the header has: {known}")
    features = trial.features or tuple(name for name in names if name != trial.label)
    places = {name: place for place, name in enumerate(names)}
    return _Columns(
        tuple(places[name] for name in features),
        places[trial.label],
        tuple(places[name] for name in trial.groups),
        features,
        len(names),
    )


def _batches(rows: Iterator[tuple[int, list[str]]], size: int, width: int) -> Iterator[list[tuple[int, list[str]]]]:
    batch: list[tuple[int, list[str]]] = []
    for line, row in rows:
        if len(row) != width:
            raise Unfit(f"line {line} has {len(row)} cells, the header {width}")
        batch.append((line, row))
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _count(
    sitting: Sitting, asking: Asking, columns: _Columns, batch: Sequence[tuple[int, list[str]]], tally: Tally
) -> None:
    try:
        answers = _answers(sitting, asking, [[row[place] for place in columns.features] for _, row in batch])
        scores = answers.scores or [None] * len(batch)
        for (_, row), label, score in zip(batch, answers.labels, scores, strict=True):
            tally.add(label_text(row[columns.label]), label, score, [row[place].strip() for place in columns.groups])
    except (Unfit, BrokenWorldError) as error:
        raise Unfit(f"lines {batch[0][0]} to {batch[-1][0]}: {error}") from error


def _answers(sitting: Sitting, asking: Asking, rows: Sequence[Sequence[str]]) -> Answers:
    reply = sitting.ask(_encoded(asking.request(rows)))
    if reply.status != HTTPStatus.OK:
        raise Unfit(f"the model answered {reply.status}: {reply.body[:200].decode('utf-8', 'replace')}")
    response = read_json(reply.body)
    if sitting.interface is not None:
        sitting.note_schema(response_problems(response, sitting.interface), "answer to rows")
    return asking.answers(response, len(rows))


def _encoded(request: object) -> bytes:
    return json.dumps(request, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
