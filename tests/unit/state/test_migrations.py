"""The schema is what its migrations make, and an opening that finds it does nothing else."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from fairlead.drivers import migrations, state_tables
from fairlead.drivers.migrations.versions import v0001_first_state
from fairlead.drivers.state import open_state
from fairlead.drivers.state_database import NEWEST, open_database
from fairlead.kernel.errors import BrokenWorldError
from fairlead.testing.time import ManualClock


def test_migrations_make_the_tables(tmp_path: Path) -> None:
    """Nothing is in the one that is not in the other."""
    open_state(tmp_path, ManualClock()).close()
    with create_engine(f"sqlite:///{tmp_path / 'state.db'}").connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, state_tables.metadata) == []
        assert context.get_current_revision() == NEWEST


def test_the_newest_migration_is_known() -> None:
    """The number that the fast opening compares with is the last one there is."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST]


def test_the_schema_compiles_for_postgresql() -> None:
    """No type and no index is SQLite's alone."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in state_tables.metadata.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(index.name) in str(CreateIndex(index).compile(dialect=dialect))


def test_postgresql_refuses_a_second_live_deployment_too() -> None:
    """The conditions of unique indexes reach PostgreSQL, although the tables do not name them."""
    written = StringIO()
    options = {"as_sql": True, "output_buffer": written}
    with Operations.context(MigrationContext.configure(dialect_name="postgresql", opts=options)):
        v0001_first_state.upgrade()
    text = written.getvalue()
    assert "UNIQUE INDEX one_live_deployment ON deployments (environment, model) WHERE until IS NULL" in text
    assert "UNIQUE INDEX one_open_incident ON incidents (key) WHERE closed IS NULL" in text


def test_opening_again_needs_no_alembic(tmp_path: Path) -> None:
    """Commands open the state of a running control plane; they must not pay for migrations that are done."""
    open_state(tmp_path, ManualClock()).close()
    code = (
        "import sys; from pathlib import Path; from fairlead.drivers.state import open_state; "
        "from fairlead.drivers.clock import SystemClock; "
        "open_state(Path(sys.argv[1]), SystemClock()).newest(1); "
        "print({'alembic', 'sqlalchemy.dialects.postgresql'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code, tmp_path], check=True, capture_output=True, text=True)
    assert run.stdout == "set()\n"


def test_a_newer_state_is_refused(tmp_path: Path) -> None:
    """An older program does not touch what a newer one wrote."""
    open_state(tmp_path, ManualClock()).close()
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num='9999'")
    database.close()
    with pytest.raises(BrokenWorldError, match="version 9999"):
        open_state(tmp_path, ManualClock())


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """With what to do about it, and not with the database's own words alone."""
    (tmp_path / "state.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(BrokenWorldError, match="cannot be read or written"):
        open_state(tmp_path, ManualClock())
