"""The state store in memory: the same promises as the real one, without a disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Unpack

from fairlead.domain.incident import Incident, Suspension
from fairlead.domain.journal import GENESIS, Draft, Filters, JournalRow, Record, chain, record_text, row_of
from fairlead.domain.release import Deployment
from fairlead.kernel.windows import iso, parse_iso
from fairlead.ports import Clock

__all__ = ["MemoryState"]


class MemoryState:
    """StateStore over lists. One thread only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._journal: list[Record] = []
        self._deployments: list[Deployment] = []
        self._incidents: list[Incident] = []
        self._suspensions: dict[str, Suspension] = {}
        self._requests: list[tuple[int, str, str]] = []
        self._facts: dict[str, str] = {}

    def close(self) -> None:
        """Nothing is held."""

    def append(self, draft: Draft) -> Record:
        """Append one record to the journal."""
        before = self._journal[-1].digest if self._journal else GENESIS
        record = chain(len(self._journal) + 1, self._clock.now(), draft, before)
        self._journal.append(record)
        return record

    def rows(self, after: int = 0) -> Iterator[JournalRow]:
        """The journal as a disk would hold it."""
        return (row_of(record) for record in self._journal[max(after, 0) :])

    def records(self, *, after: int = 0, limit: int = 200, **filters: Unpack[Filters]) -> list[Record]:
        """Records that match, oldest first."""
        return [record for record in self._journal[max(after, 0) :] if _matches(record, filters)][:limit]

    def search(self, *, before: int = 0, limit: int = 200, **filters: Unpack[Filters]) -> list[Record]:
        """Records that match, newest first."""
        older = self._journal[: before - 1 if before else None]
        return [record for record in reversed(older) if _matches(record, filters)][:limit]

    def newest(self, limit: int) -> list[Record]:
        """The newest records, newest first."""
        return self.search(limit=limit)

    def go_live(self, deployment: Deployment, draft: Draft) -> None:
        """Start a deployment and end the one before it in the same (environment, model)."""
        since = _kept(deployment.since)
        self.append(draft)
        self._end(deployment.environment, deployment.model, since)
        self._deployments.append(replace(deployment, since=since))

    def withdraw(self, environment: str, model: str, draft: Draft) -> None:
        """End the deployment of a model; twice is once."""
        if self.deployments(environment=environment, model=model, live=True):
            self.append(draft)
            self._end(environment, model, _kept(self._clock.now()))

    def _end(self, environment: str, model: str, until: datetime) -> None:
        self._deployments = [
            replace(it, until=until) if (it.environment, it.model, it.until) == (environment, model, None) else it
            for it in self._deployments
        ]

    def deployments(self, *, environment: str = "", model: str = "", live: bool = False) -> list[Deployment]:
        """Deployments, newest first."""
        found = [
            it
            for it in reversed(self._deployments)
            if environment in ("", it.environment) and model in ("", it.model) and not (live and it.until)
        ]
        return sorted(found, key=lambda it: it.since, reverse=True)

    def open_incident(self, incident: Incident, draft: Draft) -> bool:
        """Open an incident, or renew what an open one says; False where it says so already."""
        before = next((it for it in self.incidents() if it.key == incident.key), None)
        if before is not None and (before.message, before.commit) == (incident.message, incident.commit):
            return False
        self.append(draft)
        if before is None:
            self._incidents.append(replace(incident, opened=_kept(incident.opened), closed=None))
        else:
            place = self._incidents.index(before)
            self._incidents[place] = replace(incident, opened=before.opened, closed=None)
        return True

    def close_incident(self, key: str, draft: Draft) -> bool:
        """Close it; False (and no record) where it is not open."""
        found = next((it for it in self.incidents() if it.key == key), None)
        if found is None:
            return False
        self.append(draft)
        self._incidents[self._incidents.index(found)] = replace(found, closed=_kept(self._clock.now()))
        return True

    def incidents(self, *, open_only: bool = True) -> list[Incident]:
        """Incidents, newest first."""
        found = [it for it in reversed(self._incidents) if not (open_only and it.closed)]
        return sorted(found, key=lambda it: it.opened, reverse=True)

    def suspend(self, suspension: Suspension, draft: Draft) -> None:
        """Suspend a model."""
        self.append(draft)
        kept = replace(suspension, since=_kept(suspension.since), until=_kept(suspension.until))
        self._suspensions[suspension.model] = kept

    def resume(self, model: str, draft: Draft) -> bool:
        """Lift a suspension; False (and no record) where there was none."""
        if model not in self._suspensions:
            return False
        self.append(draft)
        del self._suspensions[model]
        return True

    def suspensions(self) -> list[Suspension]:
        """Suspensions that were not lifted, by model."""
        return [self._suspensions[model] for model in sorted(self._suspensions)]

    def request(self, verb: str, argument: str, draft: Draft) -> int:
        """Ask the running loop for something."""
        self.append(draft)
        self._requests.append((len(self._requests) + 1, verb, argument))
        return len(self._requests)

    def requests(self, after: int) -> list[tuple[int, str, str]]:
        """Requests with a number > `after`, oldest first."""
        return self._requests[max(after, 0) :]

    def put_fact(self, key: str, value: str, draft: Draft | None = None) -> None:
        """Remember a small fact, with its record."""
        if draft is not None:
            self.append(draft)
        self._facts[key] = value

    def fact(self, key: str) -> str | None:
        """The fact, or None."""
        return self._facts.get(key)

    def facts(self, prefix: str) -> dict[str, str]:
        """All facts whose key begins with `prefix`, by the rest of their key."""
        return {key.removeprefix(prefix): value for key, value in self._facts.items() if key.startswith(prefix)}


def _matches(record: Record, filters: Filters) -> bool:
    kind = filters.get("kind")
    return (
        (not kind or f"{record.draft.kind}.".startswith(f"{kind}."))
        and filters.get("model") in (None, "", record.draft.model)
        and filters.get("environment") in (None, "", record.draft.environment)
        and filters.get("text", "").lower() in record_text(record).lower()
    )


def _kept(moment: datetime) -> datetime:
    """Stores keep the millisecond."""
    return parse_iso(iso(moment))
