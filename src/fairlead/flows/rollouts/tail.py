"""The gateway's log as rollouts read it: once, however many are under way, and divided by model.

Each rollout keeps its own position and may read at its own times. What was read for others meanwhile waits for it here;
where nothing waits (after a start, or after too much), it reads the log from its position by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from fairlead.domain.plan import Key
from fairlead.meter.collectors.access_log import AccessLog, Batch, LogPosition

__all__ = ["LogTail", "Piece"]

_MODEL = re.compile(rb'"model":\s*(?:"([^"]*)"|null)')

_MOST = 16 << 20
"""Bytes that wait for one rollout; beyond, it reads them itself."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of one model; `unread` counts lines that could not be told apart, `lost`: the log before is gone."""

    data: bytes = b""
    unread: int = 0
    lost: bool = False


@dataclass(slots=True)
class _Share:
    """What waits for a rollout behind its position."""

    start: LogPosition
    pieces: list[Piece] = field(default_factory=list)
    size: int = 0


class LogTail:
    """One log and those who read it, by (environment, model). One thread asks it."""

    def __init__(self, log: AccessLog) -> None:
        self._log = log
        self._behind: LogPosition | None = None
        self._shares: dict[Key, _Share] = {}

    def end(self) -> LogPosition:
        """The position behind the last whole line that is there now."""
        return self._log.end()

    def read(self, key: Key, start: LogPosition, take: Callable[[Piece], None]) -> LogPosition:
        """Give `take` all lines of a model behind `start`, in order; the position behind them.

        Those of the model in other environments are among them.
        """
        self._follow()
        share = self._shares.get(key)
        if share is not None and share.start == start and self._behind is not None:
            for piece in share.pieces:
                take(piece)
            self._shares[key] = _Share(self._behind)
            return self._behind
        behind = self._read_alone(key, start, take)
        if self._behind is None or not self._shares.keys() - {key}:
            self._behind = behind
        self._shares.pop(key, None)
        if (behind.inode, behind.offset) == (self._behind.inode, self._behind.offset):
            self._shares[key] = _Share(self._behind)
            return self._behind
        return behind

    def leave(self, key: Key) -> None:
        """Nobody reads for this model any more."""
        self._shares.pop(key, None)

    def _follow(self) -> None:
        """Read on to the end, for all who wait."""
        if self._behind is None or not self._shares:
            return
        for batch in self._log.batches(self._behind):
            self._divide(batch)
            self._behind = _after(batch)

    def _divide(self, batch: Batch) -> None:
        pieces = _pieces(batch, {key[1] for key in self._shares})
        for key, share in list(self._shares.items()):
            piece = pieces[key[1]]
            if piece != Piece():
                share.pieces.append(piece)
                share.size += len(piece.data)
            if share.size > _MOST:
                del self._shares[key]

    def _read_alone(self, key: Key, start: LogPosition, take: Callable[[Piece], None]) -> LogPosition:
        behind, model = start, key[1]
        for batch in self._until_there(start):
            take(_pieces(batch, {model})[model])
            behind = _after(batch)
        return behind

    def _until_there(self, start: LogPosition) -> Iterator[Batch]:
        """Batches from `start` to where the others are; to the end where nobody is."""
        stop = self._behind if self._shares else None
        for batch in self._log.batches(start):
            at = batch.position
            if stop is None or at.inode != stop.inode or at.offset + len(batch.data) < stop.offset:
                yield batch
                continue
            if at.offset < stop.offset:
                yield replace(batch, data=batch.data[: stop.offset - at.offset])
            return


def _pieces(batch: Batch, models: Iterable[str]) -> dict[str, Piece]:
    found: dict[bytes, list[bytes]] = {each.encode(): [] for each in models}
    unread = batch.skipped
    for line in batch.data.splitlines(keepends=True):
        named = _MODEL.findall(line)
        unread += not named
        for model in found.keys() & named:
            found[model].append(line)
    return {model.decode(): Piece(b"".join(lines), unread, batch.lost) for model, lines in found.items()}


def _after(batch: Batch) -> LogPosition:
    return batch.after(batch.data.count(b"\n"))
