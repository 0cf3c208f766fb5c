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
from fairlead.domain.analysis import AnalysisSpec, Block, Sample
from fairlead.domain.model import ModelSpec
from fairlead.domain.rollout import Rollout
from fairlead.domain.serving import RunningServer
from fairlead.flows.rollouts.arms import Arms, Wanted, read_arms, read_copies
from fairlead.flows.rollouts.blocks import Quantile, blocks_of, category_of, learned, quantile_of
from fairlead.flows.rollouts.kept import Kept, Measured, Point
from fairlead.flows.rollouts.sources import Sources
from fairlead.flows.world import World
from fairlead.meter.collectors.access_log import AccessLog, LogPosition

__all__ = ["COST", "Measurer", "budgets_of"]

COST = "cost-per-inference"
_ANSWERS, _PREDICTIONS = "answers", "predictions"
_MOST_CUSTOMERS = 2_000
_MOST_POINTS = 240
_SETTLING = timedelta(seconds=3)
"""How long a server that nobody asks is watched, so that what it costs at rest is charged to no request."""

_LEAST = 0.05
"""Part of its CPU time that requests took at least: rest is measured once, and may have been more then."""

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
        if now - measured.idle_since < _SETTLING:
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
        if measured.log is None or measured.looked is None:
            return replace(kept, measured=self._begun(kept, spec, model, known, now))
        # The terms are those of the start, whatever was declared since.
        before = from_json(measured.sums)
        spec = before.spec
        wanted = _wanted(kept.rollout, spec, model)
        arms = read_arms(AccessLog(self._gateway), measured.log, wanted)
        quantiles, blocks = self._blocks(kept, spec, arms, known, now)
        notes: dict[str, str] = {}
        self._foreign(kept, spec, blocks, notes, now)
        pending, copies = self._compare(kept, spec, wanted, arms, blocks)
        state = observe(before, {name: each for name, each in blocks.items() if _asked(name, spec)})
        notes |= _notes(spec, quantiles, measured, arms, now)
        finding = judge(state, now, notes)
        requests = measured.requests + arms.new.requests
        customers = tuple(sorted({*measured.customers, *arms.customers}))[:_MOST_CUSTOMERS]
        weight = next((weight for each, weight in _weights(kept.rollout) if each == kept.rollout.new.digest), 0)
        drawn = {each.metric: (each.estimate, each.lower, each.upper) for each in finding.metrics}
        after = replace(
            measured,
            looked=now,
            asked=now if arms.new.requests else measured.asked,
            log=arms.behind,
            copies=copies,
            sums=to_json(state),
            quantiles={name: {"counts": each.counts, "limit_us": each.limit_us} for name, each in quantiles.items()},
            cpu=self._used(known),
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

    def _begun(
        self, kept: Kept, spec: AnalysisSpec, model: ModelSpec, servers: list[RunningServer], now: datetime
    ) -> Measured:
        from fairlead.deliver.analysis.analysis import begin

        sums = to_json(begin(spec, budgets_of(model)))
        log, copies = AccessLog(self._gateway).end(), AccessLog(self._gateway, "shadow").end()
        return replace(kept.measured, looked=now, asked=now, log=log, copies=copies, sums=sums, cpu=self._used(servers))

    def _blocks(
        self, kept: Kept, spec: AnalysisSpec, arms: Arms, servers: list[RunningServer], now: datetime
    ) -> tuple[dict[str, Quantile], dict[str, Block]]:
        measured, rollout = kept.measured, kept.rollout
        quantiles = {
            each.name: quantile_of(measured.quantiles.get(each.name))
            for each in spec.metrics
            if each.name.startswith("latency-p")
        }
        cpu = (
            self._cpu(measured, rollout.new.digest, servers, now),
            self._cpu(measured, rollout.old.digest, servers, now),
        )
        blocks = dict(blocks_of(arms, quantiles, cpu))
        return {name: learned(name, each, arms.old.times) for name, each in quantiles.items()}, blocks

    def _cpu(self, measured: Measured, release: str, servers: list[RunningServer], now: datetime) -> float | None:
        """CPU microseconds that a release's requests took since the last look: all, less what its servers take at rest.

        None where a server came or went meanwhile: what it used cannot be told apart.
        """
        ours = [each for each in servers if each.labels.get("release") == release and not each.ended]
        used = self._used(ours)
        if not used or measured.looked is None or used.keys() - measured.cpu.keys():
            return None
        rest = (measured.idle or 0.0) * len(used) * (now - measured.looked).total_seconds()
        whole = sum(used[each] - measured.cpu[each] for each in used)
        return max(whole - rest, whole * _LEAST)

    def _used(self, servers: Iterable[RunningServer]) -> dict[str, int]:
        readings = {each.id: self.world.host.readings(each.id) for each in servers if not each.ended}
        return {server: found[-1].cpu_us for server, found in readings.items() if found}

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
        self, kept: Kept, spec: AnalysisSpec, wanted: Wanted, arms: Arms, blocks: dict[str, Block]
    ) -> tuple[Mapping[str, str], LogPosition | None]:
        """Answers against those to copies, request by request; a copy that failed differs."""
        measured = kept.measured
        if _ANSWERS not in {each.name for each in spec.metrics} or measured.copies is None:
            return {}, measured.copies
        copied, behind, failed = read_copies(AccessLog(self._gateway, "shadow"), measured.copies, wanted)
        waiting = {**measured.pending, **arms.told}
        both = waiting.keys() & copied.keys()
        tolerance = kept.rollout.strategy.tolerance
        differ = sum(_differs(waiting[each], copied[each], tolerance) for each in both)
        blocks[_ANSWERS] = Block(Sample(len(both) + failed, differ + failed), Sample())
        # What has waited for two looks gets no copy any more.
        return {each: told for each, told in arms.told.items() if each not in both}, behind


def budgets_of(model: ModelSpec) -> dict[str, float]:
    """The share of requests that the SLO lets go wrong; nothing where the model promises nothing."""
    if model.slo.availability is not None:
        return {"slo-burn": float(1 - model.slo.availability)}
    return {"slo-burn": 0.01} if model.slo.latency_p99 is not None else {}


def _wanted(rollout: Rollout, spec: AnalysisSpec, model: ModelSpec) -> Wanted:
    slow = model.slo.latency_p99
    predictions = any(each.name == _PREDICTIONS for each in spec.metrics)
    return Wanted(
        rollout.environment,
        rollout.model,
        rollout.new.digest,
        rollout.old.digest,
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


def _differs(told: str, copied: str, tolerance: Any) -> bool:  # noqa: ANN401 - Decimal of the strategy
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
