"""`fairlead init`: a workspace in a folder. It asks nothing and writes over nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from fairlead.flows.init import InitResult
from fairlead.show.cli.options import examples, format_option
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.text import safe

__all__ = ["init", "init_view"]


@click.command(epilog=examples("fairlead init", "fairlead init models"))
@click.argument("folder", type=click.Path(path_type=Path), default=".", metavar="[DIR]")
@format_option
def init(console: Console, folder: Path) -> int:
    """Make a workspace in a folder.

    DIR may be empty, new, or a Git repository. Nothing is asked, overwritten or committed.
    """
    from fairlead.flows.init import init as make_workspace

    console.show(make_workspace(folder), init_view)
    return 0


def init_view(result: InitResult) -> Iterator[Block]:
    """What was written, what was left alone, and what to type next."""
    lines = [f"  {safe(path)}" for path in result.written] or ["  nothing: all of it is there"]
    made = " (a new Git repository)" if result.made_repository else ""
    yield "\n".join([f"Written in {safe(str(result.folder))}{made}:", *lines])
    if result.kept:
        yield "\n".join(["Left as they were:", *(f"  {safe(path)}" for path in result.kept)])
    yield "\n".join(["Next:", *(f"  {safe(command)}" for command in result.next_commands)])
