"""Turns the access log over. The meter reads all files and deletes those that it has committed past."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from fairlead.serve.gateway.listeners import ACCESS_LOG

__all__ = ["rotate"]

_ROTATED = re.compile(r"access\.(\d+)\.log")


def rotate(folder: Path, reopen: Callable[[], None] | None) -> Path | None:
    """Rename the current log to the next `access.<n>.log`, then have it opened anew; None where it is empty.

    A rename keeps the inode, so what Envoy writes before it has opened the new file is still in the old one. Killed
    between the two steps, Envoy goes on in the renamed file, and the next rotation opens the new one.
    """
    current = folder / ACCESS_LOG
    numbers = [int(match[1]) for path in folder.iterdir() if (match := _ROTATED.fullmatch(path.name))]
    aside = folder / f"access.{max(numbers, default=0) + 1}.log"
    moved = current.exists() and current.stat().st_size > 0
    if moved:
        current.rename(aside)
    if reopen is not None and (moved or not current.exists()):
        reopen()
    return aside if moved else None
