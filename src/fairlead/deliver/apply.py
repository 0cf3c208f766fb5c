"""Walking a model's steps: what can be done now is done, what must wait is waited for at the next look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from fairlead.deliver.targets.base import Target
from fairlead.domain.plan import Action, Step
from fairlead.domain.release import Release

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
    for step in steps:
        if not _take(step, target, releases, files):
            return False
        done(step)
    return True


def _take(step: Step, target: Target, releases: Mapping[str, Release], files: Files) -> bool:
    if step.action is Action.STOP:
        target.stop(step.servers)
        return True
    if step.action is Action.WITHDRAW:
        target.withdraw(step.environment, step.model)
        return True
    release = releases[step.release]
    if step.action is Action.SWITCH:
        if not target.ready(step.environment, release, step.count):
            return False
        target.switch(step.environment, release)
        return True
    folder = files(release)
    if folder is None:
        return False
    if step.action is Action.START:
        target.start(step.environment, release, folder, step.count)
    return True
