"""A workspace with a real repository, a real state folder and a journal with heads in Git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.drivers.git import GitRepository
from fairlead.drivers.signing import SIGNING_KEY, KeyFile
from fairlead.drivers.state import SqlState, open_state
from fairlead.flows.audit import begin_chain, sign_head, verify
from fairlead.flows.audit_report import AuditReport
from fairlead.testing.state_contract import ANN, draft
from fairlead.testing.time import ManualClock

NOW = timedelta(0)


class Journal:
    """A control plane's memory, as its tests drive it."""

    def __init__(self, remote: Path, state: Path, mirror: Path, folder: str = "") -> None:
        self.remote, self.state = remote, state
        self.clock = ManualClock()
        self.repository = GitRepository(str(remote), mirror, "main", folder)
        self.store: SqlState = open_state(state, self.clock)
        self.signer = KeyFile(state / SIGNING_KEY)
        begin_chain(self.store, self.repository, self.signer, ANN)

    def decide(self, count: int = 1) -> None:
        """Decisions, a second after another."""
        for place in range(count):
            self.clock.advance(timedelta(seconds=1))
            self.store.append(draft("deployment.live", model="digits", environment="prod", place=place))

    def sign(self) -> None:
        """Sign now."""
        assert sign_head(self.store, self.repository, self.signer, self.clock, every=NOW)

    def audit(self) -> AuditReport:
        """Verify against the remote as it is."""
        self.repository.fetch()
        return verify(self.store, self.repository)

    def problems(self) -> list[tuple[str, str]]:
        """What the audit says: where, and which rule."""
        return [(finding.path, finding.rule) for finding in self.audit().findings]


def git(folder: Path, *arguments: str) -> str:
    """What git prints."""
    identity = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
    run = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return run.stdout.strip()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Eleven records; heads at record 6 and at record 11."""
    remote = tmp_path / "remote"
    remote.mkdir()
    git(remote, "init", "--quiet", "--initial-branch=main")
    git(remote, "commit", "--quiet", "--allow-empty", "--message=Begin")
    made = Journal(remote, tmp_path / "state", tmp_path / "mirror.git")
    for _ in range(2):
        made.decide(5)
        made.sign()
    yield made
    made.store.close()
