"""A process that tells people until it is killed: `python -m tests.scenario.notices.killed_notifier REPO STATE`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from fairlead.bootstrap import open_world
from fairlead.flows.notices.sending import Notifier
from fairlead.settings import Settings


def main(repository: str, state: Path) -> None:
    """As the control plane does it, but faster."""
    with open_world(Settings(repository, "main", "", state)) as world:
        world.repository.fetch()
        notifier = Notifier(world)
        notifier.begin()
        (state / "begun").touch()
        while True:
            notifier.beat()
            time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
