"""`fairlead anomalies`: of files and series, and what the control plane's own watch of cost has found."""

from __future__ import annotations

from collections.abc import Mapping

import click

from fairlead.show.cli.group import Entry, LazyGroup

__all__ = ["anomalies"]

_JUDGE = "judge"
_EVENTS = "events"
_HERE = "fairlead.show.cli.foresight"

_COMMANDS: Mapping[str, Entry] = {
    _JUDGE: Entry(f"{_HERE}.anomalies:judge", "Judge files or series; `judge` itself may be left out.", "Any series"),
    _EVENTS: Entry(f"{_HERE}.events:events", "Show what costs more, since when, and with which commit.", "Cost"),
    "ack": Entry(f"{_HERE}.events:ack", "Say that an event is right.", "Cost"),
    "mute": Entry(f"{_HERE}.events:mute", "Silence an event and what is alike, for a time.", "Cost"),
    "expected": Entry(f"{_HERE}.events:expected", "Say that an event was known before.", "Cost"),
}


class _Judging(LazyGroup):
    """A first word that is no command is what is to be judged; without any, the cost events are shown."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in front that was left out."""
        if not args:
            args = [_EVENTS]
        elif args[0] not in self.table and args[0] not in self.get_help_option_names(ctx):
            args = [_JUDGE, *args]
        return super().parse_args(ctx, args)


@click.command(cls=_Judging, table=_COMMANDS)
def anomalies() -> None:
    """Show what series did that they should not have done.

    Give FILE|SERIES..., or nothing for the cost events that the control plane found.
    """
