"""How well a model is delivered, from its past in one environment: the four figures of DORA. Pure.

DORA's definitions (https://dora.dev/guides/dora-metrics-four-keys/): *change lead time*, from commit to running in
production; *deployment frequency*; *change fail rate*, the share of deployments that need immediate intervention;
*failed deployment recovery time*. A figure without data is None, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from fairlead.domain.release import Deployment

__all__ = ["Change", "Ending", "Outage", "Performance", "Spread", "changes_of", "performance", "spread"]

_ENOUGH = 10
"""Values of which a 90th percentile is told: of fewer, it is just the greatest."""

_LEAST = timedelta(days=1)
"""A frequency is told of at least so much measured time."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A rollout that ended without its release staying: aborted (taken back), or superseded by another commit.

    `began` is when requests first reached the new release, None where none did.
    """

    digest: str
    release: str
    at: datetime
    began: datetime | None
    aborted: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A release whose answers people got for the first time: since `reached` in part, since `live` in whole.

    `failed` is when the release before it had all traffic again; `how` says whether a rollout was aborted or Git was
    reverted.
    """

    digest: str
    release: str
    reached: datetime
    live: datetime | None = None
    failed: datetime | None = None
    how: Literal["", "aborted", "reverted"] = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """An incident that kept a release from serving; `closed` None while it is open."""

    opened: datetime
    closed: datetime | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Of `count` spans the median and the 90th percentile (nearest rank), in seconds. None: too few to tell."""

    count: int
    median_s: float | None
    p90_s: float | None


@dataclass(frozen=True, slots=True)
class Performance:
    """The figures of [since, until), of which `measured_s` seconds are in the journal.

    `deployments` are releases that got all traffic for the first time, `changes` those that got any. `unknown_lead`
    counts deployments whose commit Git no longer has, or dates after them; `unrecovered` outages that are still open.
    """

    since: datetime
    until: datetime
    measured_s: float
    deployments: int
    per_day: float | None
    lead_time: Spread
    unknown_lead: int
    changes: int
    failures: int
    failure_rate: float | None
    recovery: Spread
    unrecovered: int


def changes_of(
    deployments: Iterable[Deployment], endings: Iterable[Ending], reached: Mapping[tuple[str, datetime], datetime]
) -> tuple[Change, ...]:
    """What became of each change of one model in one environment, by when it reached people.

    `reached` answers when a deployment (digest, since) first got any traffic; without an answer that is `since`. A
    deployment of a release that was live here before, right after another, is a return: it changes nothing, and the one
    before it has failed.
    """
    found: list[Change] = []
    brought: dict[str, datetime] = {}
    before: Deployment | None = None
    for each in sorted(deployments, key=lambda deployment: deployment.since):
        if each.digest not in brought:
            brought[each.digest] = each.since
            first = reached.get((each.digest, each.since), each.since)
            found.append(Change(each.digest, each.release, first, each.since))
        elif before is not None and _gave_way(before, each) and before.since == brought[before.digest]:
            _fail(found, before.digest, each.since, "reverted")
        before = each
    for ending in sorted(endings, key=lambda ending: ending.at):
        if ending.aborted and _fail(found, ending.digest, ending.at, "aborted"):
            continue
        if ending.began is not None and (ending.aborted or ending.digest not in brought):
            how: Literal["", "aborted"] = "aborted" if ending.aborted else ""
            failed = ending.at if ending.aborted else None
            found.append(Change(ending.digest, ending.release, ending.began, None, failed, how))
    return tuple(sorted(found, key=lambda change: change.reached))


def performance(
    changes: Sequence[Change],
    outages: Iterable[Outage],
    committed: Mapping[str, datetime],
    window: tuple[datetime, datetime],
    began: datetime | None,
) -> Performance:
    """The figures of a window. `committed` is when each release was committed; `began` when the journal begins."""
    since, until = window
    measured = max(until - max(since, began), timedelta()) if began is not None else timedelta()
    live = [each for each in changes if each.live is not None and since <= each.live < until]
    reached = [each for each in changes if since <= each.reached < until]
    failures = [each for each in reached if each.failed is not None]
    leads = [
        each.live - when
        for each in live
        if each.live and (when := committed.get(each.release)) is not None and when <= each.live
    ]
    ended = [each for each in outages if _by_itself(each, changes)]
    back = [each.failed - each.reached for each in changes if each.failed and since <= each.failed < until]
    back += [each.closed - each.opened for each in ended if each.closed and since <= each.closed < until]
    return Performance(
        since=since,
        until=until,
        measured_s=measured.total_seconds(),
        deployments=len(live),
        per_day=len(live) / (measured / _LEAST) if measured >= _LEAST else None,
        lead_time=spread(leads),
        unknown_lead=len(live) - len(leads),
        changes=len(reached),
        failures=len(failures),
        failure_rate=len(failures) / len(reached) if reached else None,
        recovery=spread(back),
        unrecovered=sum(each.closed is None for each in ended),
    )


def spread(spans: Iterable[timedelta]) -> Spread:
    """Median and 90th percentile. A span below zero, which only a wrong clock makes, is left out."""
    ordered = sorted(each.total_seconds() for each in spans if each >= timedelta())
    count = len(ordered)
    if not count:
        return Spread(0, None, None)
    median = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Spread(count, median, ordered[-(-9 * count // 10) - 1] if count >= _ENOUGH else None)


def _gave_way(before: Deployment, after: Deployment) -> bool:
    """Whether one release ended because the other came, and not because the model was taken away."""
    return before.digest != after.digest and before.until == after.since


def _fail(found: list[Change], digest: str, at: datetime, how: Literal["aborted", "reverted"]) -> bool:
    """Mark the change that brought a release whole as failed; False where there is none by then.

    A rollout that is aborted after the switch is a return as well: what is told first stays.
    """
    for place, each in enumerate(found):
        if each.digest == digest and each.live is not None and each.live <= at:
            found[place] = each if each.failed else replace(each, failed=at, how=how)
            return True
    return False


def _by_itself(outage: Outage, changes: Iterable[Change]) -> bool:
    """An outage while a failed change had traffic is that failure, and is not counted twice."""
    return not any(each.failed and each.reached <= outage.opened <= each.failed for each in changes)
