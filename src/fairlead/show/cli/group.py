"""A group of commands whose modules are imported only when they are run, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper
from typing import Any, cast

import click

__all__ = ["Entry", "LazyGroup"]

_INTERRUPTED = 130
_PIPE_CLOSED = 141


@dataclass(frozen=True, slots=True)
class Entry:
    """A command of the table: where it is (`module:attribute`), one line of help, and its section of the list."""

    target: str
    help: str
    section: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.target.partition(":")
        return cast("click.Command", getattr(import_module(module), attribute))


class LazyGroup(click.Group):
    """Commands by a table. Exit codes: 0 fine, 1 a negative answer, 2 wrong use or a broken world."""

    def __init__(self, *args: Any, table: Mapping[str, Entry], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and answer one command."""
        entry = self.table.get(cmd_name)
        return entry.load() if entry else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant; for an unknown one, suggest the nearest."""
        if args[0] not in self.table and not args[0].startswith("-"):
            raise click.NoSuchCommand(args[0], possibilities=list(self.table), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by section, from the table alone."""
        for section in dict.fromkeys(entry.section for entry in self.table.values()):
            with formatter.section(section):
                formatter.write_dl([(name, each.help) for name, each in self.table.items() if each.section == section])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what it answers is the exit code."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read us has enough. Nothing may complain when Python closes the stream at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = _PIPE_CLOSED
        ctx.exit(code or 0)

    def main(  # type: ignore[override]  # the overloads of click tell a program from a call; here both are one
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run as a program: no traceback for what a person can mend, and a fixed exit code for everything."""
        words = list(sys.argv[1:] if args is None else args)
        if not standalone_mode:
            return super().main(words, prog_name, standalone_mode=False, **extra)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                # A name in another script must not end a report on a terminal that cannot show it.
                stream.reconfigure(errors="backslashreplace")
        sys.exit(self._run(words, prog_name, **extra))

    def _run(self, words: list[str], prog_name: str | None, **extra: Any) -> int:
        try:
            return int(super().main(words, prog_name, standalone_mode=False, **extra) or 0)
        except click.Abort:
            return _INTERRUPTED
        except click.ClickException as error:
            return _wrong_use(error, words)
        except Exception as error:  # noqa: BLE001 - the last one: told with its traceback unless the world explains it
            return _broken_world(error, words)


def _wants_json(words: Sequence[str]) -> bool:
    """Whether JSON was asked for, also where the command line could not be parsed."""
    joined = " ".join(words)
    return "--format json" in joined or "--format=json" in joined


def _wrong_use(error: click.ClickException, words: Sequence[str]) -> int:
    if not _wants_json(words):
        error.show()
        return 2
    from fairlead.kernel.errors import UsageError

    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "fairlead"
    return _tell(UsageError(error.format_message(), mend=f"see `{path} --help`"), words)


def _broken_world(error: Exception, words: Sequence[str]) -> int:
    from fairlead.kernel.errors import BrokenWorldError, FairleadError

    if isinstance(error, FairleadError):
        return _tell(error, words)
    if isinstance(error, OSError) and error.strerror:
        return _tell(BrokenWorldError(error.strerror, where=str(error.filename or "")), words)
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("fairlead"):
        # Only the core is installed, and this command needs more.
        return _tell(BrokenWorldError(f"{error.name} is not installed", mend="pip install 'fairlead[local]'"), words)
    traceback.print_exception(error)
    mend = "this is a defect of fairlead: please report it with the lines above"
    return _tell(BrokenWorldError(f"{type(error).__name__}: {error}", mend=mend), words)


def _tell(error: Any, words: Sequence[str]) -> int:
    """Write an error of the kernel to stderr; answers its exit code."""
    from fairlead.show.outputs.console import wants_colour
    from fairlead.show.outputs.errors import render_error

    text = render_error(error, as_json=_wants_json(words), colour=wants_colour(sys.stderr))
    click.echo(text, err=True)
    return int(error.exit_code)
