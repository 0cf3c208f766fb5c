"""Rollouts as people read them: where they stand, what each measure says, and how long a verdict takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from fairlead.domain.analysis import AnalysisFinding, MetricFinding, MetricVerdict
from fairlead.domain.outlook import Outlook
from fairlead.domain.rollout import Phase, Rollout
from fairlead.flows.rollouts.asking import RolloutView
from fairlead.show.outputs.console import Block
from fairlead.show.outputs.figures import count_text, moment_text
from fairlead.show.outputs.measures import difference_text, margin_text, value_text
from fairlead.show.outputs.rollout_form import stop_share
from fairlead.show.outputs.table import Cell, Column, Table
from fairlead.show.outputs.text import safe

__all__ = ["minutes_text", "outlook_text", "rollout_change", "rollout_line", "rollout_list", "rollout_view"]

_VERDICT_TONES = {MetricVerdict.WORSE: "bad", MetricVerdict.NOT_WORSE: "good", MetricVerdict.INSUFFICIENT: "warn"}
_PHASE_TONES = {Phase.COMPLETED: "good", Phase.ABORTED: "bad", Phase.SUPERSEDED: "dim"}

_LIST = (
    Column("model"),
    Column("environment", priority=2),
    Column("new", priority=3),
    Column("old", priority=5),
    Column("phase"),
    Column("step", right=True, priority=4),
    Column("traffic", right=True, priority=1),
    Column("since", priority=6),
    Column("verdict"),
)

_METRICS = (
    Column("metric"),
    Column("new", right=True, priority=4),
    Column("old", right=True, priority=5),
    Column("difference", right=True, priority=1),
    Column("margin", right=True, priority=3),
    Column("verdict"),
    Column("to a stop", right=True, priority=2),
)

_BAR = 5
_TEN = 10
_DAY = 1440
_UNITS = ((1 / 60, "s", 2), (1, "min", 120), (60, "h", 2 * _DAY))
"""Size in minutes, name, and below how many minutes it is used."""


def rollout_list(views: Sequence[RolloutView]) -> Iterator[Block]:
    """One row for each model and environment."""
    yield Table(
        _LIST,
        [_list_row(each) for each in views],
        empty="No model has had a rollout. Declare one: `release.strategy` in model.yaml, see docs/rollouts.md",
    )


def rollout_view(view: RolloutView, outlook: Outlook | None = None) -> Iterator[Block]:
    """One rollout: where it stands, its measures, why they do not tell yet, and what became of it."""
    rollout = view.rollout
    yield "\n".join(_head(view, outlook))
    if view.finding is not None:
        yield Table(_METRICS, [_metric_row(each) for each in view.finding.metrics])
        yield "\n".join(_lacking(view.finding))
    if rollout.phase.final:
        yield "\n".join(_end(view))


def rollout_change(view: RolloutView) -> str:
    """What a person would act on, in a line: it differs where the rollout has moved, and not at every look."""
    rollout = view.rollout
    place = f"{safe(rollout.environment)}/{safe(rollout.model)} {safe(rollout.new.name)}:"
    measures = [] if view.finding is None else [f"{each.metric} {each.verdict}" for each in view.finding.metrics]
    told = rollout.reason if rollout.phase.final else rollout.waiting or view.resting
    more = [f"({safe(each)})" for each in (", ".join(measures), told) if each]
    return " ".join([place, f"{_standing(rollout)},", _new_share(view), *more])


def rollout_line(view: RolloutView) -> str:
    """The same with its moment, for a pipe."""
    seen = max(each for each in (view.rollout.since, view.looked) if each is not None)
    return f"{moment_text(seen)} {rollout_change(view)}"


def outlook_text(found: Outlook) -> str:
    """The sentence that is told before the start, and below it what it rests on."""
    subject = f"{safe(found.model)} in {safe(found.environment)}: this {found.strategy} needs"
    longest = minutes_text(found.longest / timedelta(minutes=1))
    typical, late = minutes_text(found.pass_minutes), minutes_text(found.pass_minutes_p90)
    if typical is None:
        needs = "longer than can be told at your traffic"
    else:
        needs = f"{typical} at your traffic until a good release passes, one of ten longer than {late or 'can be told'}"
    known = "assumed" if found.assumed else "measured"
    traffic = f"{_rate(found.rate)} requests per minute, {found.weight} % of them to the new release"
    errors = f"error rate {found.baseline * 100:.3g} % ({known}), margin {found.margin * 100:.3g} points"
    return f"{subject} {needs}; without a verdict it is aborted after {longest}\n  {traffic}; {errors}"


def minutes_text(minutes: float | None) -> str | None:
    """`40 s`, `24 min`, `19 h`, `3.5 d`: as exact as such a figure is."""
    if minutes is None:
        return None
    for size, unit, below in _UNITS:
        if minutes < below:
            return f"{_two_digits(minutes / size)} {unit}"
    return f"{_two_digits(minutes / _DAY)} d"


def _rate(rate: float) -> str:
    return f"{rate:,.{0 if rate >= _TEN else 2}f}"


def _two_digits(number: float) -> str:
    return f"{number:.{0 if number >= _TEN else 1}f}".removesuffix(".0")


def _head(view: RolloutView, outlook: Outlook | None) -> Iterator[str]:
    rollout, met = view.rollout, view.rollout.exposure
    arms = f"{safe(rollout.new.name)} after {safe(rollout.old.name)}"
    yield f"{safe(rollout.model)} in {safe(rollout.environment)}: {arms} ({rollout.strategy.strategy})"
    yield f"  {_standing(rollout)} since {moment_text(rollout.since)}, begun {moment_text(rollout.started)}"
    shares = ", ".join(f"{weight} % {safe(name)}" for name, weight in view.shares)
    yield f"  traffic: {shares}"
    yield f"  met the new release: {count_text(met.requests)} requests, {count_text(met.customers)} customers"
    if view.finding is not None:
        yield f"  verdict: {_verdict(view)}, judged {moment_text(view.finding.at)} by analysis {safe(rollout.analysis)}"
    if not rollout.phase.final:
        yield f"  waits: {safe(rollout.waiting or view.resting or _awaited(view))}"
    if rollout.overrides:
        yield f"  overruled by people: {rollout.overrides}"
    if outlook is not None and rollout.phase is Phase.STEPPING:
        yield "\n".join(f"  {line}" for line in outlook_text(outlook).splitlines())


def _awaited(view: RolloutView) -> str:
    """What its phase waits for by itself."""
    rollout = view.rollout
    if rollout.phase is Phase.PREPARING:
        return "until its servers answer"
    if rollout.phase is Phase.CHECKING:
        return "for its smoke and load checks"
    if rollout.phase is Phase.RETAINING:
        return f"until {moment_text(rollout.since + rollout.strategy.retention)}, then the old servers stop"
    step = rollout.strategy.weights[rollout.step]
    ends = rollout.since + step.pause
    parts = ["for the verdict"] if step.analysis and _verdict(view) != MetricVerdict.NOT_WORSE else []
    if view.looked is None or ends > view.looked:
        parts.append(f"at least until {moment_text(ends)}")
    return ", ".join(parts) or "for the next look"


def _standing(rollout: Rollout) -> str:
    """Phase, and the step while there are steps."""
    paused = "paused, " if rollout.pause is not None and not rollout.phase.final else ""
    if rollout.phase is Phase.STEPPING:
        return f"{paused}{rollout.phase}, step {_step(rollout)}"
    return f"{paused}{rollout.phase}"


def _step(rollout: Rollout) -> str:
    return f"{rollout.step + 1} of {len(rollout.strategy.weights)}"


def _verdict(view: RolloutView) -> str:
    return view.finding.verdict.value if view.finding is not None else ""


def _new_share(view: RolloutView) -> str:
    return f"{dict(view.shares).get(view.rollout.new.name, 0)} %"


def _list_row(view: RolloutView) -> list[Cell | str | None]:
    rollout = view.rollout
    return [
        rollout.model,
        rollout.environment,
        rollout.new.name,
        rollout.old.name,
        Cell(
            "paused" if rollout.pause and not rollout.phase.final else rollout.phase,
            _PHASE_TONES.get(rollout.phase, ""),
        ),
        _step(rollout) if rollout.phase is Phase.STEPPING else None,
        _new_share(view),
        moment_text(rollout.since),
        Cell(_verdict(view), _VERDICT_TONES[view.finding.verdict] if view.finding is not None else ""),
    ]


def _metric_row(found: MetricFinding) -> list[Cell | str | None]:
    return [
        found.metric,
        value_text(found, found.new_value),
        value_text(found, found.old_value),
        difference_text(found),
        margin_text(found),
        Cell(found.verdict.value, _VERDICT_TONES[found.verdict]),
        _bar(stop_share(found)),
    ]


def _bar(share: float) -> str:
    """How much of the evidence that stops a rollout is there."""
    full = min(_BAR, int(share * _BAR))
    return f"{'#' * full}{'.' * (_BAR - full)} {min(share, 1) * 100:.0f} %"


def _lacking(finding: AnalysisFinding) -> Iterator[str]:
    for each in finding.metrics:
        if each.reason:
            counts = f"{count_text(each.new_count)} new, {count_text(each.old_count)} old"
            yield f"  {safe(each.metric)}: {safe(each.reason)} ({counts})"


def _end(view: RolloutView) -> Iterator[str]:
    rollout, taken = view.rollout, view.refused
    yield f"{rollout.phase}: {safe(rollout.reason)}" if rollout.reason else rollout.phase.value
    if taken is not None and taken.digest == rollout.new.digest:
        yield f"  {safe(taken.name)} is refused here until Git says something else; {safe(taken.good)} is live"
        yield f"  in Git: {safe(taken.outcome or 'its revert is being written')}"
