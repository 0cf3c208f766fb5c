"""`fairlead logs`: lines of control plane, gateway and servers, by model, release and request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from fairlead.domain.logs import LogLine
from fairlead.show.cli.options import MOMENT, Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.log_lines import render_log_line

if TYPE_CHECKING:
    from fairlead.domain.logs import LogQuery
    from fairlead.flows.world import World

__all__ = ["logs", "logs_view"]


@click.command(epilog=examples("fairlead logs digits --follow", "fairlead logs --request 5f0c6f7e --format json"))
@click.argument("model", default="")
@click.option("--environment", default="", metavar="NAME", help="Only this environment.")
@click.option(
    "--release", default="", metavar="RELEASE", help="Only this release: the beginning of its name or digest."
)
@click.option("--request", default="", metavar="ID", help="Only this request.")
@click.option("--source", default="", metavar="NAME", help="Only these lines: gateway, control, or a server's id.")
@click.option("--since", type=MOMENT, metavar="MOMENT", help="Only lines from this moment on.")
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True, help="The newest so many lines.")
@click.option("--follow", is_flag=True, help="Go on with every new line, until Ctrl-C.")
@world_options
@format_option
def logs(where: Where, console: Console, follow: bool, **wanted: Any) -> int:
    """Show the log lines of a model, or of all."""
    from fairlead.domain.logs import LogQuery
    from fairlead.flows.logs import search_logs
    from fairlead.flows.names import require_names

    query = LogQuery(**wanted)
    with where.world() as world:
        require_names(world, models=[query.model], environment=query.environment)
        if follow:
            _follow(world, query, console)
            return 0
        found = search_logs(world.settings.state, world.state, query)
    console.show(found, lambda lines: logs_view(lines, colour=console.colour), key="lines")
    if not found:
        console.note("no line matches; what is not running yet writes none: see `fairlead status`")
    return 0


def logs_view(lines: Iterable[LogLine], *, colour: bool) -> Iterator[Block]:
    """One line after the other."""
    yield "\n".join(render_log_line(line, colour=colour) for line in lines)


def _follow(world: World, query: LogQuery, console: Console) -> None:
    from fairlead.flows.logs import follow_logs

    for line in follow_logs(world.settings.state, world.state, query, world.clock):
        console.show_line(line, render_log_line(line, colour=console.colour))
