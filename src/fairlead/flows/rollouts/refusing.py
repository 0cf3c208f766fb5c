"""A release that was taken back: refused at once, and who met it counted once more when its traffic is back.

Requests that are on their way at the switch meet the release, too. They are in the gateway's log a moment later; the
revert, which says how many met it, waits for that moment and no longer.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from fairlead.deliver.rollout.transitions import CONTROL
from fairlead.domain.rollout import Exposure, Phase, RolloutEvent
from fairlead.flows.incidents import open_incident
from fairlead.flows.rollouts.kept import Kept, keep
from fairlead.flows.rollouts.measuring import Measurer
from fairlead.flows.rollouts.quarantine import ROLLED_BACK, TAKEN_BACK_MEND, Quarantine, quarantine, quarantines
from fairlead.flows.world import World

__all__ = ["count_last", "owes_count", "refuse"]

_LOG = logging.getLogger(__name__)

_DRAINED = timedelta(seconds=3)
"""After the end: traffic is switched in the same look, and the gateway writes its log ten times a second."""

_MOST = timedelta(seconds=10)
"""For no longer a revert waits for the count, also where nobody counts any more."""

_LATE = timedelta(minutes=10)
"""What the log says of the release so long after the end is of another time that it was here."""


def refuse(world: World, aborted: Kept) -> None:
    """Refuse the release, and open the incident at once: its revert may be in Git before the next look."""
    rollout = aborted.rollout
    refused = Quarantine(
        digest=rollout.new.digest,
        name=rollout.new.name,
        good=rollout.old.name,
        good_digest=rollout.old.digest,
        told=rollout.reason,
        metric=rollout.metric,
        evidence=_evidence(aborted),
        journal=rollout.id,
        counted_by=(rollout.since + _MOST).isoformat() if _met(aborted, rollout.since) else "",
    )
    quarantine(world, aborted.key, refused)
    place = {"environment": rollout.environment, "model": rollout.model, "commit": rollout.commit}
    open_incident(world, ROLLED_BACK, refused.message, TAKEN_BACK_MEND, **place)


def owes_count(known: Kept, now: datetime) -> bool:
    """Whether it is time to count who met a release whose rollout ended with all traffic at the old one."""
    return _met(known, now) and now - known.rollout.since >= _DRAINED


def count_last(world: World, measurer: Measurer, known: Kept, now: datetime) -> Kept:
    """The rollout with its last count, kept, with a record where more had met the release than was known."""
    if not _met(known, now):
        return known
    try:
        after = measurer.recount(known)
    except Exception:  # noqa: BLE001 - told with its traceback; what was counted before stands
        _LOG.exception("%s/%s cannot be counted a last time", *known.key)
        after = replace(known, measured=replace(known.measured, closed=True))
    before, measured = known.rollout.exposure.requests, after.measured
    met = Exposure(max(before, measured.requests), max(known.rollout.exposure.customers, len(measured.customers)))
    after = replace(after, rollout=replace(after.rollout, exposure=met))
    # First, since what is kept says that nothing is owed any more.
    told = quarantines(world).get(known.key)
    if told is not None and told.journal == known.rollout.id:
        quarantine(world, known.key, replace(told, evidence=_evidence(after), counted_by=""))
    message = f"{met.requests} requests met it until all traffic was back; {before} were known when it ended"
    keep(world, after, [RolloutEvent("counted", CONTROL, message)] if met.requests > before else [])
    return after


def _met(known: Kept, now: datetime) -> bool:
    """Whether somebody may have met the release since it was counted."""
    ended = known.rollout.phase in {Phase.ABORTED, Phase.SUPERSEDED} and now - known.rollout.since <= _LATE
    return ended and known.measured.log is not None and not known.measured.closed


def _evidence(kept: Kept) -> str:
    finding = kept.measured.finding
    measured = f"{kept.rollout.exposure.requests} requests met it"
    return f"{measured}; judged {finding.at:%Y-%m-%d %H:%M:%S} UTC" if finding else measured
