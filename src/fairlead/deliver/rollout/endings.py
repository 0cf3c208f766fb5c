"""What ends a rollout at a look, whatever else it waits for: Git, a verdict, broken servers, failed checks, time."""

from __future__ import annotations

from fairlead.deliver.rollout.transitions import Advance, finish
from fairlead.domain.analysis import MetricVerdict
from fairlead.domain.quantity import duration_text
from fairlead.domain.rollout import Phase, Rollout, RolloutFacts

__all__ = ["ending"]

_SHORT = 12


def ending(rollout: Rollout, facts: RolloutFacts) -> Advance | None:
    """The end that the facts bring to a rollout that is not final, if any. All ends but Git's are aborts.

    Git comes first, since what it no longer wants needs no revert. No pause and no closed window holds an end up.
    A newer commit finds a release that has all traffic already as the live one, unless it is worse.
    """
    worse, retaining = facts.verdict == MetricVerdict.WORSE, rollout.phase is Phase.RETAINING
    if facts.wanted != rollout.new.digest:
        newer = facts.wanted not in {"", rollout.old.digest}
        phase = Phase.COMPLETED if retaining and newer and not worse else Phase.SUPERSEDED
        return finish(rollout, phase, facts.now, _superseded(rollout, facts))
    if worse:
        reason = facts.told or f"{facts.metric or 'the analysis'} is worse"
        return finish(rollout, Phase.ABORTED, facts.now, reason, metric=facts.metric)
    if retaining:
        failed = _broken(rollout, facts)
        return finish(rollout, Phase.ABORTED, facts.now, failed) if failed else None
    reason = _broken(rollout, facts) or _used_up(rollout, facts) or _too_late(rollout, facts)
    return finish(rollout, Phase.ABORTED, facts.now, reason) if reason else None


def _superseded(rollout: Rollout, facts: RolloutFacts) -> str:
    if facts.wanted == rollout.old.digest:
        return f"taken back in Git: {rollout.old.name} is wanted again"
    if not facts.wanted:
        return "Git wants no release here any more"
    return f"a newer commit wants release {facts.wanted[:_SHORT]}"


def _broken(rollout: Rollout, facts: RolloutFacts) -> str:
    if facts.failed:
        return f"the servers of {rollout.new.name} failed: {facts.failed}"
    # Facts of the look that began the checks cannot know how they ended.
    if rollout.phase is Phase.CHECKING and facts.checks and facts.now > rollout.since:
        return f"a check before traffic failed: {facts.checks}"
    return ""


def _used_up(rollout: Rollout, facts: RolloutFacts) -> str:
    """A cap is kept: without a verdict nobody more meets the release, so that there will be none."""
    cap, met = rollout.strategy.max_exposure, rollout.exposure
    stepping = rollout.phase is Phase.STEPPING and facts.now > rollout.since
    if (
        rollout.strategy.strategy != "canary"
        or not stepping
        or facts.judged
        or facts.verdict == MetricVerdict.NOT_WORSE
    ):
        return ""
    if cap.requests is not None and met.requests >= cap.requests:
        reached = f"it has answered {met.requests} requests, {cap.requests} may be before a verdict"
    elif cap.customers is not None and met.customers >= cap.customers:
        reached = f"it has met {met.customers} customers, {cap.customers} may be before a verdict"
    else:
        return ""
    return f"{reached}: {'; '.join(_missing(rollout, facts))}"


def _too_late(rollout: Rollout, facts: RolloutFacts) -> str:
    longest = rollout.strategy.longest
    judged = rollout.phase is Phase.STEPPING and (facts.judged or facts.verdict == MetricVerdict.NOT_WORSE)
    if judged or rollout.spent(facts.now) < longest:
        return ""
    return f"no verdict after {duration_text(longest)}: {'; '.join(_missing(rollout, facts))}"


def _missing(rollout: Rollout, facts: RolloutFacts) -> list[str]:
    known = [each for each in (facts.told, rollout.waiting) if each]
    if not facts.ready:
        return [*known, "its servers are not ready"]
    if rollout.phase is Phase.CHECKING and facts.checks is None:
        return [*known, "its checks have not ended"]
    return known or ["nothing was told"]
