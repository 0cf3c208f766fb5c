"""Where log lines are in a state folder, and how each file's lines are read.

The files' forms are the contract with those who write them: JSON lines with `at`, `level` and `text` of the control
plane and of each server (whose labels stand beside its log), and the gateway's access lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fairlead.domain.access import AccessLine, parse_access_line
from fairlead.domain.logs import LogLine, LogQuery
from fairlead.drivers.logs import CONTROL_LOG
from fairlead.kernel.windows import parse_iso

__all__ = ["LogSource", "log_sources"]

_NUMBER = re.compile(r"\.(\d+)\.[a-z]+$")


@dataclass(frozen=True, slots=True)
class LogSource:
    """One log: its files, newest first; what all its lines have in common; and how one is read (None: it is none)."""

    files: tuple[Path, ...]
    labels: Mapping[str, str]
    read: Callable[[bytes], LogLine | None]
    tells_all: bool = False
    """Whether model, environment and release stand in each line itself, and not in the labels."""

    def may_match(self, query: LogQuery) -> bool:
        """False where the source's own labels rule every line out."""
        asked = {"source": query.source, "environment": query.environment, "model": query.model}
        return all(wanted in ("", self.labels.get(name, wanted)) for name, wanted in asked.items())


def log_sources(state: Path) -> list[LogSource]:
    """All logs in a state folder, now."""
    return [*_control(state), *_gateway(state), *_servers(state / "servers")]


def _control(state: Path) -> Iterator[LogSource]:
    files = _json_files(state / CONTROL_LOG)
    yield LogSource(files, {"source": "control"}, partial(_read_json, "control", {}))


def _gateway(state: Path) -> Iterator[LogSource]:
    """The gateway's rotated logs count upwards: the highest number is the newest."""
    folder = state / "gateway"
    older = sorted(folder.glob("access.*.log"), key=_number, reverse=True)
    yield LogSource((folder / "access.log", *older), {"source": "gateway"}, _read_access, tells_all=True)


def _servers(folder: Path) -> Iterator[LogSource]:
    for server in sorted(folder.iterdir()) if folder.is_dir() else []:
        if server.is_dir():
            labels = _labels(server)
            own = {"source": server.name, **{name: labels.get(name, "") for name in ("environment", "model")}}
            yield LogSource(_json_files(server), own, partial(_read_json, server.name, labels))


def _json_files(folder: Path) -> tuple[Path, ...]:
    """Files that are turned over by renaming: the lowest number is the newest."""
    return (folder / "log.jsonl", *sorted(folder.glob("log.*.jsonl"), key=_number))


def _number(path: Path) -> int:
    found = _NUMBER.search(path.name)
    return int(found[1]) if found else 0


def _labels(server: Path) -> Mapping[str, str]:
    """Labels of a server; none where its keeper has not written them yet, or is gone."""
    try:
        labels = json.loads((server / "server.json").read_text("utf-8"))["labels"]
        return {str(name): str(value) for name, value in labels.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _read_json(source: str, labels: Mapping[str, str], raw: bytes) -> LogLine | None:
    try:
        entry: dict[str, Any] = json.loads(raw)
        at, text = parse_iso(entry["at"]), str(entry["text"])
    except (ValueError, KeyError, TypeError):
        return None
    told = {name: str(entry.get(name) or labels.get(name, "")) for name in ("environment", "model", "release")}
    return LogLine(
        at=at,
        source=source,
        request=str(entry.get("request") or ""),
        level=str(entry.get("level") or "info"),
        text=text,
        **told,
    )


def _read_access(raw: bytes) -> LogLine | None:
    try:
        line = parse_access_line(raw)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return LogLine(
        at=line.end,
        source="gateway",
        environment=line.environment,
        model=line.model,
        release=line.release,
        request=line.request,
        level=_level(line),
        text=f"{line.method} {line.path} {line.code} in {line.duration_us // 1000} ms for {line.customer or 'unknown'}",
    )


def _level(line: AccessLine) -> str:
    if line.failed:
        return "error"
    return "warning" if line.code >= HTTPStatus.BAD_REQUEST else "info"
