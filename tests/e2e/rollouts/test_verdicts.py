"""Releases of every kind under real load: the good one goes live, each bad one is out, and Git knows why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.rollouts.conftest import Shop

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def test_a_good_release_goes_live_and_no_request_fails(shop: Shop) -> None:
    """Steps by verdict, and the switch at the end, cost nobody an answer."""
    running = shop.begin(delay_ms=3)
    with shop.machine.load(rate=120, seconds=300, model="shop") as load:
        commit = shop.bring("Improve the shop", delay_ms=3, note=1)
        shop.ended(running, "completed", 250)
        fleet = shop.machine.live()
    assert fleet["rows"][0]["release"] == f"shop@{commit[:12]}"
    assert load["failed"] == {}
    assert shop.events(running) == ["rollout.started", "rollout.step", "rollout.completed"]


@pytest.mark.parametrize(
    ("behaviour", "release", "metric"),
    [
        ({"delay_ms": 3, "errors": 0.25}, "{ strategy: canary, steps: [{ weight: 50 }] }", "error-rate"),
        ({"delay_ms": 25}, "{ strategy: canary, steps: [{ weight: 50 }] }", "latency"),
        ({"delay_ms": 3, "flaky": 0.25}, "{ strategy: canary, steps: [{ weight: 50 }] }", "error-rate"),
        (
            {"delay_ms": 3, "burn_ms": 14},
            "{ strategy: canary, steps: [{ weight: 50 }], analysis: dear }",
            "cost-per-inference",
        ),
        ({"delay_ms": 3, "wrong": 0.4}, "{ strategy: shadow, analysis: same-answers }", "answers"),
    ],
    ids=["failing", "slow", "flaky", "expensive", "wrong"],
)
def test_a_bad_release_is_out_and_git_says_why(
    shop: Shop, behaviour: dict[str, Any], release: str, metric: str
) -> None:
    """The verdict names the measure; the revert commit bears it, and afterwards Git equals live without an incident."""
    # What an inference costs is told from what a server costs at rest only where it costs enough.
    dear = "burn_ms" in behaviour
    running = shop.begin(delay_ms=3, burn_ms=5 if dear else 0)
    first = shop.machine.git("rev-parse", "HEAD")
    with shop.machine.load(rate=60 if dear else 120, seconds=300, model="shop") as load:
        bad = shop.bring("Worsen the shop", f"release: {release}\n", **behaviour)
        ended = shop.ended(running, "aborted", 250)
        message = shop.reverted()
    assert ended["body"]["metric"] == metric, ended["body"]
    assert shop.seconds_out(running, ended) < 5
    if not {"errors", "flaky"} & behaviour.keys():
        assert load["failed"] == {}, "the switch itself cost somebody an answer"
    assert message.startswith('Revert "Worsen the shop"')
    assert f"Fairlead-Release: shop@{first[:12]}" in message
    assert f"Fairlead-Reverts: shop@{bad[:12]}" in message
    assert f"Fairlead-Metric: {metric}" in message
    assert shop.machine.live()["rows"][0]["release"] == f"shop@{first[:12]}"
    assert running.incidents() == []


def test_a_shadow_answers_nobody(shop: Shop) -> None:
    """Copies that all fail touch no customer: every answer is of the old release."""
    running = shop.begin(delay_ms=3)
    with shop.machine.load(rate=120, seconds=300, model="shop") as load:
        shop.bring("Break the shop", "release: { strategy: shadow, analysis: same-answers }\n", errors=1.0)
        shop.ended(running, "aborted", 250)
    assert load["failed"] == {}


def test_a_crashing_release_is_out_within_seconds(shop: Shop) -> None:
    """Its server ends by itself in its canary, seen by its death or by its failures: the old one has all traffic."""
    running = shop.begin(delay_ms=3)
    with shop.machine.load(rate=120, seconds=200, model="shop") as load:
        shop.bring("Crash the shop", delay_ms=3, crash_after=150)
        said = shop.ended(running, "aborted", 150)["body"]["message"]
        shop.reverted()
    assert "ended by themselves" in said or "error-rate is worse" in said
    assert sum(load["failed"].values()) < 0.2 * load["sent"]
    shop.machine.live()
    assert running.incidents() == []
