"""The state's database, opened: its migrations, its readings, its writing transactions, its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from fairlead.drivers.state_engine import WRITES, open_engine
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["NEWEST", "Database", "open_database"]

NEWEST = "0001"
"""The newest migration. Known here, so that an opening which finds it needs no Alembic; a test compares."""


class Database:
    """An engine of `open_engine`, with what every query has in common."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def where(self) -> str:
        """The file, or the database's name."""
        return str(self._engine.url.database)

    def close(self) -> None:
        """Release the connections."""
        self._engine.dispose()

    def read(self, query: Select[Any]) -> list[Any]:
        """Rows of a query, in a transaction of its own."""
        with self.reading() as connection:
            return list(connection.execute(query))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that takes no lock."""
        with self._told(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start, and is committed whole or not at all."""
        with (
            self._told(),
            self._engine.connect() as connection,
            connection.execution_options(**{WRITES: True}).begin(),
        ):
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words what the disk or the database refused; a wrong query stays what it is."""
        try:
            yield
        except DatabaseError as error:
            if type(error) not in (OperationalError, DatabaseError):
                raise
            raise BrokenWorldError(
                f"the state cannot be read or written: {error.orig}",
                where=self.where,
                mend="look at the disk's free space and at who holds the file; then run fairlead audit verify",
            ) from error


def open_database(address: str) -> Database:
    """The database at `address`, with every migration run; only one query where none is missing.

    BrokenWorldError where the file is no database, or a newer fairlead wrote it.
    """
    database = Database(open_engine(address))
    with database.reading() as connection:
        found = _version(connection)
    if found != NEWEST:
        with database.writing() as connection:
            _migrate(connection, database.where)
    return database


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _migrate(connection: Connection, where: str) -> None:
    from alembic import command
    from alembic.config import Config

    found = _version(connection)
    if found > NEWEST:
        raise BrokenWorldError(
            f"the state has version {found}, and this fairlead knows up to {NEWEST}",
            where=where,
            mend="use the newer fairlead that wrote it",
        )
    if found < NEWEST:  # else another process was faster
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        config.attributes["connection"] = connection
        command.upgrade(config, NEWEST)
