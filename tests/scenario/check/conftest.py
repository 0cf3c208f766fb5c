"""A person with an empty repository for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.check.hooked import Person


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty home and an empty repository."""
    made = Person(tmp_path / "checkout", tmp_path / "home")
    made.folder.mkdir()
    made.home.mkdir()
    made.git("init", "--quiet", "--initial-branch", "main")
    return made
