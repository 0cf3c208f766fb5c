"""How the state's database is opened and brought up to date. All that differs between databases stands here.

SQLite is opened in write-ahead mode with `synchronous=FULL`. `NORMAL` would survive a kill -9 as well, but after a
power cut it may lose the newest commits, and a head of the journal that was already signed into Git would then name
a record that is gone: an honest machine would look like a forger. The disk is asked once per commit, which allows
some 3,000 of them per second; decisions are far rarer.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

from fairlead.kernel.errors import BrokenWorldError

__all__ = ["NEWEST", "SQLITE_FILE", "WRITES", "open_engine", "upgrade"]

NEWEST = "0001"
"""The newest migration. Known here, so that an opening which finds it needs no Alembic; a test compares."""

SQLITE_FILE = "state.db"

WRITES = "fairlead_writes"
"""Execution option of connections whose transaction takes the write lock when it begins."""

_BUSY_SECONDS = 30
_LOCK_KEY = 7_142_506_117


def open_engine(address: str) -> Engine:
    """An engine for `sqlite:///PATH` or `postgresql...`, in which a writing transaction is alone from its start on."""
    if not address.startswith("sqlite"):
        engine = create_engine(address, pool_pre_ping=True)
        event.listen(engine, "begin", _lock_postgres)
        return engine
    engine = create_engine(address, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def upgrade(engine: Engine, where: str) -> None:
    """Run the migrations that are missing, all in one transaction; nothing but one query where none is.

    BrokenWorldError where the file is no database, or a newer fairlead wrote it.
    """
    try:
        with engine.connect() as connection:
            if _version(connection) == NEWEST:
                return
        with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            _migrate(connection, where)
    except DatabaseError as error:
        raise BrokenWorldError(
            f"the state cannot be opened: {error.orig}",
            where=where,
            mend="restore a backup, or move the folder away: fairlead up rebuilds it from Git",
        ) from error


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _migrate(connection: Connection, where: str) -> None:
    from alembic import command
    from alembic.config import Config

    found = _version(connection)
    if found == NEWEST:
        return  # another process was faster
    if found > NEWEST:
        raise BrokenWorldError(
            f"the state has version {found}, and this fairlead knows up to {NEWEST}",
            where=where,
            mend="use the newer fairlead that wrote it",
        )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, NEWEST)


def _prepare_sqlite(dbapi: sqlite3.Connection, _entry: object) -> None:
    dbapi.isolation_level = None  # transactions begin where SQLAlchemy says so, in _begin_sqlite
    dbapi.text_factory = _lossless
    dbapi.execute("PRAGMA journal_mode=WAL")
    dbapi.execute("PRAGMA synchronous=FULL")


def _lossless(raw: bytes) -> str:
    """Altered bytes that are no UTF-8 any more must reach the verification instead of failing the query."""
    return raw.decode("utf-8", "surrogateescape")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _lock_postgres(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
