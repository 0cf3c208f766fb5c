"""`fairlead rollout show --watch`: a rollout at every change, until it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from fairlead.flows.rollout_coming import await_rollout
from fairlead.flows.rollouts.asking import RolloutView, rollout_views
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError

__all__ = ["watch_rollout"]

_EVERY = timedelta(milliseconds=500)


def watch_rollout(
    world: World, model: str, environment: str = "", *, tell: Callable[[str], None]
) -> Iterator[RolloutView]:
    """The rollout of a model now, then whenever anything of it is another; the last one has a final phase.

    The one that is under way is meant, else the one that the newest commit is about to begin (`tell` is given what is
    waited for), else the newest; ConflictError where several are under way, NotFoundError where there is none.
    """
    await_rollout(world, model, environment, tell)
    chosen = _chosen(rollout_views(world, model, environment), model)
    place, identity, shown = chosen.rollout.environment, chosen.rollout.id, None
    while True:
        view = rollout_views(world, model, place)[0]
        if view.rollout.id != identity:
            return  # a newer one has taken its place, and the end of this one is in the journal
        if view != shown:
            yield view
            shown = view
        if view.rollout.phase.final:
            return
        world.clock.sleep(_EVERY)


def _chosen(views: tuple[RolloutView, ...], model: str) -> RolloutView:
    running = [each for each in views if not each.rollout.phase.final]
    if len(running) > 1:
        places = ", ".join(each.rollout.environment for each in running)
        raise ConflictError(f"{model} has rollouts in {places}", mend="name one with --environment")
    return running[0] if running else max(views, key=lambda each: each.rollout.started)
