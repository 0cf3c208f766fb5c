"""CPU time of both releases' servers as a rollout measures it: at rest before anybody asks them, then look by look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from fairlead.domain.analysis import Block
from fairlead.domain.rollout import Phase
from fairlead.domain.serving import RunningServer
from fairlead.flows.rollouts.arms import Arms
from fairlead.flows.rollouts.costs import COST, REST, Spent, closed, used_by, used_more
from fairlead.flows.rollouts.kept import Kept
from fairlead.ports import ServerHost

__all__ = ["resting", "settled", "spent_since"]


def settled(host: ServerHost, kept: Kept, servers: Iterable[RunningServer], now: datetime) -> Kept:
    """Watch the ready servers that nobody asks; `measured.idle` is set when they were watched for long enough."""
    if kept.measured.idle is not None or COST not in {each.name for each in kept.analysis.metrics}:
        return kept
    used, measured = used_by(host, servers), kept.measured
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


def resting(kept: Kept) -> str:
    """Why a rollout is not ready although its servers answer; '' where it is not so."""
    rollout, measured = kept.rollout, kept.measured
    watched = measured.idle is None and measured.idle_since is not None
    if rollout.phase is not Phase.PREPARING or rollout.returns or rollout.ready or not watched:
        return ""
    seconds = 2 * REST.total_seconds()
    return f"its servers answer, and are watched at rest for about {seconds:.0f} s before anybody asks them: for {COST}"


def spent_since(
    host: ServerHost, kept: Kept, arms: Arms, servers: list[RunningServer], now: datetime
) -> tuple[Spent, Block | None, str]:
    """CPU of both releases, closed to a block where there is enough; begun anew where a step has just begun."""
    measured, rollout = kept.measured, kept.rollout
    if measured.looked is None or measured.looked < kept.counts_from:
        return Spent(), None, ""
    used = {
        arm: used_more(
            {each.id: measured.cpu[each.id] for each in servers if each.id in measured.cpu and _of(each, arm)},
            used_by(host, (each for each in servers if _of(each, arm))),
        )
        for arm in (rollout.new.digest, rollout.old.digest)
    }
    count = max(1, sum(_of(each, rollout.new.digest) for each in servers))
    both = used[rollout.new.digest], used[rollout.old.digest]
    return closed(measured.spent, arms, both, count, measured.idle, now - measured.looked)


def _of(server: RunningServer, release: str) -> bool:
    return server.labels.get("release") == release and not server.ended
