"""What a rollout's traffic promises before it begins: told by the plan, and beside a rollout while it steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from fairlead.declare.reader import MODEL_FILE, MODELS
from fairlead.domain.analysis import AnalysisSpec
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.outlook import Outlook
from fairlead.domain.quantity import duration_text
from fairlead.domain.release_strategy import ReleaseStrategy
from fairlead.domain.rollout import Rollout
from fairlead.domain.workspace import Metering
from fairlead.flows.cost import Period
from fairlead.flows.declared import declared_workspace
from fairlead.flows.metering.machine import cost_flow
from fairlead.flows.rollouts.kept import kept
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.windows import window_at
from fairlead.meter.sessions import FACT

__all__ = ["MeasuredTraffic", "foretell", "forewarning", "outlook", "outlook_findings", "outlook_of"]

_RULE = "rollout/too-little-traffic"
_METRIC = "error-rate"
_ASSUMED = 0.005
_LOOK_BACK = timedelta(days=1)
_SHORTEST = timedelta(minutes=1)
_QUIET = timedelta(hours=1)
"""A model that nobody asked for so long has no traffic; one that is younger may still get some."""

_FINEST = 1e-5
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class MeasuredTraffic:
    """Requests and errors of a model in an environment over a span, whatever the release."""

    requests: int
    errors: int
    span: timedelta


def outlook(
    world: World, environment: str, model: str, strategy: ReleaseStrategy, analysis: AnalysisSpec
) -> Outlook | None:
    """The outlook of a rollout by that strategy; None where its traffic is not known, or no step is judged."""
    if not any(each.analysis for each in strategy.weights):
        return None
    measured = _measured(world, environment, model)
    return None if measured is None else foretell(environment, model, strategy, analysis, measured)


def outlook_of(world: World, rollout: Rollout) -> Outlook | None:
    """Of a rollout that is under way, by what was declared when it began."""
    known = kept(world, rollout.environment, rollout.model)
    if known is None or known.rollout.id != rollout.id:
        return None
    return outlook(world, rollout.environment, rollout.model, rollout.strategy, known.analysis)


def forewarning(world: World, rollout: Rollout, analysis: AnalysisSpec) -> str:
    """For the journal, at the start: that there is too little traffic, and how little; '' where there is enough.

    A rollout begins also where the meter cannot be read, and then says that.
    """
    try:
        found = outlook(world, rollout.environment, rollout.model, rollout.strategy, analysis)
    except FairleadError as error:
        return f"how long it needs is not known, since its traffic cannot be read: {error}"
    return _told(found) if found is not None and found.too_long else ""


def foretell(
    environment: str, model: str, strategy: ReleaseStrategy, analysis: AnalysisSpec, measured: MeasuredTraffic
) -> Outlook | None:
    """Pure: the outlook by what was measured; None where no step is judged, or the error rate judges none."""
    # The mathematics is loaded only where a rollout is at hand.
    from fairlead.deliver.analysis.measures import margin_of

    metric = next((each for each in analysis.metrics if each.name == _METRIC), None)
    weight = next((each.weight for each in strategy.weights if each.analysis), None)
    if metric is None or metric.prometheus or metric.csv or weight is None:
        return None
    minutes = max(measured.span, _SHORTEST) / timedelta(minutes=1)
    rate = measured.requests / minutes
    baseline = measured.errors / measured.requests if measured.errors else _ASSUMED
    margin = float(margin_of(metric))
    mirrored = strategy.strategy == "shadow"
    new, old = rate * weight / _WHOLE, rate if mirrored else rate * (_WHOLE - weight) / _WHOLE
    stop, passing, late = _minutes(new, old, baseline, margin, float(analysis.alphas()[_METRIC]))
    return Outlook(
        environment=environment,
        model=model,
        strategy=strategy.strategy,
        rate=rate,
        weight=weight,
        baseline=baseline,
        assumed=not measured.errors,
        margin=margin,
        stop_minutes=stop,
        pass_minutes=passing,
        pass_minutes_p90=late,
        longest=strategy.longest,
    )


def outlook_findings(found: Iterable[Outlook]) -> Iterator[Finding]:
    """A warning for each rollout whose verdict would come too late: it would be aborted whatever the release is."""
    for each in found:
        if each.too_long:
            yield Finding(
                f"{MODELS}/{each.model}/{MODEL_FILE}",
                0,
                0,
                _RULE,
                _told(each),
                "choose a larger first weight, a wider margin, a longer `longest`, or strategy blueGreen",
                Severity.WARNING,
                each.model,
                each.environment,
            )


def _told(each: Outlook) -> str:
    traffic = f"{each.rate:,.4g} requests per minute, {each.weight} % of them to the new release"
    if each.pass_minutes_p90 is None:
        needs = "more time to a verdict than can be told"
    else:
        needs = f"{each.pass_minutes_p90 / 60:.3g} h to a verdict in nine of ten cases"
    limit = duration_text(each.longest)
    return f"its {each.strategy} needs {needs} at its traffic ({traffic}), and is aborted without one after {limit}"


def _minutes(
    new: float, old: float, baseline: float, margin: float, alpha: float
) -> tuple[float | None, float | None, float | None]:
    """To a stop in half of the cases, to a pass in half, and in nine of ten; None where there never is one.

    The release that is to be stopped fails twice as often, or by the margin more where that is more.
    """
    from fairlead.kernel.stats.power import Traffic, needed

    if min(new, old) <= 0 or margin < _FINEST or not 0 < baseline < 1 - margin:
        return None, None, None
    effect = max(margin, min(baseline, (1 - baseline) / 2))
    found = needed(baseline, effect, margin, Traffic(new, old), alpha)
    return found.stop.median, found.passing.median, found.passing.p90


def _measured(world: World, environment: str, model: str) -> MeasuredTraffic | None:
    """Of the last day, or since the model first served here. None where it was not metered, or is too young to say."""
    lived = [each.since for each in world.state.deployments(environment=environment, model=model)]
    if not lived or world.state.fact(FACT) is None:
        return None
    workspace, now = declared_workspace(world), world.clock.now()
    length = (workspace.metering if workspace is not None else Metering()).window
    # Windows count whole, from where they begin; before the first server was there nobody asked.
    period = Period(since=window_at(max(min(lived), now - _LOOK_BACK), length).start)
    with cost_flow(world).at_once() as flow:
        rows = flow.cost(("environment", "model"), period, model=model, environment=environment).rows
    requests, errors = sum(each.requests for each in rows), sum(each.errors for each in rows)
    span = now - max(min(lived), period.since)
    return MeasuredTraffic(requests, errors, span) if requests or span >= _QUIET else None
