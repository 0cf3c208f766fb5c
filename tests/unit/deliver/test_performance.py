"""The four figures of delivery, from pasts that are known: what counts, what does not, and what nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fairlead.deliver.performance import Change, Ending, Outage, Performance, changes_of, performance, spread
from fairlead.domain.release import Deployment

START = datetime(2026, 11, 1, tzinfo=UTC)


def at(hours: float) -> datetime:
    """So many hours after the beginning."""
    return START + timedelta(hours=hours)


def lived(*steps: tuple[str, float]) -> list[Deployment]:
    """Deployments one after the other: release and the hour from which it was live."""
    ends = [at(hour) for _, hour in steps[1:]]
    return [
        Deployment("prod", "digits", f"digits@{name}", name, name, at(hour), ends[place] if place < len(ends) else None)
        for place, (name, hour) in enumerate(steps)
    ]


def told(changes: tuple[Change, ...]) -> list[str]:
    """Each change in one word: its release, and how it failed."""
    return [f"{each.digest}{f' {each.how}' if each.how else ''}" for each in changes]


def figures(changes: tuple[Change, ...], outages: tuple[Outage, ...] = (), hours: float = 240) -> Performance:
    """Of ten days; every release was committed two hours before it went live."""
    committed = {each.release: each.live - timedelta(hours=2) for each in changes if each.live}
    return performance(changes, outages, committed, (START, at(hours)), START)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((("a", 0),), ["a"]),
        ((("a", 0), ("b", 5)), ["a", "b"]),
        ((("a", 0), ("b", 5), ("a", 6)), ["a", "b reverted"]),
        ((("a", 0), ("b", 5), ("a", 6), ("b", 7)), ["a", "b reverted"]),
        ((("a", 0), ("b", 5), ("c", 6), ("a", 7)), ["a", "b", "c reverted"]),
        ((("a", 0), ("a", 5)), ["a"]),
    ],
)
def test_a_return_is_the_failure_of_what_was_before(steps: tuple[tuple[str, float], ...], expected: list[str]) -> None:
    """And no deployment of its own; whoever reverts, fairlead or a person, the release that goes has failed."""
    assert told(changes_of(lived(*steps), (), {})) == expected


def test_a_model_that_was_removed_and_comes_back_was_not_reverted() -> None:
    """There was nothing between that failed."""
    first, second = lived(("a", 0), ("b", 5))
    gone = Deployment("prod", "digits", "digits@b", "b", "b", at(5), at(6))
    back = Deployment("prod", "digits", "digits@a", "a", "a", at(9))
    assert second.digest == "b"
    assert told(changes_of([first, gone, back], (), {})) == ["a", "b"]


def test_an_aborted_rollout_counts_where_it_reached_anybody() -> None:
    """One that met no request is no change; one that was superseded is a change, and no failure."""
    endings = [
        Ending("b", "digits@b", at(5), None, aborted=True),
        Ending("c", "digits@c", at(8), at(7), aborted=True),
        Ending("d", "digits@d", at(11), at(10), aborted=False),
    ]
    changes = changes_of(lived(("a", 0)), endings, {})
    assert told(changes) == ["a", "c aborted", "d"]
    found = figures(changes)
    assert (found.deployments, found.changes, found.failures) == (1, 3, 1)
    assert found.failure_rate == pytest.approx(1 / 3)
    assert (found.recovery.count, found.recovery.median_s) == (1, 3600)


def test_an_abort_after_the_switch_is_one_failure() -> None:
    """The release that was live and is taken back is neither counted twice nor recovered twice."""
    endings = [Ending("b", "digits@b", at(6), at(4), aborted=True)]
    reached = {("b", at(5)): at(4)}
    changes = changes_of(lived(("a", 0), ("b", 5), ("a", 6)), endings, reached)
    assert told(changes) == ["a", "b reverted"]
    assert figures(changes).recovery.median_s == 2 * 3600


def test_a_second_try_of_an_aborted_release_is_another_change() -> None:
    """The first one failed, whatever became of the second."""
    endings = [Ending("b", "digits@b", at(2), at(1), aborted=True)]
    assert told(changes_of(lived(("a", 0), ("b", 5)), endings, {})) == ["a", "b aborted", "b"]


def test_nothing_known_is_insufficient_and_never_zero() -> None:
    """Counts are counts; a rate, a time and a frequency of nothing are not known."""
    found = performance((), (), {}, (START, at(240)), None)
    assert (found.deployments, found.changes, found.failures, found.unrecovered) == (0, 0, 0, 0)
    assert (found.per_day, found.failure_rate) == (None, None)
    assert (found.lead_time.median_s, found.lead_time.p90_s, found.recovery.median_s) == (None, None, None)


def test_a_frequency_is_of_the_time_that_is_measured() -> None:
    """A journal that began two days ago tells of two days; of less than one it tells none."""
    changes = changes_of(lived(("a", 200), ("b", 210)), (), {})
    known = performance(changes, (), {}, (START, at(240)), at(192))
    assert (known.measured_s, known.per_day) == (48 * 3600, 1.0)
    assert performance(changes, (), {}, (START, at(240)), at(230)).per_day is None


def test_only_the_window_counts() -> None:
    """By the moment at which something happened; a failure belongs to its change."""
    changes = changes_of(lived(("a", 0), ("b", 5), ("a", 30), ("c", 40)), (), {})
    found = performance(changes, (), {}, (at(24), at(48)), START)
    assert (found.deployments, found.changes, found.failures, found.recovery.count) == (1, 1, 0, 1)


def test_a_commit_that_is_gone_is_counted_as_unknown() -> None:
    """A rewritten branch drops commits, and some come from a clock that is ahead: neither is a lead time of zero."""
    changes = changes_of(lived(("a", 5)), (), {})
    for committed in ({}, {"digits@a": at(6)}):
        found = performance(changes, (), committed, (START, at(240)), START)
        assert (found.lead_time.count, found.lead_time.median_s, found.unknown_lead) == (0, None, 1)


def test_outages_beside_failures_are_recovered_too() -> None:
    """An incident during a failed release is that failure; one that is open is told, and no recovery."""
    changes = changes_of(lived(("a", 0), ("b", 5), ("a", 6)), (), {})
    outages = (Outage(at(5.5), at(6)), Outage(at(20), at(23)), Outage(at(30), None))
    found = figures(changes, outages)
    assert (found.recovery.count, found.recovery.median_s, found.unrecovered) == (2, 2 * 3600, 1)


@pytest.mark.parametrize(
    ("seconds", "median", "p90"),
    [([], None, None), ([4], 4, None), ([1, 2, 9], 2, None), ([1, 2, 3, 4], 2.5, None),
     (range(1, 11), 5.5, 9), (range(1, 12), 6, 10), ([-5, 4], 4, None)],
)  # fmt: skip
def test_median_and_ninth_tenth(seconds: list[int], median: float | None, p90: float | None) -> None:
    """By hand; of fewer than ten values a ninth tenth would be the greatest; what a wrong clock made is left out."""
    found = spread([timedelta(seconds=each) for each in seconds])
    counted = [each for each in seconds if each >= 0]
    assert (found.count, found.median_s, found.p90_s) == (len(counted), median, p90)
