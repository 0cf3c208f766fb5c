"""`fairlead rollout pause`, `resume`, `promote` and `abort`: what a person says to a rollout, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Console
from fairlead.show.outputs.text import safe

if TYPE_CHECKING:
    from fairlead.flows.rollout_commands import Spoken

__all__ = ["abort", "pause", "promote", "resume"]

_PAST = {"pause": "paused: ", "resume": "resumed: ", "promote": "", "abort": ""}
"""What stands before the message that the journal keeps; that of the other two says it itself."""


def _command(verb: str, *told: str, reason: bool = True) -> click.Command:
    """The command that says `verb` to a rollout; `told` is its help."""
    example = f'fairlead rollout {verb} digits --reason "{_REASONS[verb]}"'

    @click.command(verb, help="\n\n".join(told), epilog=examples(example))
    @click.argument("model")
    @click.option("--environment", default="", metavar="NAME", help="Where, if it is under way in more than one.")
    @click.option("--reason", required=reason, default="", metavar="TEXT", help="Why; it stands in the journal.")
    @world_options
    @format_option
    def say(where: Where, console: Console, model: str, environment: str, reason: str) -> int:
        from fairlead.flows.names import require_names
        from fairlead.flows.rollout_commands import speak

        with where.world() as world:
            require_names(world, models=[model], environment=environment)
            spoken = speak(world, verb, model, environment=environment, reason=reason, actor=claimed_actor())
        console.done(spoken, _told(spoken))
        return 0 if spoken.outcome == "done" else 1

    return say


def _told(spoken: Spoken) -> str:
    place = f"{safe(spoken.model)} in {safe(spoken.environment)}"
    if spoken.outcome == "done":
        return f"{place} is {spoken.phase}; {_PAST[spoken.command]}{safe(spoken.message)}"
    if spoken.outcome == "refused":
        return f"{place}: refused: {safe(spoken.message)}"
    return f"{place}: {spoken.command} is asked for; {safe(spoken.message)}"


_REASONS = {
    "pause": "we look at the slow answers first",
    "resume": "looked at",
    "promote": "fixes an outage",
    "abort": "wrong labels",
}

pause = _command(
    "pause",
    "Let a rollout stay where it is.",
    "It can still end, by a verdict against it and by Git; its time towards `longest` stands.",
)
resume = _command("resume", "Let a paused rollout go on.", reason=False)
promote = _command(
    "promote",
    "Give the new release all traffic now.",
    "This overrules what the rollout waits for: verdict, pause, window, cap, checks. It is counted.",
)
abort = _command(
    "abort",
    "Give all traffic back to the old release.",
    "The new one is refused here until Git says something else, and its change is reverted in Git. It is counted.",
)
