"""The state store over SQL: journal, deployments, incidents, suspensions, requests and facts.

Every process of one workspace opens it: the control plane, and each command. A change takes the write lock first,
then reads the chain's head, so that two writers can never append to the same record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Unpack

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from fairlead.domain.incident import Incident, Suspension
from fairlead.domain.journal import GENESIS, Draft, Filters, JournalRow, Record, chain, read_record, row_of
from fairlead.domain.release import Deployment
from fairlead.drivers import state_tables as t
from fairlead.drivers.state_database import Database, open_database
from fairlead.drivers.state_engine import SQLITE_FILE
from fairlead.kernel.errors import IntegrityError
from fairlead.kernel.windows import iso
from fairlead.ports import Clock

__all__ = ["SqlState", "open_state"]


_BATCH = 1000
"""Rows that are read at a time when the whole journal streams by."""


def open_state(folder: Path, clock: Clock, address: str = "") -> SqlState:
    """The store in `folder` (made where it is missing), or in the database at `address`; migrated to the newest."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return SqlState(open_database(address or f"sqlite:///{folder / SQLITE_FILE}"), clock)


_HEAD = select(t.journal.c.sequence, t.journal.c.digest).order_by(t.journal.c.sequence.desc()).limit(1)
_APPEND = insert(t.journal)
"""Statements of every append: made once, they are compiled once."""


class SqlState:
    """StateStore over a database that `open_database` opened."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def close(self) -> None:
        """Release the connection."""
        self._database.close()

    # The journal

    def append(self, draft: Draft) -> Record:
        """Append one record to the journal."""
        with self._database.writing() as connection:
            return self._append(connection, draft)

    def rows(self, after: int = 0) -> Iterator[JournalRow]:
        """The journal as it is stored; no lock and no transaction is held between two batches."""
        while True:
            query = select(t.journal).where(t.journal.c.sequence > after)
            batch = self._database.read(query.order_by(t.journal.c.sequence).limit(_BATCH))
            yield from map(t.journal_row_of, batch)
            if len(batch) < _BATCH:
                return
            after = batch[-1].sequence

    def records(self, *, after: int = 0, limit: int = 200, **filters: Unpack[Filters]) -> list[Record]:
        """Records that match, oldest first."""
        column = t.journal.c
        return self._records([column.sequence > after, *_matching(filters)], column.sequence, limit)

    def search(self, *, before: int = 0, limit: int = 200, **filters: Unpack[Filters]) -> list[Record]:
        """Records that match, newest first."""
        column = t.journal.c
        older = [column.sequence < before] if before else []
        return self._records([*older, *_matching(filters)], column.sequence.desc(), limit)

    def newest(self, limit: int) -> list[Record]:
        """The newest records, newest first."""
        return self.search(limit=limit)

    def _records(self, wanted: Sequence[ColumnElement[bool]], order: ColumnElement[int], limit: int) -> list[Record]:
        query = select(t.journal.c.sequence, t.journal.c.text).where(*wanted).order_by(order).limit(limit)
        return [_record(row.sequence, row.text) for row in self._database.read(query)]

    def _append(self, connection: Connection, draft: Draft) -> Record:
        head = connection.execute(_HEAD).first()
        sequence, before = (head.sequence, head.digest) if head else (0, GENESIS)
        record = chain(sequence + 1, self._clock.now(), draft, before)
        connection.execute(_APPEND, asdict(row_of(record)))
        return record

    # Deployments

    def go_live(self, deployment: Deployment, draft: Draft) -> None:
        """Start a deployment and end the one before it in the same (environment, model)."""
        since = iso(deployment.since)
        with self._database.writing() as connection:
            live = _live(deployment.environment, deployment.model)
            connection.execute(update(t.deployments).where(*live).values(until=since))
            values = {
                "environment": deployment.environment,
                "model": deployment.model,
                "release": deployment.release,
                "digest": deployment.digest,
                "commit_id": deployment.commit,
                "since": since,
                "until": t.optional_iso(deployment.until),
                "reason": deployment.reason,
            }
            connection.execute(insert(t.deployments).values(values))
            self._append(connection, draft)

    def withdraw(self, environment: str, model: str, draft: Draft) -> None:
        """End the deployment of a model; twice is once: without a live one there is no change and no record."""
        with self._database.writing() as connection:
            ended = update(t.deployments).where(*_live(environment, model)).values(until=iso(self._clock.now()))
            if connection.execute(ended).rowcount:
                self._append(connection, draft)

    def deployments(self, *, environment: str = "", model: str = "", live: bool = False) -> list[Deployment]:
        """Deployments, newest first."""
        column = t.deployments.c
        wanted = [
            *([column.environment == environment] if environment else []),
            *([column.model == model] if model else []),
            *([column.until.is_(None)] if live else []),
        ]
        query = select(t.deployments).where(*wanted).order_by(column.since.desc(), column.id.desc())
        return [t.deployment_of(row) for row in self._database.read(query)]

    # Incidents

    def open_incident(self, incident: Incident, draft: Draft) -> bool:
        """Open an incident, or renew what an open one says; False where it says so already."""
        values = {
            "kind": incident.kind,
            "environment": incident.environment,
            "model": incident.model,
            "commit_id": incident.commit,
            "message": incident.message,
            "mend": incident.mend,
        }
        still_open = (t.incidents.c.key == incident.key, t.incidents.c.closed.is_(None))
        with self._database.writing() as connection:
            found = connection.execute(select(t.incidents).where(*still_open)).first()
            if found is not None and (found.commit_id, found.message) == (incident.commit, incident.message):
                return False
            if found is None:
                opened = {"key": incident.key, "opened": iso(incident.opened), "closed": None}
                connection.execute(insert(t.incidents).values(values | opened))
            else:
                connection.execute(update(t.incidents).where(*still_open).values(values))
            self._append(connection, draft)
            return True

    def close_incident(self, key: str, draft: Draft) -> bool:
        """Close it; False (and no record) where it is not open."""
        still_open = (t.incidents.c.key == key, t.incidents.c.closed.is_(None))
        if not self._database.read(select(t.incidents.c.id).where(*still_open)):
            return False
        with self._database.writing() as connection:
            closed = update(t.incidents).where(*still_open).values(closed=iso(self._clock.now()))
            if not connection.execute(closed).rowcount:
                return False
            self._append(connection, draft)
            return True

    def incidents(self, *, open_only: bool = True) -> list[Incident]:
        """Incidents, newest first."""
        column = t.incidents.c
        wanted = [column.closed.is_(None)] if open_only else []
        query = select(t.incidents).where(*wanted).order_by(column.opened.desc(), column.id.desc())
        return [t.incident_of(row) for row in self._database.read(query)]

    # Suspensions

    def suspend(self, suspension: Suspension, draft: Draft) -> None:
        """Suspend a model; a suspension that it has already gives way to this one."""
        values = {
            "model": suspension.model,
            "reason": suspension.reason,
            "actor": suspension.actor,
            "since": iso(suspension.since),
            "until": iso(suspension.until),
        }
        with self._database.writing() as connection:
            connection.execute(delete(t.suspensions).where(t.suspensions.c.model == suspension.model))
            connection.execute(insert(t.suspensions).values(values))
            self._append(connection, draft)

    def resume(self, model: str, draft: Draft) -> bool:
        """Lift a suspension; False (and no record) where there was none."""
        with self._database.writing() as connection:
            lifted = connection.execute(delete(t.suspensions).where(t.suspensions.c.model == model))
            if not lifted.rowcount:
                return False
            self._append(connection, draft)
            return True

    def suspensions(self) -> list[Suspension]:
        """Suspensions that were not lifted, expired ones included, by model."""
        return [
            t.suspension_of(row) for row in self._database.read(select(t.suspensions).order_by(t.suspensions.c.model))
        ]

    # Requests and facts

    def request(self, verb: str, argument: str, draft: Draft) -> int:
        """Ask the running loop for something; answers the request's number."""
        values = {"verb": verb, "argument": argument, "asked": iso(self._clock.now())}
        with self._database.writing() as connection:
            number = connection.execute(insert(t.requests).values(values).returning(t.requests.c.id)).scalar_one()
            self._append(connection, draft)
            return int(number)

    def requests(self, after: int) -> list[tuple[int, str, str]]:
        """Requests with a number > `after`, oldest first. Who handles them remembers how far, as a fact."""
        column = t.requests.c
        query = select(column.id, column.verb, column.argument).where(column.id > after).order_by(column.id)
        return [(row.id, row.verb, row.argument) for row in self._database.read(query)]

    def put_fact(self, key: str, value: str, draft: Draft | None = None) -> None:
        """Remember a small fact, with its record; nothing is written where it is known already and has none."""
        if draft is None and self.fact(key) == value:
            return
        with self._database.writing() as connection:
            connection.execute(delete(t.facts).where(t.facts.c.key == key))
            connection.execute(insert(t.facts).values(key=key, value=value))
            if draft is not None:
                self._append(connection, draft)

    def fact(self, key: str) -> str | None:
        """The fact, or None."""
        found = self._database.read(select(t.facts.c.value).where(t.facts.c.key == key))
        return str(found[0].value) if found else None

    def facts(self, prefix: str) -> dict[str, str]:
        """All facts whose key begins with `prefix`, by the rest of their key."""
        column = t.facts.c
        query = select(column.key, column.value).where(column.key.startswith(prefix, autoescape=True))
        return {row.key.removeprefix(prefix): row.value for row in self._database.read(query)}


def _matching(filters: Filters) -> list[ColumnElement[bool]]:
    """Conditions on the journal; `text` is looked for in the stored text, whatever its case."""
    column = t.journal.c
    kind, text = filters.get("kind"), filters.get("text")
    return [
        *([or_(column.kind == kind, column.kind.startswith(f"{kind}.", autoescape=True))] if kind else []),
        *(column[name] == value for name in ("model", "environment") if (value := filters.get(name))),
        *([column.text.icontains(text, autoescape=True)] if text else []),
    ]


def _live(environment: str, model: str) -> tuple[ColumnElement[bool], ...]:
    column = t.deployments.c
    return column.environment == environment, column.model == model, column.until.is_(None)


def _record(sequence: int, text: str) -> Record:
    try:
        return read_record(text)
    except IntegrityError as error:
        raise IntegrityError(error.what, where=f"journal record {sequence}", mend=error.mend) from error
