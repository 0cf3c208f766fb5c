"""One guarded shop per test, copied from one that is built once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.gate.shop import Shop, build_template
from tests.e2e.spine.machine import Machine
from tests.scenario.cli.program import free_port


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop that all others are copies of."""
    return build_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def shop(template: Shop, tmp_path: Path) -> Shop:
    """A shop on its main branch, which passes."""
    return template.copy(tmp_path)


@pytest.fixture
def change(shop: Shop) -> Shop:
    """A shop on a branch for a change."""
    shop.branch()
    return shop


@pytest.fixture
def guarded(shop: Shop, tmp_path: Path) -> Iterator[tuple[Machine, Shop]]:
    """A machine whose workspace is the shop, on ports of its own."""
    bare = Machine.at(tmp_path / "machine")
    shutil.rmtree(bare.workspace)
    shop.edit("fairlead.yaml", ("port: 8801", f"port: {bare.port}"), ("port: 8802", f"port: {free_port()}"))
    shop.commit("Free ports")
    shutil.move(shop.folder, bare.workspace)
    yield bare, Shop(bare.workspace, shop.home, shop.keys)
    bare.end_all()
