"""What a rollout's state means for the gateway and the servers."""

from __future__ import annotations

from fairlead.domain.rollout import Phase, Rollout, Traffic

__all__ = ["keeps", "traffic"]


def traffic(rollout: Rollout) -> Traffic:
    """Who is to answer now; the old release stands first. Testers meet the new one as soon as its servers answer."""
    new, old, phase = rollout.new.digest, rollout.old.digest, rollout.phase
    if phase is Phase.COMPLETED:
        return Traffic(((new, 100),))
    if phase.final or (phase is Phase.PREPARING and not rollout.ready):
        return Traffic(((old, 100),))
    if phase is Phase.RETAINING:
        return Traffic(((new, 100), (old, 0)))
    if phase is not Phase.STEPPING:
        return Traffic(((old, 100), (new, 0)))
    strategy = rollout.strategy
    if strategy.strategy == "shadow":
        return Traffic(((old, 100), (new, 0)), mirror=new, mirrored=strategy.share, answers=True)
    weight = strategy.weights[rollout.step].weight
    return Traffic(((old, 100 - weight), (new, weight)), sticky=strategy.sticky)


def keeps(rollout: Rollout) -> tuple[str, ...]:
    """Digests of the releases whose servers must be up: both until it ends, then the one that has the traffic."""
    if rollout.phase.final:
        return tuple(digest for digest, _ in traffic(rollout).shares)
    return rollout.old.digest, rollout.new.digest
