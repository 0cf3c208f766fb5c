"""Searching the journal, with the state of its chain beside every answer. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.journal import Record
from fairlead.flows.world import World

__all__ = ["JournalPage", "search"]


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Records, newest first; `newest` is the chain's last sequence, `more` whether older records match."""

    records: tuple[Record, ...]
    newest: int
    more: bool


def search(
    world: World,
    *,
    text: str = "",
    kind: str = "",
    model: str = "",
    environment: str = "",
    before: int = 0,
    limit: int = 50,
) -> JournalPage:
    """Records with sequence < `before` (0: from the newest) that match every given field; `kind` is a prefix."""
    head = world.state.newest(1)
    found = world.state.search(
        before=before, kind=kind, model=model, environment=environment, text=text, limit=limit + 1
    )
    return JournalPage(tuple(found[:limit]), head[0].sequence if head else 0, len(found) > limit)
