"""`fairlead down`: the end of serving on this machine, by the control plane where one runs, else by this command."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import DURATION, Where, examples, format_option, world_options
from fairlead.show.outputs.console import Console

if TYPE_CHECKING:
    from fairlead.flows.world import World

__all__ = ["down"]

_GLANCE = timedelta(milliseconds=200)


@click.command(epilog=examples("fairlead down"))
@click.option("--timeout", type=DURATION, default="2m", show_default=True, help="Longest time to wait for its end.")
@world_options
@format_option
def down(where: Where, console: Console, timeout: timedelta) -> int:
    """Stop everything that serves on this machine."""
    from fairlead.drivers.holder import hold, holder_of
    from fairlead.flows.serving_end import ask_to_end
    from fairlead.loop.controller import Controller

    with where.world() as world:
        if holder_of(world.settings.state):
            ask_to_end(world, claimed_actor())
            _wait_for_end(world, timeout)
        else:
            with hold(world.settings.state, world.clock):
                Controller(world).drain(claimed_actor())
    console.done({"serving": False}, "nothing serves any more; the state is kept, and `fairlead up` serves again")
    return 0


def _wait_for_end(world: World, timeout: timedelta) -> None:
    """Wait until the running control plane has drained and let go."""
    from fairlead.drivers.holder import holder_of
    from fairlead.kernel.errors import BrokenWorldError

    until = world.clock.now() + timeout
    while holder := holder_of(world.settings.state):
        if world.clock.now() > until:
            raise BrokenWorldError("the control plane has not ended in time", where=str(holder), mend="look at its log")
        world.clock.sleep(_GLANCE)
