"""`fairlead down`: the end of serving on this machine."""

from __future__ import annotations

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Console

__all__ = ["down"]


@click.command(epilog=examples("fairlead down"))
@world_options
@format_option
def down(where: Where, console: Console) -> int:
    """Stop everything that serves on this machine.

    A control plane that runs drains and ends as well. The state is kept: `fairlead up` serves again.
    """
    from fairlead.flows.down import down as stop_serving

    with where.world() as world:
        result = stop_serving(world, claimed_actor())
    servers = "1 server" if result.servers == 1 else f"{result.servers} servers"
    console.done(result, f"nothing serves any more: {servers} ended by the {result.by.removeprefix('this ')}")
    return 0
