"""`fairlead verify`: every locked byte, read again."""

from __future__ import annotations

from collections.abc import Iterator

import click

from fairlead.domain.finding import Verdict
from fairlead.flows.verify import VerifiedFile, VerifyResult
from fairlead.show.cli.options import Where, examples, format_option, workspace_option
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import bytes_text
from fairlead.show.outputs.findings import render_findings, summary
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["verify", "verify_view"]

_COLUMNS = (
    Column("model"),
    Column("file"),
    Column("size", right=True, priority=1),
    Column("sha256", priority=2),
    Column("read from", priority=3),
    Column("bytes"),
)

_WHOLE = {True: Cell("as locked", "good"), False: Cell("differ", "bad"), None: Cell("not known", "warn")}


@click.command(epilog=examples("fairlead verify", "fairlead verify digits"))
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@workspace_option
@format_option
def verify(where: Where, console: Console, models: tuple[str, ...]) -> int:
    """Check artifacts' bytes against their locks."""
    from fairlead.drivers.folder import FolderTree
    from fairlead.flows.verify import verify as read_again

    with console.progress() as progress:
        result = read_again(FolderTree(where.folder()), models, progress=progress)
    console.show(result, lambda shown: verify_view(shown, colour=console.colour))
    console.note(summary(result.findings, result.verdict))
    return 0 if result.verdict is Verdict.PASS else 1


def verify_view(result: VerifyResult, *, colour: bool) -> Iterator[Block]:
    """Every file, and what is wrong."""
    empty = "No model has a lock. Pin the artifacts with `fairlead lock`."
    yield Table(_COLUMNS, [_row(each) for each in result.files], empty=empty)
    yield render_findings(result.findings, colour=colour)


def _row(file: VerifiedFile) -> list[Cell | str | None]:
    return [file.model, file.path, bytes_text(file.size), file.sha256[:12], file.place, _WHOLE[file.whole]]
