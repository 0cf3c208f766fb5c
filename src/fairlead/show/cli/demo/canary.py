"""What both chapters about canaries share: how digits' releases replace one another from then on, and being there."""

from __future__ import annotations

from typing import Any

from fairlead.show.cli.demo.ground import wait_until
from fairlead.show.cli.demo.tour import Tour

__all__ = ["CANARY", "watch_canary"]

CANARY = """
release:
  strategy: canary
  steps: [{ weight: 50 }]
  longest: 3m
"""
"""The block of model.yaml: half of the calls meet the new release, until the verdict."""

_START = 60.0


def watch_canary(tour: Tour, commit: str, *, expect: int) -> Any:
    """Show the rollout that a commit begins to its end, then all of it; answers it. `expect` is the watch's exit code.

    The end is awaited in it: BrokenPromiseError where it ends otherwise.
    """
    with tour.tell.working("waiting for the rollout to begin"):
        wait_until(lambda: _newest(tour)["commit"] == commit, _START, "the start of the rollout")
    tour.shown("rollout", "show", "digits", "--watch", expect=expect, seen=_phases)
    tour.shown("rollout", "show", "digits")
    rollout = _newest(tour)
    tour.promise(rollout["commit"] == commit, f"{rollout['new']['name']} is the newest instead of {commit[:12]}")
    return rollout


def _newest(tour: Tour) -> Any:
    """The newest rollout of digits; one of no commit before the first. Asked of all models, who need none."""
    found = tour.ground.asked("rollout", "show")["rollouts"]
    return next((each for each in found if each["model"] == "digits"), {"commit": ""})


def _phases(lines: str) -> str:
    """The last line of each phase, which begins with day and time: before it only verdicts change."""
    newest = {line.partition(" (")[0].split(" ", 2)[-1]: line for line in lines.splitlines()}
    return "\n".join(newest.values())
