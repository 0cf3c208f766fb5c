"""`fairlead lock`: the models' pointers, pinned to files with digests."""

from __future__ import annotations

from collections.abc import Iterator

import click

from fairlead.domain.finding import Verdict
from fairlead.flows.lock import LockResult
from fairlead.show.cli.options import Where, examples, format_option, workspace_option
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import bytes_text, count_text
from fairlead.show.outputs.findings import render_findings, summary
from fairlead.show.outputs.table import Column, Table

__all__ = ["lock", "lock_view"]

_COLUMNS = (
    Column("model"),
    Column("lock", priority=3),
    Column("revision", priority=2),
    Column("files", right=True, priority=1),
    Column("size", right=True, priority=1),
    Column("written"),
)


@click.command(epilog=examples("fairlead lock", "fairlead lock digits"))
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@workspace_option
@format_option
def lock(where: Where, console: Console, models: tuple[str, ...]) -> int:
    """Pin every file of the models' artifacts.

    Writes models/MODEL/model.lock, for the named models or for all. Commit it: delivery reads nothing else.
    """
    from fairlead.flows.lock import lock as pin

    with console.progress() as progress:
        result = pin(where.folder(), models, progress=progress)
    console.show(result, lambda shown: lock_view(shown, colour=console.colour))
    if result.findings:
        console.note(summary(result.findings, result.verdict))
    return 0 if result.verdict is Verdict.PASS else 1


def lock_view(result: LockResult, *, colour: bool) -> Iterator[Block]:
    """What was locked, and what could not be."""
    rows = [
        [
            each.model,
            each.path,
            each.lock.revision.removeprefix("sha256:")[:12],
            count_text(len(each.lock.files)),
            bytes_text(each.lock.size),
            "yes" if each.changed else "no change",
        ]
        for each in result.locked
    ]
    if rows or not result.findings:
        yield Table(_COLUMNS, rows, empty="No model is declared. Add models/NAME/model.yaml, or run `fairlead init`.")
    yield render_findings(result.findings, colour=colour)
