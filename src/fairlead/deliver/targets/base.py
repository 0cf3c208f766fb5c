"""What a target can do. Every verb is idempotent and answers quickly, or is safe to be called again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from fairlead.domain.plan import Key, Observed
from fairlead.domain.release import Release
from fairlead.domain.rollout import Traffic
from fairlead.domain.serving import Hold
from fairlead.domain.workspace import WorkspaceSpec

__all__ = ["Target"]


class Target(Protocol):
    """Where releases run. Errors are FairleadError; a target never guesses."""

    def observe(self) -> Sequence[Observed]:
        """Every model that has a server or a route here."""

    def start(self, environment: str, release: Release, files: Path, count: int) -> None:
        """Start `count` more servers of a release whose verified files lie in `files`."""

    def ready(self, environment: str, release: Release, count: int) -> bool:
        """Whether at least `count` servers of the release answer their readiness path."""

    def switch(self, environment: str, releases: Mapping[str, Release], traffic: Traffic) -> None:
        """Share the model's traffic so among the ready servers of these releases (by digest); returns when it is so."""

    def withdraw(self, environment: str, model: str) -> None:
        """Send no traffic to any release of the model; returns when it is so."""

    def stop(self, servers: Sequence[str]) -> None:
        """Take what traffic they get from these servers, then begin their graceful end."""

    def refresh(self, workspace: WorkspaceSpec | None, holds: Mapping[Key, Hold]) -> None:
        """Make routes follow the servers that are ready, and the frame what is declared (None: leave it as it is).

        Requests of models in `holds` wait where no server is ready.
        """

    def drain(self) -> None:
        """End all traffic and begin the graceful end of everything that runs here."""
