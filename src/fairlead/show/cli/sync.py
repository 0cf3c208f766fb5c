"""`fairlead sync` and `fairlead confirm`: what a person asks of the running control plane."""

from __future__ import annotations

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Console

__all__ = ["confirm", "sync"]


@click.command(epilog=examples("fairlead sync", "fairlead sync digits"))
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@world_options
@format_option
def sync(where: Where, console: Console, models: tuple[str, ...]) -> int:
    """Ask for a synchronisation now.

    Without a MODEL all are meant. It also releases what an environment with `sync: manual` holds back.
    """
    from fairlead.flows.names import require_names
    from fairlead.flows.sync import request_sync

    with where.world() as world:
        require_names(world, models=models)
        request_sync(world, models, claimed_actor())
    asked = ", ".join(models) or "all models"
    console.done({"requested": models}, f"asked for: {asked}; see `fairlead status --wait`")
    return 0


@click.command(epilog=examples("fairlead confirm 4f2a9c1b7d3e"))
@click.argument("commit")
@world_options
@format_option
def confirm(where: Where, console: Console, commit: str) -> int:
    """Let a commit remove more than half of the models."""
    from fairlead.flows.sync import confirm as confirm_removal

    with where.world() as world:
        confirm_removal(world, commit, claimed_actor())
    console.done({"confirmed": commit}, f"confirmed: {commit}; see `fairlead status --wait`")
    return 0
