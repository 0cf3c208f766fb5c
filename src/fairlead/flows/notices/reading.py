"""Records of the journal become notices; what was told once is not told again while it stays as it is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from fairlead.domain.finding import Verdict
from fairlead.domain.journal import Record
from fairlead.domain.notification import Notice
from fairlead.flows.notices.kinds import NOT_TOLD, notice_of
from fairlead.kernel.digests import sha256_hex

__all__ = ["Told", "incident_key", "message_mark", "read_notices"]

_REMEMBERED = 256
"""Refusals and promotions that are remembered. A refusal is followed at once by the incident that repeats it."""

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Told:
    """What people know by now.

    `open` are open incidents by `incident_key`, each with the commit and the mark of the message it was told with;
    `recent` are refusals and promotions, the newest last.
    """

    open: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    recent: tuple[str, ...] = ()


def read_notices(
    records: Iterable[Record], told: Told, owner: Callable[[str], str], ran_elsewhere: Callable[[Record], bool]
) -> tuple[tuple[Notice, ...], Told]:
    """The notices of these records, and what people know once they have them.

    `owner` answers who answers for a model; `ran_elsewhere` whether a `deployment.live` brings a release that was live
    in another environment before, which makes it a promotion.
    """
    memory = _Memory(dict(told.open), list(told.recent))
    found = [record for record in records if memory.is_news(record, ran_elsewhere)]
    notices = (notice_of(record, owner) for record in found)
    return tuple(each for each in notices if each), Told(memory.open, tuple(memory.recent[-_REMEMBERED:]))


def incident_key(environment: str, model: str, kind: str) -> str:
    """What one incident is known by here."""
    return f"{environment}/{model}/{kind}"


def message_mark(message: str) -> str:
    """What tells one message from another."""
    return sha256_hex(message.encode())[:_DIGITS]


@dataclass(slots=True)
class _Memory:
    open: dict[str, tuple[str, str]]
    recent: list[str]

    def is_news(self, record: Record, ran_elsewhere: Callable[[Record], bool]) -> bool:
        """Whether a record says something that people have not been told; it counts as told from now on."""
        kind = record.draft.kind
        if kind == "incident.opened":
            return self._opened(record)
        if kind == "incident.closed":
            return self.open.pop(_key(record), None) is not None
        if kind == "release.checked":
            return record.draft.body.get("verdict") != Verdict.PASS and self._refused(record)
        if kind in {"deployment.live", "rollout.completed"}:
            return self._promoted(record, kind == "rollout.completed" or ran_elsewhere(record))
        return True

    def _opened(self, record: Record) -> bool:
        """An incident is renewed by each new commit, and by each further failure: both together are news."""
        draft, key = record.draft, _key(record)
        mark = message_mark(str(draft.body.get("message", "")))
        before = self.open.get(key)
        self.open[key] = (draft.commit, mark)
        if draft.body.get("kind") == NOT_TOLD or (before and (before[0] == draft.commit or before[1] == mark)):
            return False
        return draft.body.get("kind") != "git-not-live" or self._refused(record)

    def _refused(self, record: Record) -> bool:
        """One commit's model is refused once in an environment, or once in all."""
        draft = record.draft
        marks = [f"refused/{place}/{draft.model}/{draft.commit}" for place in (draft.environment, "")]
        news = not any(mark in self.recent for mark in marks)
        if news:
            self.recent.append(marks[0])
        return news

    def _promoted(self, record: Record, promotion: bool) -> bool:  # noqa: FBT001 - a finding about the record
        """A rollout's end and the deployment that it brought are one."""
        place = f"promoted/{record.draft.environment}/{record.draft.model}/"
        mark = f"{place}{record.draft.release}"
        news = promotion and mark not in self.recent
        kept = [each for each in self.recent if not each.startswith(place) or each == mark]
        self.recent = [*kept, mark] if news else kept
        return news


def _key(record: Record) -> str:
    draft = record.draft
    return incident_key(draft.environment, draft.model, str(draft.body.get("kind", "")))
