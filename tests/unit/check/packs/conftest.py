"""The engines that the packs are asked through, started once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from fairlead.check.engines.base import Engine, engine_for


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Fairlead's embedded engine."""
    opened = engine_for("regorus")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def opa() -> str:
    """A real `opa`."""
    found = shutil.which("opa")
    if found is None:
        pytest.skip("needs opa on the PATH: https://www.openpolicyagent.org/docs/#1-download-opa")
    return found
