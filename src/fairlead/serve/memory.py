"""Memory of a server and of everything that it started, as /proc tells it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["peak_bytes"]


def peak_bytes(session: int) -> int:
    """The most memory (VmHWM, resident) of each living process of a session, summed; 0 where none is left.

    Pages that processes share count for each of them, so that the sum is at most too large.
    """
    return sum(_peak(int(name)) for name in os.listdir("/proc") if name.isdigit() and _is_of(int(name), session))  # noqa: PTH208 - names only


def _is_of(pid: int, session: int) -> bool:
    try:
        return os.getsid(pid) == session
    except (ProcessLookupError, PermissionError):
        return False


def _peak(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
