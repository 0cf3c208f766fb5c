"""Servers that end by themselves during a rollout, counted once each: the machine lists the dead for a while only.

A crash that comes once an hour is seen by the count that is kept, not by what a look finds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.rollout import Rollout
from fairlead.domain.serving import RunningServer, ServerState

__all__ = ["Deaths", "died_more", "is_dead"]

_ALIVE = {ServerState.READY, ServerState.SILENT}


@dataclass(frozen=True, slots=True)
class Deaths:
    """Deaths of both releases since the rollout's first look; `code` is the last exit status of a new server.

    `seen` are the dead that the machine still lists; None before the first look, at which those of before are left out.
    """

    new: int = 0
    old: int = 0
    code: int | None = None
    seen: tuple[str, ...] | None = None


def is_dead(server: RunningServer) -> bool:
    """Whether it ended, and nobody asked it to."""
    return server.state is ServerState.EXITED and not server.asked


def died_more(known: Deaths, rollout: Rollout, servers: Iterable[RunningServer], now: datetime) -> Deaths:
    """The deaths with those of one more look. A machine on which nothing stands died itself: that says nothing.

    One of the new release counts where a server of the old release has stood since before it was started.
    """
    listed = list(servers)
    if not listed:
        return known
    dead = [each for each in listed if is_dead(each)]
    seen = tuple(sorted(each.id for each in dead))
    if known.seen is None or not any(each.state in _ALIVE for each in listed):
        return Deaths(known.new, known.old, known.code, seen)
    fresh = [each for each in dead if each.id not in known.seen]
    old = [each for each in fresh if _of(each) == rollout.old.digest]
    standing = [each.started for each in listed if _of(each) == rollout.old.digest and each.state is ServerState.READY]
    begun = max(min(standing, default=now), rollout.started)
    new = [each for each in fresh if _of(each) == rollout.new.digest and each.started >= begun]
    code = new[-1].exit_code if new else known.code
    return Deaths(known.new + len(new), known.old + len(old), code, seen)


def _of(server: RunningServer) -> str:
    return server.labels.get("release", "")
