"""Alembic's entry: runs the steps on the connection and in the transaction that the opening of the state holds."""

from __future__ import annotations

from alembic import context

from fairlead.drivers.state_tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
