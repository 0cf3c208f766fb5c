"""Every state store keeps the same promises."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fairlead.drivers.state import open_state
from fairlead.ports import StateStore
from fairlead.testing.state import MemoryState
from fairlead.testing.state_contract import StateContract
from fairlead.testing.time import ManualClock


class TestMemoryState(StateContract):
    """The double that tests use."""

    def open_store(self, clock: ManualClock) -> StateStore:
        """In memory."""
        return MemoryState(clock)


class TestSqliteState(StateContract):
    """What one machine uses."""

    def open_store(self, clock: ManualClock) -> StateStore:
        """In a file."""
        self.folder = TemporaryDirectory()
        return open_state(Path(self.folder.name), clock)

    def teardown_method(self) -> None:
        """The folder goes with the store."""
        super().teardown_method()
        self.folder.cleanup()
