"""`fairlead init`: a workspace that a beginner understands, in an empty folder or an existing repository.

It asks nothing, overwrites nothing and commits nothing; it says what it wrote and what to type next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from fairlead.declare.schema import SCHEMAS
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.git_program import GitProgram
from fairlead.flows.lock import lock
from fairlead.flows.schema import schema_text
from fairlead.flows.write import write_whole
from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.ports import Clock

__all__ = ["EXAMPLE", "InitResult", "init"]

EXAMPLE = "example"
"""The name of the example model."""

_STARTER: Mapping[str, str] = {
    "fairlead.yaml": "fairlead.yaml",
    "README.md": "README.md",
    ".gitignore": "gitignore",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
}
"""Where each file of the starter goes; those with a dot are kept without it, so that they do not act here."""

_MODEL = ("model.yaml", "model.onnx")


@dataclass(frozen=True, slots=True)
class InitResult:
    """Paths relative to `folder`: what was written, what was there and left alone; and the commands to type next."""

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    made_repository: bool
    next_commands: tuple[str, ...]


def init(folder: Path, clock: Clock | None = None) -> InitResult:
    """Write what is missing of a workspace. UsageError for a file, BrokenWorldError for a folder that is read-only."""
    if folder.exists() and not folder.is_dir():
        raise UsageError("this is not a folder", where=str(folder), mend="name a new or an existing folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BrokenWorldError(f"cannot make the folder: {error.strerror}", where=str(folder)) from error
    place = folder.resolve()
    made_repository = _make_repository(place)
    today = (clock or SystemClock()).now().date()
    wanted = dict(_contents(place, today))
    written = [path for path, content in wanted.items() if _write_new(place / path, content)]
    if f"models/{EXAMPLE}/{_MODEL[0]}" in written:
        written += [each.path for each in lock(place, [EXAMPLE]).locked if each.changed]
    kept = [path for path in wanted if path not in written]
    return InitResult(place, tuple(sorted(written)), tuple(sorted(kept)), made_repository, _next(folder))


def _make_repository(place: Path) -> bool:
    git = GitProgram(place)
    if git.run("rev-parse", "--is-inside-work-tree").output.strip() == "true":
        return False
    git.must("init", "--quiet", "--initial-branch=main", ".")
    return True


def _contents(place: Path, today: date) -> Iterator[tuple[str, bytes]]:
    starter = files("fairlead.flows") / "starter"
    values = {b"@NAME@": _workspace_name(place).encode(), b"@TODAY@": today.isoformat().encode()}
    for path, source in _STARTER.items():
        content = (starter / source).read_bytes()
        for mark, value in values.items():
            content = content.replace(mark, value)
        yield path, content
    for kind in SCHEMAS:
        yield f".fairlead/schemas/{kind}.json", schema_text(kind).encode()
    if not (place / "models").exists():
        for file in _MODEL:
            yield f"models/{EXAMPLE}/{file}", (starter / "models" / EXAMPLE / file).read_bytes()


def _workspace_name(place: Path) -> str:
    """The folder's name, made into a label of RFC 1123."""
    return re.sub(r"[^a-z0-9]+", "-", place.name.lower())[:63].strip("-") or "workspace"


def _write_new(path: Path, content: bytes) -> bool:
    return not (path.exists() or path.is_symlink()) and write_whole(path, content)


def _next(folder: Path) -> tuple[str, ...]:
    move = () if folder.resolve() == Path.cwd() else (f"cd {folder}",)
    return (*move, "fairlead check", "git add .", 'git commit -m "Start the workspace"', "fairlead up")
