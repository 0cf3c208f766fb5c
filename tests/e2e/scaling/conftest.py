"""One machine per test, with a model whose scaler is declared; ended by pid whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.scaling.scaled import Scaled


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Scaled]:
    """A machine with a workspace and no model."""
    made = Scaled.at(tmp_path)
    assert isinstance(made, Scaled)
    made.declare_workspace()
    yield made
    made.end_all()
