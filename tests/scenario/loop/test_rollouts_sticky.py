"""Customers who keep to a release: those who fail for reasons of their own condemn nobody; a bad release is out."""

from __future__ import annotations

import random
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import pytest

from fairlead.domain.rollout import Phase
from fairlead.flows.rollouts.kept import kept
from tests.scenario.loop.test_rollouts import Canary

_STICKY = "release: {strategy: canary, sticky: customer, steps: [{weight: 50}]}\n"
_CUSTOMERS = 20


class Sticky(Canary):
    """Twenty customers, each of whom keeps to a release; one in four fails half of the time, whichever it is."""

    draw = 0
    """Which customers fall to the new release."""

    def ask(self, count: int, *, bad: float = 0.0, slow: float = 1.0, seed: int = 1) -> None:
        """Requests of all customers in turn; a share `bad` of those to the new release fail because of it."""
        chance, ((old, _), (new, weight)) = random.Random(seed), self.backends()
        for at in range(count):
            customer = at % _CUSTOMERS
            place = blake2b(f"{self.draw}:{customer}".encode(), digest_size=2).digest()
            mine = int.from_bytes(place) % 100 < weight
            fails = (customer % 4 == 0 and chance.random() < 0.5) or (mine and chance.random() < bad)
            span = int(chance.lognormvariate(8.0, 0.3) * slow)
            self.logged(new if mine else old, f"customer-{customer}", span, str(chance.random()), fails=fails)


@pytest.fixture
def scene(tmp_path: Path) -> Sticky:
    """A release of digits is live, and the next comes by a canary that keeps customers together."""
    made = Sticky.judged(tmp_path)
    made.bring("first", _STICKY)
    made.settle()
    return made


@pytest.mark.parametrize("draw", range(4))
def test_unlike_customers_condemn_no_release(scene: Sticky, draw: int) -> None:
    """The new release drew more, or fewer, of those who always fail: that proves nothing against it."""
    scene.draw = draw
    scene.bring("second", _STICKY)
    for at in range(40):
        scene.ask(400, seed=at)
        scene.clock.advance(timedelta(seconds=8))
        scene.look()
    assert scene.rollout().phase is not Phase.ABORTED, scene.rollout().reason
    assert scene.incidents() == []


def test_a_bad_release_is_out_all_the_same(scene: Sticky) -> None:
    """It fails all of its customers, and that is told from those who fail anyway."""
    scene.bring("bad", _STICKY)
    scene.until(Phase.ABORTED, bad=0.7)
    assert scene.rollout().metric == "error-rate"


def test_it_says_what_it_waits_for(scene: Sticky) -> None:
    """More requests of the same few customers say nothing new; the reason names that."""
    scene.bring("second", _STICKY)
    scene.until(Phase.STEPPING)
    for at in range(10):
        scene.ask(400, seed=at)
        scene.clock.advance(timedelta(seconds=8))
        scene.look()
    found = kept(scene.world, "prod", "digits")
    assert found is not None
    assert found.measured.finding is not None
    (errors,) = (each for each in found.measured.finding.metrics if each.metric == "error-rate")
    assert errors.reason.startswith("too few customers yet to tell: they keep to a release")
    assert "customer-" not in str(found.measured.clusters)
