"""The embedded engine, once for all tests of policies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fairlead.check.engines.base import Engine, engine_for


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine that needs nothing installed."""
    opened = engine_for("regorus")
    yield opened
    opened.close()
