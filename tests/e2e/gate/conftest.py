"""One guarded shop per test, copied from one that is built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.gate.shop import Shop, build_template


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
