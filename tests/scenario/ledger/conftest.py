"""What tests of the ledger may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pygit2
import pytest

from fairlead.bootstrap import open_world, settings_for
from fairlead.flows.world import World


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a workspace that declares nothing."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "fairlead.yaml").write_text("apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nname: acme\n")
    pygit2.init_repository(folder, initial_head="main")
    return folder


@pytest.fixture
def books(acme: Path) -> Iterator[World]:
    """That workspace's world, with an empty ledger."""
    with open_world(settings_for(acme)) as opened:
        yield opened
