"""Options that many commands share: which workspace, which state, which form of answer; and the types of values."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from fairlead.flows.world import World
    from fairlead.settings import Settings

__all__ = [
    "DURATION",
    "MOMENT",
    "Where",
    "examples",
    "format_option",
    "nearest_workspace",
    "workspace_option",
    "world_options",
]

_MARK = "fairlead.yaml"

_Callback = TypeVar("_Callback", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Where:
    """Which control plane is meant: a folder of this machine, or a repository and its branch."""

    workspace: Path | None = None
    state: Path | None = None
    repo: str = ""
    branch: str = ""

    def folder(self) -> Path:
        """The workspace's folder: as given, else the nearest parent of the current folder with `fairlead.yaml`."""
        from fairlead.kernel.errors import UsageError

        if self.workspace is not None:
            if not (self.workspace / _MARK).is_file():
                mend = f"fairlead init {self.workspace}"
                raise UsageError(f"there is no {_MARK}", where=str(self.workspace), mend=mend)
            return self.workspace.resolve()
        here = Path.cwd()
        found = nearest_workspace(here)
        if found is not None:
            return found
        mend = "make a workspace with `fairlead init`, or name one with --workspace DIR or --repo"
        raise UsageError(f"there is no {_MARK} here or in any folder above", where=str(here), mend=mend)

    def settings(self, **more: Any) -> Settings:
        """Settings of the control plane that is meant."""
        from fairlead.bootstrap import settings_for

        folder = None if self.repo else self.folder()
        return settings_for(folder, repo=self.repo, branch=self.branch, state=self.state, **more)

    def world(self, **more: Any) -> AbstractContextManager[World]:
        """The control plane's world, opened; `more` are fields of Settings."""
        from fairlead.bootstrap import open_world

        return open_world(self.settings(**more))


def nearest_workspace(start: Path) -> Path | None:
    """The folder with `fairlead.yaml` that is `start` or nearest above it, or None."""
    return next((folder for folder in (start, *start.parents) if (folder / _MARK).is_file()), None)


def workspace_option(command: _Callback) -> _Callback:
    """`--workspace`, handed over as `where`."""
    return _WORKSPACE(_gathered(command, ("workspace",)))


def world_options(command: _Callback) -> _Callback:
    """`--workspace`, `--repo`, `--branch` and `--state`, handed over as one `where`."""
    wrapped = _gathered(command, ("workspace", "state", "repo", "branch"))
    for option in reversed(_WORLD):
        wrapped = option(wrapped)
    return wrapped


_WORKSPACE = click.option(
    "--workspace",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    metavar="DIR",
    help="Folder of the workspace. Default: the nearest parent with fairlead.yaml.",
)

_WORLD = (
    _WORKSPACE,
    click.option("--repo", default="", metavar="PATH_OR_URL", help="Git repository to follow, instead of a folder."),
    click.option(
        "--branch", default="", metavar="NAME", help="Branch to follow. Default: the one that is checked out."
    ),
    click.option(
        "--state",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder of the state. Default: under XDG_STATE_HOME, by repository, branch and folder.",
    ),
)


def _gathered(command: _Callback, names: tuple[str, ...]) -> _Callback:
    """`command`, with the options of these names packed into `where`."""

    @functools.wraps(command)
    def packed(*given: Any, **options: Any) -> Any:
        where = Where(**{name: options.pop(name) for name in names})
        return command(*given, where=where, **options)

    return packed  # type: ignore[return-value]  # the same callback, with its options packed


def format_option(command: _Callback) -> _Callback:
    """`--format`, handed over as a `console`."""

    @functools.wraps(command)
    def consoled(*given: Any, form: str, **options: Any) -> Any:
        from fairlead.show.outputs.console import console_for

        return command(*given, console=console_for(form), **options)

    choice = click.Choice(["table", "json"])
    option = click.option(
        "--format", "form", type=choice, default="table", show_default=True, help="Form of the answer."
    )
    return option(consoled)  # type: ignore[return-value]  # the same callback, with its console


def examples(*lines: str) -> str:
    """The end of a command's help: what a person would type."""
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from pydantic import TypeAdapter, ValidationError

        from fairlead.domain.quantity import Duration

        try:
            span: timedelta = TypeAdapter(Duration).validate_python(value)
        except ValidationError:
            self.fail(f"{value!r} is no duration: a whole number and a unit, as in 30s, 5m, 1h, 7d", param, ctx)
        return span


class _Moment(click.ParamType[datetime]):
    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from fairlead.kernel.windows import parse_iso

        if isinstance(value, datetime):
            return value
        try:
            return parse_iso(value)
        except ValueError:
            self.fail(f"{value!r} is no moment: write 2026-11-23 or 2026-11-23T12:00:00Z (UTC)", param, ctx)


DURATION = _Duration()
"""A span of time, as the declarations write it."""

MOMENT = _Moment()
"""A moment in RFC 3339, UTC where no zone is named."""
