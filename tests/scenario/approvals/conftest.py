"""The people and the repository that the tests of approvals begin with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenario.approvals.gated import Gated, begin_gated
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


@pytest.fixture(scope="session")
def olga(keys: Path) -> Person:
    """Owns the policies."""
    return make_person("olga", keys)


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace as `fairlead init` makes it, with its lock."""
    folder = tmp_path_factory.mktemp("starter")
    for words in (["init", "."], ["lock"]):
        command = [sys.executable, "-m", "fairlead", *words]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def gated(tmp_path: Path, starter: Path, bob: Person, carol: Person, olga: Person) -> Gated:
    """A workspace whose gate has everything on."""
    return begin_gated(tmp_path / "shop", starter, bob.signer() + carol.signer() + olga.signer())
