"""Every engine keeps the same promises."""

from __future__ import annotations

import pytest

from fairlead.check.engines.base import Engine, Limits, engine_for
from fairlead.testing.engine_asking import LIMITS
from fairlead.testing.engine_contract import EngineContract


class TestRegorus(EngineContract):
    """The embedded engine."""

    def open_engine(self, limits: Limits) -> Engine:
        """What `auto` means."""
        return engine_for("auto", limits=limits)


@pytest.mark.opa
class TestOpa(EngineContract):
    """A real opa."""

    @pytest.fixture(autouse=True)
    def _path(self, opa: str) -> None:
        self.path = opa
        self.engine = self.open_engine(LIMITS)

    def setup_method(self) -> None:
        """The engine is opened when it is known where opa is."""

    def open_engine(self, limits: Limits) -> Engine:
        """At that path."""
        return engine_for("opa", self.path, limits)
