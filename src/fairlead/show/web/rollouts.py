"""Rollouts as the pages show them: stages, what is waited for, measures with pictures, and what people may say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from fairlead.domain.analysis import MetricFinding, MetricName, MetricVerdict
from fairlead.domain.journal import Record
from fairlead.domain.rollout import Phase, Rollout
from fairlead.flows.journal import search
from fairlead.flows.rollouts.asking import RolloutView, rollout_views
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.show.outputs.measures import difference_text, margin_text, value_text
from fairlead.show.outputs.rollout_form import stop_share
from fairlead.show.web.numbers import span
from fairlead.show.web.sequences import SequencePicture, sequence_picture
from fairlead.show.web.tones import Tone, tone_of

__all__ = ["Measure", "RolloutPanel", "Stage", "panel_of", "rollout_panels", "rollout_tone"]

_WHOLE = 100
_LATELY = timedelta(days=1)

_OF_REQUESTS = {*get_args(MetricName)} - {"cost-per-inference"}
"""Measures that each request adds to; of the others there is a reading now and then."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A station on the way; `state` is `done`, `now`, `next` or `stopped`, `weight` the new release's share."""

    name: str
    weight: int
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric's row. Texts are None where nothing is known; `stop` is the evidence for a stop, in whole per cent.

    `counted` is what the counts are of, where they are not of requests.
    """

    found: MetricFinding
    new: str | None
    old: str | None
    difference: str | None
    margin: str
    stop: int
    counted: str
    picture: SequencePicture | None


@dataclass(frozen=True, slots=True)
class RolloutPanel:
    """A rollout as a page shows it. `verbs` are what may be said to it now; `reverts` its records, newest first.

    `unfolded`: a person should see all of it at once, while it moves, while its release is refused, and for a day after
    it was aborted.
    """

    view: RolloutView
    tone: Tone
    unfolded: bool
    stages: tuple[Stage, ...]
    waits: tuple[str, ...]
    measures: tuple[Measure, ...]
    verbs: tuple[str, ...]
    reverts: tuple[Record, ...]

    @property
    def rollout(self) -> Rollout:
        """The rollout itself."""
        return self.view.rollout

    @property
    def moving(self) -> bool:
        """Whether it may change by itself."""
        return not self.rollout.phase.final

    @property
    def place(self) -> str:
        """`step 2 of 3` while it steps, else ''."""
        rollout = self.rollout
        return f"step {rollout.step + 1} of {len(rollout.strategy.weights)}" if rollout.phase is Phase.STEPPING else ""


def rollout_panels(world: World, model: str, environments: list[str]) -> list[RolloutPanel]:
    """The newest rollouts of a model in the environments, in their order."""
    try:
        views = {each.rollout.environment: each for each in rollout_views(world, model)}
    except NotFoundError:
        return []
    now = world.clock.now()
    return [panel_of(world, views[each], now) for each in environments if each in views]


def panel_of(world: World, view: RolloutView, now: datetime) -> RolloutPanel:
    """All that a page shows of one."""
    rollout = view.rollout
    metrics = view.finding.metrics if view.finding is not None else ()
    return RolloutPanel(
        view=view,
        tone=rollout_tone(view) or tone_of(rollout.phase),
        unfolded=not rollout.phase.final or _refused(view) or _aborted_lately(rollout, now),
        stages=tuple(_stages(view)),
        waits=tuple(_waits(view, now)),
        measures=tuple(_measure(each, view) for each in metrics),
        verbs=tuple(_verbs(rollout)),
        reverts=_reverts(world, rollout) if rollout.phase is Phase.ABORTED else (),
    )


def rollout_tone(view: RolloutView) -> Tone | None:
    """How a rollout stands, in two words: `rolling 25 %`, `rolled back`; None where it is over."""
    rollout = view.rollout
    weight = dict(view.shares).get(rollout.new.name, 0)
    if _refused(view):
        return Tone("bad", "back", "rolled back")
    if rollout.phase.final:
        return None
    if rollout.pause is not None:
        return Tone("warn", "clock", f"paused at {weight} %")
    shadow = rollout.strategy.strategy == "shadow"
    rolling = f"shadowing {rollout.strategy.share} %" if shadow else f"rolling {weight} %"
    words = {Phase.STEPPING: rolling, Phase.RETAINING: "rolled out, old one kept"}
    icon = "live" if rollout.phase in words else "clock"
    return Tone("note", icon, words.get(rollout.phase, rollout.phase.value))


def _refused(view: RolloutView) -> bool:
    return view.refused is not None and view.refused.digest == view.rollout.new.digest


def _aborted_lately(rollout: Rollout, now: datetime) -> bool:
    return rollout.phase is Phase.ABORTED and now - rollout.since < _LATELY


def _stages(view: RolloutView) -> Iterator[Stage]:
    """Servers, checks where there are any, each step, and all traffic."""
    rollout, strategy = view.rollout, view.rollout.strategy
    checked = (strategy.smoke or strategy.load is not None) and not rollout.returns
    steps = () if rollout.returns else strategy.weights
    shadow = strategy.strategy == "shadow"
    drafts = [("servers", 0, "")]
    drafts += [("checks", 0, "")] if checked else []
    for step in steps:
        name = f"{step.weight} % copied" if shadow else f"{step.weight} %"
        note = "judged" if step.analysis else f"for {span(step.pause)}"
        drafts.append((name, 0 if shadow else step.weight, note))
    drafts.append(("all traffic", _WHOLE, ""))
    reached = _reached(view, checked=checked)
    stopped = rollout.phase in {Phase.ABORTED, Phase.SUPERSEDED}
    for index, (name, weight, note) in enumerate(drafts):
        at = "stopped" if stopped else "now"
        done = index < reached or rollout.phase is Phase.COMPLETED
        yield Stage(name, weight, "done" if done else at if index == reached else "next", note)


def _reached(view: RolloutView, *, checked: bool) -> int:
    """The stage at which it stands or ended; the phase that an end overwrote is told by who has met the release."""
    rollout = view.rollout
    steps = 0 if rollout.returns else len(rollout.strategy.weights)
    begun = 2 if checked else 1
    if rollout.phase is Phase.PREPARING or (rollout.phase.final and not view.points and not rollout.exposure.requests):
        return 0
    if rollout.phase is Phase.CHECKING:
        return 1
    return begun + steps if rollout.phase in {Phase.RETAINING, Phase.COMPLETED} else begun + rollout.step


def _waits(view: RolloutView, now: datetime) -> Iterator[str]:
    """Why it stands where it stands; nothing of one that has ended."""
    rollout = view.rollout
    if rollout.phase.final:
        return
    if rollout.waiting:
        yield rollout.waiting
    since = now - rollout.since
    match rollout.phase:
        case Phase.PREPARING:
            yield (
                "its servers are ready, the next look goes on"
                if rollout.ready
                else "its servers start; where cost is judged, they are watched at rest before anybody asks them"
            )
        case Phase.CHECKING:
            yield "smoke and load checks run against the new servers"
        case Phase.RETAINING:
            yield f"the old servers are kept for {span(max(rollout.strategy.retention - since, timedelta()))} more"
        case _:
            yield from _step_waits(view, since, now)


def _step_waits(view: RolloutView, since: timedelta, now: datetime) -> Iterator[str]:
    rollout, finding = view.rollout, view.finding
    step = rollout.strategy.weights[rollout.step]
    if since < step.pause:
        yield f"this step lasts {span(step.pause - since)} more at least"
    if step.analysis and (finding is None or finding.verdict is not MetricVerdict.NOT_WORSE):
        metrics = finding.metrics if finding is not None else ()
        open_ones = [each.metric for each in metrics if each.verdict is MetricVerdict.INSUFFICIENT]
        yield f"no verdict yet on {', '.join(open_ones)}" if open_ones else "no verdict yet"
        left = rollout.strategy.longest - rollout.spent(now)
        yield f"without one it is aborted in {span(left)}" if left > timedelta() else "its time is over"


def _measure(found: MetricFinding, view: RolloutView) -> Measure:
    return Measure(
        found=found,
        new=value_text(found, found.new_value),
        old=value_text(found, found.old_value),
        difference=difference_text(found),
        margin=margin_text(found),
        counted="" if found.metric in _OF_REQUESTS else " readings",
        stop=min(_WHOLE, int(stop_share(found) * _WHOLE)),
        picture=sequence_picture(found, view.points),
    )


def _verbs(rollout: Rollout) -> Iterator[str]:
    """What the machine would take now."""
    if rollout.phase.final:
        return
    if rollout.pause is not None:
        yield "resume"
    elif rollout.phase is not Phase.RETAINING:
        yield "pause"
    if rollout.ready and rollout.phase is not Phase.RETAINING:
        yield "promote"
    yield "abort"


def _reverts(world: World, rollout: Rollout) -> tuple[Record, ...]:
    """What the journal says of the revert of the release since this rollout began."""
    found = search(world, kind="revert", model=rollout.model, environment=rollout.environment).records
    return tuple(each for each in found if each.draft.release == rollout.new.digest and each.at >= rollout.started)
