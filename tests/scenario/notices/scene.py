"""A workspace with channels, its journal, and a notifier whose time the test owns; receivers are real servers."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from fairlead.domain.journal import Draft
from fairlead.flows.incidents import CONTROL, close_incident, open_incident
from fairlead.flows.notices.sending import Notifier
from tests.scenario.loop.scene import Scene

__all__ = ["Told"]


class Told:
    """`scene` is the workspace; `notifier` tells what its journal says."""

    def __init__(self, folder: Path, channels: dict[str, dict[str, Any]], **more: object) -> None:
        """Channels by name; `more` is the rest of `notifications`."""
        self.scene = Scene(folder)
        self.declare(channels, **more)
        self.scene.commit("Tell people")
        self.scene.world.repository.fetch()
        self.notifier = Notifier(self.scene.world)
        self.notifier.begin()

    def declare(self, channels: dict[str, dict[str, Any]], **more: object) -> None:
        """Write `notifications` into fairlead.yaml."""
        path = self.scene.repo / "fairlead.yaml"
        text = path.read_text().partition("notifications:")[0]
        given = {"channels": [{"name": name, **way} for name, way in channels.items()], **more}
        path.write_text(text + yaml.safe_dump({"notifications": given}))

    def follow(self, subject: str = "Change something") -> None:
        """Commit, and bring it into the mirror."""
        self.scene.commit(subject)
        self.scene.world.repository.fetch()

    def happen(self, kind: str = "unhealthy", model: str = "digits", message: str = "it died") -> None:
        """An incident opens."""
        open_incident(self.scene.world, kind, message, "look", environment="prod", model=model, commit="a" * 40)

    def end(self, kind: str = "unhealthy", model: str = "digits") -> None:
        """It closes."""
        close_incident(self.scene.world, kind, environment="prod", model=model)

    def append(self, kind: str, **body: object) -> None:
        """Another record about digits."""
        self.scene.state.append(Draft(kind, CONTROL, "prod", "digits", "d" * 64, "a" * 40, body))

    def restart(self) -> None:
        """The process is killed, and another one begins."""
        self.notifier = Notifier(self.scene.world)
        self.notifier.begin()

    def beat(self, seconds: float = 1, times: int = 1) -> None:
        """So many beats, each so much later; what is on its way may arrive in between."""
        for _ in range(times):
            self.scene.clock.advance(timedelta(seconds=seconds))
            self.notifier.beat()
            for _ in range(400):
                if all(future.done() for _, future in self.notifier._flying.values()):  # noqa: SLF001 - real threads
                    break
                time.sleep(0.005)

    def journal(self, kind: str) -> list[dict[str, Any]]:
        """Bodies of the records of a kind."""
        return [dict(each.draft.body) for each in self.scene.state.records(kind=kind, limit=10_000)]
