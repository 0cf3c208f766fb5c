"""`fairlead rollout show`: where rollouts stand and what is measured, once or at every change."""

from __future__ import annotations

import shutil
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import click

from fairlead.domain.rollout import Phase
from fairlead.kernel.errors import UsageError
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Console

if TYPE_CHECKING:
    from fairlead.domain.outlook import Outlook
    from fairlead.flows.rollouts.asking import RolloutView
    from fairlead.flows.world import World

__all__ = ["show"]


@click.command(
    epilog=examples(
        "fairlead rollout show",
        "fairlead rollout show digits --environment prod --watch",
    )
)
@click.argument("model", default="")
@click.option("--environment", default="", metavar="NAME", help="Only this environment.")
@click.option("--watch", is_flag=True, help="Show it again at every change, until it ends; needs a MODEL.")
@world_options
@format_option
def show(where: Where, console: Console, model: str, environment: str, watch: bool) -> int:
    """Show where rollouts stand, and what is measured.

    Without a MODEL one row for each. With --watch the exit status is 0 where the rollout is completed, and 1 where it
    is not; in a pipe there is one line for each change. One that the newest commit is about to begin is waited for.
    """
    from fairlead.flows.names import require_names
    from fairlead.flows.rollouts.asking import rollout_views

    if watch and not model:
        raise UsageError("--watch follows one model", mend="fairlead rollout show MODEL --watch")
    with where.world() as world:
        require_names(world, models=[model] if model else [], environment=environment)
        if watch:
            return _watch(world, console, model, environment)
        views = rollout_views(world, model, environment)
        told = [(each, _outlook(world, each) if model else None) for each in views]
    _show(console, told, whole=bool(model))
    return 0


def _show(console: Console, told: list[tuple[RolloutView, Outlook | None]], *, whole: bool) -> None:
    from fairlead.show.outputs.rollout_form import rollout_form
    from fairlead.show.outputs.rollout_tables import rollout_list, rollout_view

    if console.as_json:
        console.show([rollout_form(*each) for each in told], lambda _: (), key="rollouts")
    elif whole:
        console.show(told, lambda views: (block for each in views for block in rollout_view(*each)))
    else:
        console.show([view for view, _ in told], rollout_list)


def _outlook(world: World, view: RolloutView) -> Outlook | None:
    """Told while it matters: how long the steps need."""
    from fairlead.flows.rollouts.outlook import outlook_of

    return outlook_of(world, view.rollout) if view.rollout.phase is Phase.STEPPING else None


def _watch(world: World, console: Console, model: str, environment: str) -> int:
    """To the end of the rollout; what follows it is another one."""
    from fairlead.flows.rollout_watching import watch_rollout

    draw = _Screen(console) if console.out.isatty() and not console.as_json else _Lines(console)
    outlook, phase = None, None
    for view in watch_rollout(world, model, environment, tell=console.note):
        phase = view.rollout.phase
        outlook = outlook or _outlook(world, view)
        draw(view, outlook)
    return 0 if phase is Phase.COMPLETED else 1


class _Screen:
    """A terminal: what was drawn last is drawn over."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._drawn = 0

    def __call__(self, view: RolloutView, outlook: Outlook | None) -> None:
        text = StringIO()
        _show(replace(self._console, out=text), [(view, outlook)], whole=True)
        rows = shutil.get_terminal_size().lines
        # What scrolled away cannot be drawn over; then the whole screen is begun anew.
        back = f"\x1b[{self._drawn}F\x1b[J" if self._drawn < rows else "\x1b[H\x1b[2J"
        self._console.out.write((back if self._drawn else "") + text.getvalue())
        self._console.out.flush()
        self._drawn = text.getvalue().count("\n")


class _Lines:
    """A pipe: one line for each change that a person would act on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = ""

    def __call__(self, view: RolloutView, outlook: Outlook | None) -> None:
        from fairlead.show.outputs.rollout_form import rollout_form
        from fairlead.show.outputs.rollout_tables import rollout_change, rollout_line

        change = rollout_change(view)
        if change != self._told:
            self._console.show_line(rollout_form(view, outlook), rollout_line(view))
            self._told = change
