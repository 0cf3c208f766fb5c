"""What a keeper writes beside its server, read back: who it is, its CPU readings, how it ended, its log."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fairlead.domain.serving import CpuReading
from fairlead.kernel.windows import iso, parse_iso

__all__ = [
    "LOG_FILES",
    "ExitRecord",
    "KeptServer",
    "LogEntry",
    "end_silence",
    "last_lines",
    "log_entries",
    "note_silence",
    "read_cpu",
    "read_exit",
    "read_server",
    "write_json",
]

LOG_FILES = 4
"""Files of a server's log, the newest included."""


@dataclass(frozen=True, slots=True)
class KeptServer:
    """`server.json`: a server and its keeper, each by pid and start time (clock ticks since boot)."""

    id: str
    labels: Mapping[str, str]
    port: int
    pid: int
    pid_start: int
    keeper: int
    keeper_start: int
    started: datetime
    readiness_path: str
    startup_timeout: float


@dataclass(frozen=True, slots=True)
class ExitRecord:
    """How a server ended; `code` is negative for a signal."""

    code: int
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a server's output."""

    at: datetime
    level: str
    text: str


def write_json(path: Path, value: object) -> None:
    """Replace the file at once; several processes may do so."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(json.dumps(value), encoding="utf-8")
    fresh.replace(path)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return dict(json.loads(text))


def read_server(folder: Path) -> KeptServer | None:
    """The server of a folder, or None where its keeper has not (yet) said that it started."""
    raw = _read(folder / "server.json")
    if raw is None:
        return None
    whole = {name: int(raw[name]) for name in ("port", "pid", "pid_start", "keeper", "keeper_start")}
    return KeptServer(
        id=raw["id"],
        labels=raw["labels"],
        started=parse_iso(raw["started"]),
        readiness_path=raw["readiness_path"],
        startup_timeout=float(raw["startup_timeout"]),
        **whole,
    )


def read_exit(folder: Path) -> ExitRecord | None:
    """The exit record, or None where there is none."""
    raw = _read(folder / "exit.json")
    return ExitRecord(int(raw["code"]), parse_iso(raw["at"]), str(raw.get("cause", ""))) if raw else None


def note_silence(folder: Path, now: datetime, patience: timedelta) -> datetime:
    """Note that a server did not answer; since when it has not. What was noted longer ago than `patience` is over.

    Whoever looks writes into the same file. Where the disk is full, nothing is noted, and the silence begins now.
    """
    path = folder / "silent.json"
    noted = _read(path)
    lasts = noted is not None and now - parse_iso(noted["at"]) <= patience
    since = parse_iso(noted["since"]) if noted is not None and lasts else now
    with suppress(OSError):
        write_json(path, {"since": iso(since), "at": iso(now)})
    return since


def end_silence(folder: Path) -> None:
    """The server answered."""
    (folder / "silent.json").unlink(missing_ok=True)


def _reading(server: str, raw: Mapping[str, Any], *, final: bool = False) -> CpuReading:
    return CpuReading(server, parse_iso(raw["at"]), int(raw["cpu_us"]) + int(raw["keeper_us"]), final)


def read_cpu(folder: Path, server: str, since: datetime | None = None) -> list[CpuReading]:
    """Readings at metering boundaries and the newest one, in order of time; the keeper's own CPU time is in them.

    With `since`, those from the last one before that moment on: a server that runs for months has many.
    """
    readings: list[CpuReading] = []
    boundaries = folder / "boundaries.jsonl"
    if boundaries.exists():
        for line in reversed(boundaries.read_text(encoding="utf-8").split("\n")[:-1]):
            readings.insert(0, _reading(server, json.loads(line)))
            if since is not None and readings[0].at < since:
                break
    final = _read(folder / "exit.json")
    newest = final or _read(folder / "reading.json")
    if newest is not None:
        readings.append(_reading(server, newest, final=final is not None))
    return readings


def _log_files(folder: Path) -> list[Path]:
    older = [folder / f"log.{number}.jsonl" for number in range(LOG_FILES - 1, 0, -1)]
    return [path for path in (*older, folder / "log.jsonl") if path.exists()]


def log_entries(folder: Path) -> Iterator[LogEntry]:
    """All kept lines of a server's output, oldest first."""
    for path in _log_files(folder):
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    raw = json.loads(line)
                    yield LogEntry(parse_iso(raw["at"]), raw["level"], raw["text"])


def last_lines(folder: Path, count: int = 5, tail_bytes: int = 16384) -> list[str]:
    """Texts of the last lines of a server's output, without reading the whole of it."""
    path = folder / "log.jsonl"
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - tail_bytes))
        lines = file.read().split(b"\n")[:-1]
    whole = [line for line in lines if line.startswith(b'{"at"')]
    return [str(json.loads(line)["text"]) for line in whole[-count:]]
