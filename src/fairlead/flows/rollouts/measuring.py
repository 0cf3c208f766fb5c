"""Looking at a rollout: what both releases did since the last look, counted once, judged at once.

All that is counted lies behind a position in the gateway's log, and the position is kept together with the sums: a
process that is killed counts the same lines again, into the same sums.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fairlead.assure.golden import differences
from fairlead.deliver.analysis.state import from_json, to_json
from fairlead.domain.analysis import MARGINS, AnalysisMetric, AnalysisSpec, Block, Sample
from fairlead.domain.model import ModelSpec
from fairlead.domain.rollout import Phase, Rollout
from fairlead.domain.serving import RunningServer
from fairlead.flows.rollouts.arms import AMBIGUOUS, FAILED, Arms, Wanted, read_arms, read_copies
from fairlead.flows.rollouts.blocks import Quantile, blocks_of, category_of, learned, quantile_of
from fairlead.flows.rollouts.costs import REST, Spent, closed, used_by, used_more
from fairlead.flows.rollouts.kept import Kept, Measured, Point
from fairlead.flows.rollouts.sources import Sources
from fairlead.flows.world import World
from fairlead.meter.collectors.access_log import AccessLog, LogPosition

__all__ = ["COST", "Measurer", "budgets_of"]

COST = "cost-per-inference"
_ANSWERS, _PREDICTIONS, _BURN = "answers", "predictions", "slo-burn"
_SLOWER = 0.01
"""Share of requests that may be slower than a 99th percentile."""

_RETENTION = AnalysisSpec(name="retention", metrics=(AnalysisMetric(name=_BURN),))
"""What judges a release while the old servers are kept."""
_MOST_CUSTOMERS = 2_000
_MOST_POINTS = 240
_SHIFT = timedelta(seconds=1)
"""Within it the gateway has the weights of a new step."""

_TOLD, _COPIED = "old ", "new "

_STALE = timedelta(minutes=2)
"""Without a request to either release for so long, what was known of them is stale."""


@dataclass(slots=True)
class Measurer:
    """Measures rollouts of this machine."""

    world: World
    sources: Sources

    def settle(self, kept: Kept, servers: Iterable[RunningServer], now: datetime) -> Kept:
        """Watch the ready servers that nobody asks; `measured.idle` is set when they were watched for long enough."""
        if kept.measured.idle is not None or COST not in {each.name for each in kept.analysis.metrics}:
            return kept
        used, measured = self._used(servers), kept.measured
        if measured.idle_since is None or not used:
            return replace(kept, measured=replace(measured, idle_since=now, cpu={}))
        if now - measured.idle_since < REST:
            return kept
        if not measured.cpu:
            # What its start took is over now.
            return replace(kept, measured=replace(measured, idle_since=now, cpu=used))
        rest = sum(used[each] - measured.cpu.get(each, used[each]) for each in used)
        per_second = rest / len(used) / (now - measured.idle_since).total_seconds()
        return replace(kept, measured=replace(measured, idle=per_second))

    def look(self, kept: Kept, model: ModelSpec, servers: Iterable[RunningServer], now: datetime) -> Kept:
        """The rollout after a look, where it is time for one. The first look after the start only takes positions."""
        # The mathematics loads numpy, which no command needs at its start.
        from fairlead.deliver.analysis.analysis import judge, observe

        spec, measured = kept.analysis, kept.measured
        if measured.looked is not None and now - measured.looked < spec.every:
            return kept
        known = list(servers)
        retained = kept.rollout.phase is Phase.RETAINING and measured.stepped != kept.rollout.since
        if measured.log is None or measured.looked is None or retained:
            return replace(kept, measured=self._begun(kept, model, known, now))
        # The terms are those of the start, whatever was declared since.
        before = from_json(measured.sums)
        spec = before.spec
        wanted = _wanted(kept.rollout, spec, model)
        arms = read_arms(AccessLog(self._gateway), measured.log, wanted)
        answers: dict[str, Block] = {}
        pending, copies = self._compare(kept, wanted, arms, answers)
        quantiles, blocks = self._blocks(kept, spec, arms)
        spent, cost, why = self._cost(kept, arms, known, now)
        notes = {COST: why} if why else {}
        blocks |= answers | ({COST: cost} if cost else {})
        self._foreign(kept, spec, blocks, notes, now)
        state = observe(before, {name: each for name, each in blocks.items() if _asked(name, spec)})
        notes |= _notes(spec, quantiles, measured, arms, now)
        finding = judge(state, now, notes)
        requests = measured.requests + arms.met
        customers = tuple(sorted({*measured.customers, *arms.customers}))[:_MOST_CUSTOMERS]
        weight = next((weight for each, weight in _weights(kept.rollout) if each == kept.rollout.new.digest), 0)
        drawn = {each.metric: (each.estimate, each.lower, each.upper) for each in finding.metrics}
        after = replace(
            measured,
            looked=now,
            asked=now if arms.met else measured.asked,
            log=arms.behind,
            copies=copies,
            sums=to_json(state),
            quantiles={name: {"counts": each.counts, "limit_us": each.limit_us} for name, each in quantiles.items()},
            cpu=self._used(known),
            spent=spent,
            pending=pending,
            requests=requests,
            stepped=kept.rollout.since,
            since_step=arms.new.requests + (measured.since_step if measured.stepped == kept.rollout.since else 0),
            customers=customers,
            finding=finding,
            points=_thinned((*measured.points, Point(now, weight, drawn))),
        )
        return replace(kept, measured=after)

    @property
    def _gateway(self) -> Path:
        return self.world.settings.state / "gateway"

    def _begun(self, kept: Kept, model: ModelSpec, servers: list[RunningServer], now: datetime) -> Measured:
        """Sums of nothing, from here on in the logs. What has all traffic is held against a bound."""
        from fairlead.deliver.analysis.analysis import begin

        retained = kept.rollout.phase is Phase.RETAINING
        state = begin(_RETENTION, _retained(kept, model)) if retained else begin(kept.analysis, budgets_of(model))
        sums = to_json(state)
        log, copies = AccessLog(self._gateway).end(), AccessLog(self._gateway, "shadow").end()
        return replace(
            kept.measured,
            looked=now,
            asked=now,
            log=log,
            copies=copies,
            sums=sums,
            cpu=self._used(servers),
            stepped=kept.rollout.since,
            since_step=0,
            finding=None if retained else kept.measured.finding,
        )

    def _blocks(self, kept: Kept, spec: AnalysisSpec, arms: Arms) -> tuple[dict[str, Quantile], dict[str, Block]]:
        known = {
            each.name: quantile_of(kept.measured.quantiles.get(each.name))
            for each in spec.metrics
            if each.name.startswith("latency-p")
        }
        blocks = dict(blocks_of(arms, known))
        return {name: learned(name, each, arms.old.times) for name, each in known.items()}, blocks

    def _used(self, servers: Iterable[RunningServer]) -> dict[str, int]:
        return used_by(self.world.host, servers)

    def _cost(
        self, kept: Kept, arms: Arms, servers: list[RunningServer], now: datetime
    ) -> tuple[Spent, Block | None, str]:
        """CPU of both releases, closed to a block where there is enough; begun anew where a step has just begun."""
        measured, rollout = kept.measured, kept.rollout
        if measured.looked is None or measured.looked < rollout.since + _SHIFT:
            return Spent(), None, ""
        used = {
            arm: used_more(
                {each.id: measured.cpu[each.id] for each in servers if each.id in measured.cpu and _of(each, arm)},
                self._used(each for each in servers if _of(each, arm)),
            )
            for arm in (rollout.new.digest, rollout.old.digest)
        }
        count = max(1, sum(_of(each, rollout.new.digest) for each in servers))
        both = used[rollout.new.digest], used[rollout.old.digest]
        return closed(measured.spent, arms, both, count, measured.idle, now - measured.looked)

    def _foreign(
        self, kept: Kept, spec: AnalysisSpec, blocks: dict[str, Block], notes: dict[str, str], now: datetime
    ) -> None:
        for metric in spec.metrics:
            if metric.prometheus is None and metric.csv is None:
                continue
            found = self.sources.read(kept.rollout, metric, kept.measured.looked or now, now)
            blocks.pop(metric.name, None)
            if found.block is not None:
                blocks[metric.name] = found.block
            if found.note:
                notes[metric.name] = found.note

    def _compare(
        self, kept: Kept, wanted: Wanted, arms: Arms, blocks: dict[str, Block]
    ) -> tuple[Mapping[str, str], LogPosition | None]:
        """Answers against those to copies, request by request. What comes first waits two looks for the other."""
        measured = kept.measured
        if kept.rollout.strategy.strategy != "shadow" or measured.copies is None:
            return {}, measured.copies
        copies = read_copies(AccessLog(self._gateway, "shadow"), measured.copies, wanted)
        arms.new = copies.tally
        arms.met += copies.tally.requests
        told = _joined(measured.pending, _TOLD, arms.told)
        copied = _joined(measured.pending, _COPIED, copies.answers)
        both = [each for each in told.keys() & copied.keys() if AMBIGUOUS not in {told[each], copied[each]}]
        tolerance = kept.rollout.strategy.tolerance
        differ = sum(_differs(told[each], copied[each], tolerance) for each in both)
        blocks[_ANSWERS] = Block(Sample(len(both), differ), Sample())
        left = {f"{_TOLD}{each}": text for each, text in arms.told.items() if each not in copied}
        return left | {
            f"{_COPIED}{each}": text for each, text in copies.answers.items() if each not in told
        }, copies.behind


def _joined(pending: Mapping[str, str], mark: str, fresh: Mapping[str, str]) -> dict[str, str]:
    return {each.removeprefix(mark): text for each, text in pending.items() if each.startswith(mark)} | dict(fresh)


def budgets_of(model: ModelSpec) -> dict[str, float]:
    """The share of requests that the SLO lets fail or be slow; nothing where the model promises nothing."""
    failing = float(1 - model.slo.availability) if model.slo.availability is not None else 0.0
    slow = _SLOWER if model.slo.latency_p99 is not None else 0.0
    return {_BURN: failing + slow} if failing or slow else {}


def _retained(kept: Kept, model: ModelSpec) -> dict[str, float]:
    """What may go wrong of a release that has all traffic: the SLO's, or the old one's share and a margin, if more."""
    finding = kept.measured.finding
    shares = [each.old_value for each in finding.metrics if each.metric in {"error-rate", _BURN}] if finding else []
    usual = max((each for each in shares if each is not None), default=0.01) + float(MARGINS["error-rate"])
    return {_BURN: max(budgets_of(model).get(_BURN, 0.0), usual)}


def _wanted(rollout: Rollout, spec: AnalysisSpec, model: ModelSpec) -> Wanted:
    slow = model.slo.latency_p99
    predictions = any(each.name == _PREDICTIONS for each in spec.metrics)
    return Wanted(
        rollout.environment,
        rollout.model,
        rollout.new.digest,
        rollout.old.digest,
        since_us=int((rollout.since.timestamp() + _SHIFT.total_seconds()) * 1e6),
        slow_us=int(slow / timedelta(microseconds=1)) if slow else 0,
        category=category_of if predictions else None,
    )


def _asked(block: str, spec: AnalysisSpec) -> bool:
    return block.partition("/")[0] in {each.name for each in spec.metrics}


def _notes(
    spec: AnalysisSpec, quantiles: Mapping[str, Quantile], measured: Measured, arms: Arms, now: datetime
) -> dict[str, str]:
    """Why measures may not pass at this look."""
    notes = {
        name: "the old release's quantile is being learned" for name, each in quantiles.items() if each.limit_us is None
    }
    if not arms.new.requests and measured.asked is not None and now - measured.asked > _STALE:
        since = f"nothing was asked of the new release since {measured.asked:%H:%M:%S} UTC"
        notes |= {each.name: since for each in spec.metrics if each.prometheus is None and each.csv is None}
    return notes


def _of(server: RunningServer, release: str) -> bool:
    return server.labels.get("release") == release and not server.ended


def _differs(told: str, copied: str, tolerance: Any) -> bool:  # noqa: ANN401 - Decimal of the strategy
    if FAILED in {told, copied}:
        return told != copied
    try:
        return bool(differences(json.loads(told), json.loads(copied), tolerance))
    except ValueError:
        return told != copied


def _weights(rollout: Rollout) -> tuple[tuple[str, int], ...]:
    from fairlead.deliver.rollout.traffic import traffic

    return traffic(rollout).shares


def _thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """At most _MOST_POINTS: every other one of the older half goes."""
    if len(points) <= _MOST_POINTS:
        return points
    half = len(points) // 2
    return (*points[:half:2], *points[half:])
