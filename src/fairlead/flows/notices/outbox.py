"""What is still to be told, as one fact of the state: it changes as a whole, with the record that explains it.

The journal is read up to `position`. A notice waits in `gathering` for others of its model; then it is part of a
message that is `owed` to a channel until somebody took it. Since all of it is one fact, a process that is killed leaves
either what was before or what is after, and a message that was sent without being crossed out is sent once more under
the same id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from fairlead.deliver.backoff import Attempts
from fairlead.domain.notification import Message, Notice
from fairlead.flows.notices.reading import Told
from fairlead.kernel.windows import iso, parse_iso

__all__ = ["MOST_OWED", "Outbox", "Owed", "outbox_text", "read_outbox"]

MOST_OWED = 200
"""Messages that one channel is owed at most; of more, the oldest are given up."""

_SILENT = "it has not answered yet"


@dataclass(frozen=True, slots=True)
class Owed:
    """A message that a channel has not taken yet. `error` says why its first attempt failed, '' before it."""

    channel: str
    message: Message
    since: datetime
    attempts: Attempts = field(default_factory=Attempts)
    error: str = ""

    def due(self, now: datetime) -> bool:
        """Whether it may be tried now."""
        return self.attempts.rested(now)

    def failed(self, now: datetime, error: str) -> Owed:
        """After one more attempt; the first reason stays, so that an incident says the same all the time."""
        return replace(self, attempts=self.attempts.failed(now), error=self.error or error)


@dataclass(frozen=True, slots=True)
class Outbox:
    """`declared` is the commit whose `notifications` were read last; `lost` why a channel's last message was dropped.

    A channel stays in `lost` until it takes a message again, or is no longer declared.
    """

    position: int
    declared: str = ""
    told: Told = field(default_factory=Told)
    gathering: tuple[Notice, ...] = ()
    owed: tuple[Owed, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)

    def taken(self, done: Owed) -> Outbox:
        """After a channel took a message."""
        lost = {channel: why for channel, why in self.lost.items() if channel != done.channel}
        return replace(self, owed=self._without(done), lost=lost)

    def postponed(self, done: Owed, now: datetime, error: str) -> Outbox:
        """After a channel did not take a message."""
        again = done.failed(now, error)
        return replace(self, owed=tuple(again if _same(each, done) else each for each in self.owed))

    def dropped(self, done: Owed, why: str) -> Outbox:
        """After a message was given up; `why` '' where nobody is to be troubled by it."""
        lost = {**self.lost, done.channel: why} if why else self.lost
        return replace(self, owed=self._without(done), lost=lost)

    def troubles(self, now: datetime, patience: timedelta) -> dict[str, str]:
        """Why a channel takes nothing, by channel: what was given up, or has failed for longer than `patience`."""
        late = {each.channel: each.error or _SILENT for each in reversed(self.owed) if now - each.since > patience}
        return {**self.lost, **late}

    def _without(self, done: Owed) -> tuple[Owed, ...]:
        return tuple(each for each in self.owed if not _same(each, done))


def outbox_text(outbox: Outbox) -> str:
    """The fact."""
    return json.dumps(asdict(outbox), ensure_ascii=False, separators=(",", ":"), default=_text)


def read_outbox(text: str) -> Outbox:
    """What `outbox_text` wrote."""
    raw = json.loads(text)
    known = {key: (commit, mark) for key, (commit, mark) in raw["told"]["open"].items()}
    return Outbox(
        position=raw["position"],
        declared=raw["declared"],
        told=Told(known, tuple(raw["told"]["recent"])),
        gathering=tuple(_notice(each) for each in raw["gathering"]),
        owed=tuple(_owed(each) for each in raw["owed"]),
        lost=raw["lost"],
    )


def _same(one: Owed, other: Owed) -> bool:
    return (one.channel, one.message.id) == (other.channel, other.message.id)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    message = f"{type(value).__name__} is no part of an outbox"
    raise TypeError(message)


def _notice(raw: Mapping[str, Any]) -> Notice:
    return Notice(**{**raw, "at": parse_iso(raw["at"])})


def _owed(raw: Mapping[str, Any]) -> Owed:
    message, tries = raw["message"], raw["attempts"]
    again = parse_iso(tries["not_before"]) if tries["not_before"] else None
    return Owed(
        channel=raw["channel"],
        message=Message(message["id"], message["workspace"], tuple(_notice(each) for each in message["notices"])),
        since=parse_iso(raw["since"]),
        attempts=Attempts(tries["failures"], again),
        error=raw["error"],
    )
