"""A workshop for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.trial.workshop import Workshop, trained


@pytest.fixture
def empty(tmp_path: Path) -> Workshop:
    """A workspace without a model's files."""
    workshop = Workshop(tmp_path / "acme", tmp_path / "state")
    workshop.folder.mkdir(parents=True)
    return workshop


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workshop, dict[str, str]]:
    """The trained model, made once."""
    root = tmp_path_factory.mktemp("trained")
    workshop = Workshop(root / "acme", root / "state")
    workshop.folder.mkdir(parents=True)
    return workshop, trained(workshop)
