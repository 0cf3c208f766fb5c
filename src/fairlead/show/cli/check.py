"""`fairlead check`: all findings in a folder; what pre-commit and CI run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from fairlead.domain.finding import Verdict
from fairlead.domain.report import CheckReport
from fairlead.show.cli.options import Where, examples, format_option, nearest_workspace, workspace_option
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.findings import render_findings, summary

__all__ = ["check"]


@click.command(epilog=examples("fairlead check", "fairlead check ../models --format json"))
@click.argument("path", type=click.Path(exists=True, path_type=Path), required=False)
@workspace_option
@format_option
def check(where: Where, console: Console, path: Path | None) -> int:
    """Show all findings in a workspace.

    PATH is a folder: of a workspace, within one, or of any repository. It is read as it lies there, committed or not.
    """
    from fairlead.flows.check import check as find_all

    folder = where.folder() if path is None else nearest_workspace(path.resolve()) or path
    with console.progress() as progress:
        result = find_all(folder, progress=progress)

    def view(result: CheckReport) -> Iterator[Block]:
        yield render_findings(result.findings, colour=console.colour)

    console.show(result, view)
    models = "1 model" if result.models == 1 else f"{result.models} models"
    console.note(f"{summary(result.findings, result.verdict)} in {models}")
    return 0 if result.verdict is Verdict.PASS else 1
