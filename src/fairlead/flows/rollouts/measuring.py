"""Looking at a rollout: what both releases did since the last look, counted once, judged at once.

All that is counted lies behind a position in the gateway's log, and the position is kept together with the sums: a
process that is killed counts the same lines again, into the same sums.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fairlead.deliver.analysis.state import AnalysisState, from_json, to_json
from fairlead.domain.analysis import AnalysisFinding, AnalysisSpec, Block
from fairlead.domain.model import ModelSpec
from fairlead.domain.plan import Key
from fairlead.domain.rollout import Phase, Rollout
from fairlead.domain.serving import RunningServer
from fairlead.flows.rollouts.answers import Seal, compared
from fairlead.flows.rollouts.arms import Arms, Wanted, read_arms, read_copies
from fairlead.flows.rollouts.blocks import Quantile, blocks_of, category_of, learned, quantile_of
from fairlead.flows.rollouts.budgets import RETENTION, budgets_of, retained_budgets
from fairlead.flows.rollouts.costs import COST, used_by
from fairlead.flows.rollouts.customers import cluster_of, gathered, inflations
from fairlead.flows.rollouts.kept import Kept, Measured, Point
from fairlead.flows.rollouts.notes import lost_by, notes_on, unread_notes
from fairlead.flows.rollouts.sources import Sources
from fairlead.flows.rollouts.spending import settled, spent_since
from fairlead.flows.rollouts.tail import LogTail
from fairlead.flows.world import World
from fairlead.meter.collectors.access_log import AccessLog, LogPosition

__all__ = ["Measurer"]

_ANSWERS, _PREDICTIONS, _CUSTOMER = "answers", "predictions", "customer"
_MOST_CUSTOMERS = 2_000
_MOST_POINTS = 240
_KEY_BYTES = 16


@dataclass(slots=True)
class Measurer:
    """Measures rollouts of this machine. All of them read the gateway's logs through one `LogTail` each."""

    world: World
    sources: Sources
    draw: Callable[[int], str] = secrets.token_hex
    """A random key of so many bytes, in hexadecimal."""
    _log: LogTail = field(init=False)
    _copies: LogTail = field(init=False)

    def __post_init__(self) -> None:
        gateway = self.world.settings.state / "gateway"
        self._log, self._copies = LogTail(AccessLog(gateway)), LogTail(AccessLog(gateway, "shadow"))

    def settle(self, kept: Kept, servers: Iterable[RunningServer], now: datetime) -> Kept:
        """Watch the ready servers that nobody asks; `measured.idle` is set when they were watched for long enough."""
        return settled(self.world.host, kept, servers, now)

    def leave(self, key: Key) -> None:
        """Nothing of the model is measured any more."""
        self._log.leave(key)
        self._copies.leave(key)

    def begin(self, kept: Kept, model: ModelSpec, servers: Iterable[RunningServer], now: datetime) -> Kept:
        """Sums of nothing; what is in the logs from here on counts. What has all traffic is held against a bound.

        Asked before the first traffic moves, so that no request that meets the new release is missed. Where positions
        are known already, all behind them is still to be counted.
        """
        from fairlead.deliver.analysis.analysis import begin

        measured, retained = kept.measured, kept.rollout.phase is Phase.RETAINING
        state = begin(RETENTION, retained_budgets(kept, model)) if retained else begin(kept.analysis, budgets_of(model))
        begun = replace(
            measured,
            looked=now,
            asked=now,
            log=measured.log or self._log.end(),
            copies=measured.copies or self._copies.end(),
            sums=to_json(state),
            cpu=used_by(self.world.host, servers),
            seal=measured.seal or self.draw(_KEY_BYTES),
            pending={},
            clusters={},
            stepped=kept.rollout.since,
            since_step=0,
            finding=None if retained else measured.finding,
        )
        return replace(kept, measured=begun)

    def look(self, kept: Kept, model: ModelSpec, servers: Iterable[RunningServer], now: datetime) -> Kept:
        """The rollout after a look, where it is time for one."""
        # The mathematics loads numpy, which no command needs at its start.
        from fairlead.deliver.analysis.analysis import judge, observe

        measured, known = kept.measured, list(servers)
        if measured.looked is not None and now - measured.looked < kept.analysis.every:
            return kept
        retained = kept.rollout.phase is Phase.RETAINING and measured.stepped != kept.rollout.since
        if measured.log is None or measured.looked is None or not measured.seal or retained:
            return self.begin(kept, model, known, now)
        # The terms are those of the start, whatever was declared since.
        before = from_json(measured.sums)
        wanted = _wanted(kept, before.spec, model)
        arms = read_arms(self._log, measured.log, wanted)
        answers, pending, copies = self._compare(kept, wanted, arms)
        known_of_old = _quantiles(kept, before.spec)
        blocks = dict(blocks_of(arms, known_of_old))
        quantiles = {name: learned(name, each, arms.old.times) for name, each in known_of_old.items()}
        clusters = gathered(measured.clusters, arms, known_of_old, _clustered(kept, before))
        spent, cost, why = spent_since(self.world.host, kept, arms, known, now)
        notes = {COST: why} if why else {}
        blocks |= answers | ({COST: cost} if cost else {})
        self._foreign(kept, before.spec, blocks, notes, now)
        state = observe(before, {name: each for name, each in blocks.items() if _asked(name, before.spec)})
        lost = lost_by(kept, arms, now)
        notes |= notes_on(before.spec, quantiles, measured, arms, now) | unread_notes(before.spec, arms, lost)
        finding = judge(state, now, notes, inflations(clusters))
        after = replace(
            _counted(kept, arms),
            looked=now,
            asked=now if arms.met else measured.asked,
            log=arms.behind,
            copies=copies,
            sums=to_json(state),
            clusters=clusters,
            quantiles={name: {"counts": each.counts, "limit_us": each.limit_us} for name, each in quantiles.items()},
            cpu=used_by(self.world.host, known),
            spent=spent,
            pending=pending,
            lost=lost if arms.lost or not measured.lost else measured.lost,
            finding=finding,
            points=_thinned((*measured.points, _point(kept.rollout, finding, now))),
        )
        return replace(kept, measured=after)

    def recount(self, kept: Kept) -> Kept:
        """Who met the new release since the last look, judged no more; asked once, after its end."""
        measured = kept.measured
        if measured.log is None:
            return kept
        rollout = kept.rollout
        wanted = Wanted(rollout.environment, rollout.model, rollout.new.digest, rollout.old.digest)
        arms, copies = read_arms(self._log, measured.log, wanted), measured.copies
        if rollout.strategy.strategy == "shadow" and copies is not None:
            copied = read_copies(self._copies, copies, wanted)
            arms.met, copies = arms.met + copied.tally.requests, copied.behind
        self.leave(kept.key)
        after = replace(_counted(kept, arms), log=arms.behind, copies=copies, closed=True)
        return replace(kept, measured=after)

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
        self, kept: Kept, wanted: Wanted, arms: Arms
    ) -> tuple[dict[str, Block], Mapping[str, str], LogPosition | None]:
        """Copies as the new release's requests, and answers against those to copies, request by request."""
        measured = kept.measured
        if not _shadowed(kept) or measured.copies is None:
            return {}, {}, measured.copies
        copies = read_copies(self._copies, measured.copies, wanted)
        arms.new = copies.tally
        arms.met += copies.tally.requests
        tolerance = kept.rollout.strategy.tolerance
        block, pending = compared(measured.pending, arms.told, copies.answers, tolerance)
        return {_ANSWERS: block}, pending, copies.behind


def _shadowed(kept: Kept) -> bool:
    return kept.rollout.strategy.strategy == "shadow" and kept.rollout.phase is Phase.STEPPING


def _wanted(kept: Kept, spec: AnalysisSpec, model: ModelSpec) -> Wanted:
    rollout, slow = kept.rollout, model.slo.latency_p99
    seal = Seal(bytes.fromhex(kept.measured.seal), rollout.strategy.tolerance)
    predictions = any(each.name == _PREDICTIONS for each in spec.metrics)
    return Wanted(
        rollout.environment,
        rollout.model,
        rollout.new.digest,
        rollout.old.digest,
        since_us=int(kept.counts_from.timestamp() * 1e6),
        slow_us=int(slow / timedelta(microseconds=1)) if slow else 0,
        category=(lambda answer: _sealed(seal, category_of(answer))) if predictions else None,
        sealed=seal.answer if _shadowed(kept) else None,
        cluster=cluster_of(seal.key) if rollout.strategy.sticky == _CUSTOMER else None,
    )


def _sealed(seal: Seal, category: str | None) -> str | None:
    return None if category is None else seal.word(category)


def _quantiles(kept: Kept, spec: AnalysisSpec) -> dict[str, Quantile]:
    """What is known of the old release's, by measure."""
    asked = (each.name for each in spec.metrics if each.name.startswith("latency-p"))
    return {name: quantile_of(kept.measured.quantiles.get(name)) for name in asked}


def _clustered(kept: Kept, state: AnalysisState) -> list[str]:
    """Measures whose sums are kept by customer: of predictions those categories that are compared."""
    if kept.rollout.strategy.sticky != _CUSTOMER:
        return []
    parts = state.metrics[_PREDICTIONS].parts if _PREDICTIONS in state.metrics else ()
    return [*(name for name in state.metrics if name != _PREDICTIONS), *(f"{_PREDICTIONS}/{part}" for part in parts)]


def _counted(kept: Kept, arms: Arms) -> Measured:
    """Who met the new release. A line that cannot be read may be of one who did: a cap is not passed by damage."""
    measured = kept.measured
    before = measured.since_step if measured.stepped == kept.rollout.since else 0
    return replace(
        measured,
        requests=measured.requests + arms.met + arms.damaged,
        customers=tuple(sorted({*measured.customers, *arms.customers}))[:_MOST_CUSTOMERS],
        stepped=kept.rollout.since,
        since_step=before + arms.new.requests,
    )


def _point(rollout: Rollout, finding: AnalysisFinding, now: datetime) -> Point:
    from fairlead.deliver.rollout.traffic import traffic

    weight = dict(traffic(rollout).shares).get(rollout.new.digest, 0)
    return Point(now, weight, {each.metric: (each.estimate, each.lower, each.upper) for each in finding.metrics})


def _asked(block: str, spec: AnalysisSpec) -> bool:
    return block.partition("/")[0] in {each.name for each in spec.metrics}


def _thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """At most _MOST_POINTS: every other one of the older half goes."""
    if len(points) <= _MOST_POINTS:
        return points
    half = len(points) // 2
    return (*points[:half:2], *points[half:])
