"""A process that meters until it is killed: `python -m tests.scenario.meter.killed_meter FOLDER MINUTES`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.scenario.meter.machine import Machine
from tests.unit.meter.access_lines import at


def main(folder: Path, minutes: int) -> None:
    """Catch up with all windows in one tick, from what is committed; leave a mark at the end."""
    machine = Machine(folder)
    machine.moment = at(60 * minutes + 3)
    machine.meter().tick()
    (folder / "done").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
