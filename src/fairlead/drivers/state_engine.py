"""How the state's database is connected to. All that differs between SQLite and PostgreSQL stands here.

SQLite is opened in write-ahead mode with `synchronous=FULL`. `NORMAL` would survive a kill -9 as well, but after a
power cut it may lose the newest commits, and a head of the journal that was already signed into Git would then name
a record that is gone: an honest machine would look like a forger. The disk is asked once per commit, which allows
some 3,000 of them per second; decisions are far rarer.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, Engine, create_engine, event

__all__ = ["SQLITE_FILE", "WRITES", "open_engine"]

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
