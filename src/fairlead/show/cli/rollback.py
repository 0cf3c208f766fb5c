"""`fairlead rollback`: the revert commit that brings an earlier release back."""

from __future__ import annotations

from collections.abc import Iterator

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.text import safe

__all__ = ["rollback"]


@click.command(
    epilog=examples("fairlead rollback digits", 'fairlead rollback digits --to 4f2a9c1b7d3e --reason "too dear"')
)
@click.argument("model")
@click.option("--environment", default="", metavar="NAME", help="The environment whose release is taken back.")
@click.option("--to", default="", metavar="COMMIT", help="Commit of the release to return to. Default: the one before.")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the commit's message.")
@world_options
@format_option
def rollback(where: Where, console: Console, model: str, environment: str, to: str, reason: str) -> int:
    """Bring an earlier release back, by a commit."""
    from fairlead.flows.names import require_names
    from fairlead.flows.rollback import RollbackResult
    from fairlead.flows.rollback import rollback as revert

    with where.world() as world:
        require_names(world, models=[model], environment=environment)
        result = revert(world, model, environment=environment, to=to, reason=reason, actor=claimed_actor())

    def view(result: RollbackResult) -> Iterator[Block]:
        yield f"{safe(result.release)} comes back in place of {safe(result.restored_from)}: commit {result.commit[:12]}"

    console.show(result, view)
    if result.hint:
        console.note(f"next: {result.hint}")
    return 0
