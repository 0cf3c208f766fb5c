"""The people and the repository that the tests of approvals begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.approvals.people import Person, Shared, make_person


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for keys that all tests share."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="session")
def alice(keys: Path) -> Person:
    """Writes the changes."""
    return make_person("alice", keys)


@pytest.fixture(scope="session")
def bob(keys: Path) -> Person:
    """Approves."""
    return make_person("bob", keys)


@pytest.fixture(scope="session")
def carol(keys: Path) -> Person:
    """Approves too."""
    return make_person("carol", keys)


@pytest.fixture(scope="session")
def mallory(keys: Path) -> Person:
    """Has a key that nobody believes."""
    return make_person("mallory", keys)


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    """An empty repository."""
    return Shared(tmp_path / "shared")
