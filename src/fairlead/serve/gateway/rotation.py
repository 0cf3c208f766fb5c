"""Turns the gateway's logs over. The meter deletes what it has read of the access log; old lines of copies just go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

__all__ = ["keep_newest", "set_aside"]


def set_aside(current: Path, reopen: Callable[[], None] | None) -> Path | None:
    """Rename a log to its next `<name>.<n>.log`, then have it opened anew; None where it is empty.

    A rename keeps the inode, so what Envoy writes before it has opened the new file is still in the old one. Killed
    between the two steps, Envoy goes on in the renamed file, and the next rotation opens the new one.
    """
    older = _aside(current)
    number = int(older[-1].name.split(".")[-2]) if older else 0
    target = current.with_name(f"{current.stem}.{number + 1}.log")
    moved = current.exists() and current.stat().st_size > 0
    if moved:
        current.rename(target)
    if reopen is not None and (moved or not current.exists()):
        reopen()
    return target if moved else None


def keep_newest(current: Path, count: int) -> None:
    """Delete all that was set aside but the newest `count`."""
    older = _aside(current)
    for path in older[: len(older) - count]:
        path.unlink()


def _aside(current: Path) -> list[Path]:
    """`<name>.<n>.log` beside `<name>.log`, smallest n first."""
    numbered = [(path.name.removeprefix(f"{current.stem}.")[:-4], path) for path in current.parent.iterdir()]
    found = [(int(n), path) for n, path in numbered if n.isdecimal() and path.name == f"{current.stem}.{n}.log"]
    return [path for _, path in sorted(found)]
