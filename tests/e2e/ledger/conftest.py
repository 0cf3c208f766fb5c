"""One workspace per test, copied from one that is begun once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.ledger.practitioner import Books


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The workspace that all others are copies of."""
    return Books.begin(tmp_path_factory.mktemp("template"))


@pytest.fixture
def books(template: Books, tmp_path: Path) -> Books:
    """A workspace without any bill."""
    shutil.copytree(template.folder.parent, tmp_path, dirs_exist_ok=True)
    return Books(tmp_path / "books")
