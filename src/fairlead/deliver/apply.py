"""Walking a model's steps: what can be done now is done, what must wait is waited for at the next look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from fairlead.deliver.targets.base import Target
from fairlead.domain.plan import Action, Step
from fairlead.domain.release import Release
from fairlead.domain.rollout import Traffic

__all__ = ["Files", "apply"]

Files = Callable[[Release], Path | None]
"""Gives the folder with a release's verified files, or None while they are still being fetched."""


def apply(
    steps: Iterable[Step],
    target: Target,
    releases: Mapping[str, Release],
    files: Files,
    done: Callable[[Step], None],
) -> bool:
    """Take the steps in order until one must wait; True when all were taken.

    `releases` holds, by digest, what may be started or switched to. `done` hears of each step after it was
    taken. Nothing of this is remembered: the next look makes a new list from what it finds.
    """
    fetched: dict[str, Path] = {}
    for step in steps:
        if not _take(step, target, releases, files, fetched):
            return False
        done(step)
    return True


def _take(step: Step, target: Target, releases: Mapping[str, Release], files: Files, fetched: dict[str, Path]) -> bool:
    """Take one step, or answer False where it must wait. What a fetch gave is kept for the start that follows it."""
    match step.action:
        case Action.STOP:
            target.stop(step.servers)
        case Action.WITHDRAW:
            target.withdraw(step.environment, step.model)
        case Action.SWITCH:
            if not target.ready(step.environment, releases[step.release], step.count):
                return False
            target.switch(step.environment, releases, step.traffic or Traffic(((step.release, 100),)))
        case Action.FETCH:
            folder = files(releases[step.release])
            if folder is None:
                return False
            fetched[step.release] = folder
        case Action.START:
            target.start(step.environment, releases[step.release], fetched[step.release], step.count)
    return True
