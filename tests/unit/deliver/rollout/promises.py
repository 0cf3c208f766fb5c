"""What holds for every advance of every rollout, said again without the machine's own words."""

from __future__ import annotations

from fairlead.deliver.rollout.machine import Advance, advance
from fairlead.deliver.rollout.traffic import keeps, traffic
from fairlead.domain.rollout import Phase, Rollout, RolloutFacts

BEFORE_ALL = {Phase.PREPARING, Phase.CHECKING, Phase.STEPPING}
KINDS = {"step", "paused", "resumed", "waiting", "promoted", "aborted", "superseded", "completed"}


def share(rollout: Rollout) -> int:
    """Per cent of the traffic that the new release gets."""
    return dict(traffic(rollout).shares).get(rollout.new.digest, 0)


def allowed(rollout: Rollout) -> int:
    """Per cent that it may get at most where it stands."""
    if rollout.phase in {Phase.RETAINING, Phase.COMPLETED}:
        return 100
    if rollout.phase is Phase.STEPPING and rollout.strategy.strategy == "canary":
        return rollout.strategy.weights[rollout.step].weight
    return 0


def check_state(rollout: Rollout) -> None:
    """Shares are whole, never more than the step's, and only of releases whose servers are kept."""
    shares = traffic(rollout).shares
    assert sum(weight for _, weight in shares) == 100
    assert all(0 <= weight <= 100 for _, weight in shares)
    assert share(rollout) == allowed(rollout)
    assert {digest for digest, _ in shares} <= set(keeps(rollout)) <= {rollout.new.digest, rollout.old.digest}
    if rollout.phase.final:
        assert (rollout.reason != "", rollout.waiting, rollout.pause) == (True, "", None)
        assert len(shares) == 1


def check_look(before: Rollout, after: Advance, facts: RolloutFacts) -> None:
    """What a look may do, and what it must."""
    now = after.rollout
    check_state(now)
    assert {each.kind for each in after.events} <= KINDS
    if before.phase.final:
        assert after == Advance(before)
        return
    assert now.overrides == before.overrides
    if facts.verdict == "worse" or facts.wanted != before.new.digest:
        kept = before.phase is Phase.RETAINING and facts.verdict != "worse" and now.phase is Phase.COMPLETED
        assert (share(now), now.phase.final) == (100 if kept else 0, True)
    if now.phase in BEFORE_ALL:
        judged = now.phase is Phase.STEPPING and facts.verdict == "not-worse"
        assert judged or now.spent(facts.now) < now.strategy.longest or before.phase is not now.phase
    if now.phase is Phase.STEPPING and before.phase is Phase.STEPPING and facts.verdict != "not-worse":
        assert not _capped(now) or facts.now <= now.since
    if now.phase is Phase.RETAINING:
        assert facts.now - now.since < now.strategy.retention
    if share(now) > share(before):
        check_rise(before, facts)
    changed = (before.phase, before.step) != (now.phase, now.step)
    told = [each for each in after.events if each.kind != "waiting"]
    assert len(told) == int(changed)
    assert advance(now, facts) == Advance(now), "the same facts again change nothing and tell nothing"


def check_rise(before: Rollout, facts: RolloutFacts) -> None:
    """More traffic needs servers, nothing that holds, a verdict where one is due, time, and no person who said stop."""
    assert facts.ready
    assert before.pause is None
    assert not facts.hold or before.returns
    assert not facts.failed
    judged = before.phase is Phase.STEPPING and facts.verdict == "not-worse"
    assert judged or before.spent(facts.now) < before.strategy.longest
    if before.phase is Phase.CHECKING:
        assert facts.checks == ""
    if before.phase is Phase.STEPPING:
        step = before.strategy.weights[before.step]
        assert facts.now - before.since >= step.pause
        assert facts.verdict == "not-worse" or not step.analysis


def _capped(rollout: Rollout) -> bool:
    cap, met = rollout.strategy.max_exposure, rollout.exposure
    requests = cap.requests is not None and met.requests >= cap.requests
    canary = rollout.strategy.strategy == "canary"
    return canary and (requests or (cap.customers is not None and met.customers >= cap.customers))
