"""Processes as /proc tells them: who is alive under which start time, and who holds a port."""

from __future__ import annotations

import os
import signal
from pathlib import Path

__all__ = ["alive", "end_session", "port_holder", "start_ticks"]

_LISTENING = "0A"


def _fields(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []  # gone; any other error must not pass for a death
    return text.rpartition(")")[2].split()


def start_ticks(pid: int) -> int:
    """Clock ticks from boot to the process's start: with the pid it names a process for ever; 0 for none."""
    fields = _fields(pid)
    return int(fields[19]) if fields else 0


def alive(pid: int, start: int) -> bool:
    """Whether that very process runs: the pid still has this start time, and it is not a zombie."""
    fields = _fields(pid)
    return bool(fields) and int(fields[19]) == start and fields[0] not in {"Z", "X"}


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - names only, ten times faster


def end_session(session: int, since: int) -> None:
    """Kill what is left of a session whose leader started at `since` ticks.

    A leader of another age means that the number was given out again, which the kernel does only when nobody of
    the old session is left.
    """
    leader = _fields(session)
    if leader and int(leader[19]) != since:
        return
    for pid in _pids():
        fields = _fields(pid)
        if fields and int(fields[3]) == session:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _socket_inode(port: int) -> str | None:
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[1].endswith(wanted) and columns[3] == _LISTENING:
                return columns[9]
    return None


def port_holder(port: int) -> str:
    """`name (pid N)` of the process that listens on the port, or '' where it cannot be seen."""
    inode = _socket_inode(port)
    if inode is None:
        return ""
    link = f"socket:[{inode}]"
    for pid in _pids():
        try:
            with os.scandir(f"/proc/{pid}/fd") as entries:
                found = any(str(Path(entry.path).readlink()) == link for entry in entries)
            if found:
                return f"{Path(f'/proc/{pid}/comm').read_text(encoding='utf-8').strip()} (pid {pid})"
        except OSError:
            continue
    return ""
