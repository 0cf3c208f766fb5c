"""`fairlead rollout`: where a model's rollouts stand, what people say to them, and how long they need."""

from __future__ import annotations

from collections.abc import Mapping

import click

from fairlead.show.cli.group import Entry, LazyGroup

__all__ = ["rollout"]

_SEE = "See"
_ACT = "Act"
_PREPARE = "Prepare"

_HERE = "fairlead.show.cli.rollout"

_COMMANDS: Mapping[str, Entry] = {
    "show": Entry(f"{_HERE}.show:show", "Show where rollouts stand, and what is measured.", _SEE),
    "pause": Entry(f"{_HERE}.speak:pause", "Let a rollout stay where it is.", _ACT),
    "resume": Entry(f"{_HERE}.speak:resume", "Let a paused rollout go on.", _ACT),
    "promote": Entry(f"{_HERE}.speak:promote", "Give the new release all traffic now.", _ACT),
    "abort": Entry(f"{_HERE}.speak:abort", "Give all traffic back to the old release.", _ACT),
    "power": Entry(f"{_HERE}.power:power", "Say how long a canary needs to a verdict.", _PREPARE),
}
"""A command stands here once it is real."""


@click.command(cls=LazyGroup, table=_COMMANDS)
def rollout() -> None:
    """See rollouts, speak to them, and plan them."""
