"""`fairlead suspend` and `fairlead resume`: a person stops following Git for a model, with a reason and an end."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import DURATION, MOMENT, Where, examples, format_option, world_options
from fairlead.show.outputs.console import Console
from fairlead.show.outputs.figures import moment_text

__all__ = ["resume", "suspend"]


@click.command(epilog=examples('fairlead suspend digits --reason "load test until tonight" --for 8h'))
@click.argument("model")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the journal.")
@click.option("--for", "span", type=DURATION, default="1h", show_default=True, help="How long.")
@click.option("--until", type=MOMENT, metavar="MOMENT", help="Its end, instead of --for.")
@world_options
@format_option
def suspend(where: Where, console: Console, model: str, reason: str, span: timedelta, until: datetime | None) -> int:
    """Stop following Git for a model, for a time."""
    from fairlead.flows.names import require_names
    from fairlead.flows.suspend import suspend as hold_back

    with where.world() as world:
        require_names(world, models=[model])
        end = until or world.clock.now() + span
        made = hold_back(world, model, reason=reason, until=end, actor=claimed_actor())
    console.done(
        made, f"{model} does not follow Git until {moment_text(made.until)}; `fairlead resume {model}` ends it"
    )
    return 0


@click.command(epilog=examples("fairlead resume digits"))
@click.argument("model")
@world_options
@format_option
def resume(where: Where, console: Console, model: str) -> int:
    """Follow Git again for a model."""
    from fairlead.flows.suspend import resume as follow_again

    with where.world() as world:
        lifted = follow_again(world, model, claimed_actor())
    text = f"{model} follows Git again" if lifted else f"{model} was not suspended"
    console.done({"model": model, "lifted": lifted}, text)
    return 0
