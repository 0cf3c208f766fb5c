"""Retry delays are Argo CD's: 5 times, doubling from 5 seconds, at most 3 minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fairlead.deliver.backoff import LONGEST_DELAY, Attempts

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_delays_double_and_the_sixth_failure_is_the_last() -> None:
    """5, 10, 20, 40, 80 seconds between tries; then nothing until Git changes."""
    tries, delays = Attempts(), []
    while not tries.exhausted:
        tries = tries.failed(_NOW)
        delays.append((tries.not_before or _NOW) - _NOW)
    assert delays[:5] == [timedelta(seconds=each) for each in (5, 10, 20, 40, 80)]
    assert max(delays) <= LONGEST_DELAY
    assert tries.failures == 6
    assert not tries.due(_NOW + timedelta(days=1))


def test_a_try_is_due_when_its_delay_is_over() -> None:
    """Not a moment earlier."""
    tries = Attempts().failed(_NOW)
    assert Attempts().due(_NOW)
    assert not tries.due(_NOW + timedelta(seconds=4.999))
    assert tries.due(_NOW + timedelta(seconds=5))
