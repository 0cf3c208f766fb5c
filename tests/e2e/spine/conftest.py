"""One machine per test, whose processes are ended by pid whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.spine.machine import Machine


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Machine]:
    """A machine with an empty repository."""
    made = Machine.at(tmp_path)
    yield made
    made.end_all()


@pytest.fixture
def machine(bare: Machine) -> Machine:
    """A machine with a workspace of one model, committed."""
    bare.declare_workspace()
    bare.declare_onnx()
    bare.commit("Begin")
    return bare
