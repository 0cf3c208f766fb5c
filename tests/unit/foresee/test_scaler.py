"""The scaler's step: within its bounds whatever it sees, never lower on what it does not know, safe from kills."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.foresee.scaling.config import ServiceModel, Slo
from fairlead.foresee.scaling.policies.base import Policy
from fairlead.foresee.scaling.policies.predictive import Predictive
from fairlead.foresee.scaling.policies.reactive import Hpa, KedaLike
from fairlead.foresee.scaling.policies.scheduled import Scheduled
from fairlead.foresee.scaling.scaler import PATIENCE, Basis, Bounds, Decision, Scaler, Seen

SERVICE = ServiceModel(1 / 30, 60, 30, 120, 1, 20, Slo(30, 0.01))
POLICIES = (Predictive, Hpa, KedaLike, Scheduled)


def policy(kind: int) -> Policy:
    """One of the policies."""
    return POLICIES[kind](SERVICE)


def seen(demand: float | None, at: int = 0, **changes: float | None) -> Seen:
    """A step; a test states what differs."""
    fields = {"steps": 1, "waiting": 0.0, "late": 0.0, "ready": 1, "serving": 1, "counted": None, **changes}
    return Seen(second=1.8e9 + 30 * at, demand=demand, **fields)  # type: ignore[arg-type]


numbers = st.floats(0, 1e6, allow_nan=False)
steps = st.builds(
    Seen,
    second=st.floats(1.7e9, 1.8e9),
    steps=st.integers(0, 50),
    demand=st.none() | numbers,
    waiting=numbers,
    late=numbers,
    ready=st.integers(0, 100),
    serving=st.integers(0, 100),
    counted=st.none() | numbers,
)
ranges = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda pair: Bounds(min(pair), max(pair)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), st.lists(st.tuples(steps, ranges), min_size=1, max_size=12), st.booleans())
def test_bounds_are_never_crossed(kind: int, past: list[tuple[Seen, Bounds]], alone: bool) -> None:  # noqa: FBT001
    """Whatever is seen, and whatever the bounds were before: the order lies within those of now."""
    scaler = Scaler(SERVICE, policy(kind), 1, alone=alone)
    for each, bounds in past:
        for decision in (scaler.step(each, bounds), scaler.bound(bounds), scaler.wake(bounds)):
            assert bounds.least <= decision.order <= bounds.most
            assert scaler.order == decision.order


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 3), st.lists(steps, min_size=2, max_size=20), st.integers(0, 19), st.booleans())
def test_resumed_equals_uninterrupted(kind: int, past: list[Seen], kill: int, alone: bool) -> None:  # noqa: FBT001
    """Killed between any two steps: what was kept, as text, decides as if nothing had happened."""
    bounds = Bounds(0, 20)
    whole, killed = (Scaler(SERVICE, policy(kind), 1, alone=alone) for _ in range(2))
    for at, each in enumerate(past):
        if at == kill:
            text = json.dumps(killed.kept())
            killed = Scaler(SERVICE, policy(kind), 7, alone=alone)
            killed.resume(json.loads(text))
        assert whole.step(each, bounds) == killed.step(each, bounds)
    assert whole.kept() == killed.kept()


@pytest.mark.parametrize("kind", range(4))
def test_unknown_demand_never_lowers_the_order(kind: int) -> None:
    """It stands still at what serves; after some steps it follows what can be counted, upwards."""
    scaler, bounds = Scaler(SERVICE, policy(kind), 2), Bounds(1, 10)
    told = [scaler.step(seen(None, at, serving=3, counted=0.5), bounds) for at in range(PATIENCE)]
    assert [(each.order, each.basis) for each in told] == [(3, Basis.HELD)] * PATIENCE
    reactive = scaler.step(seen(None, serving=3, counted=3.5), bounds)
    assert (reactive.order, reactive.basis) == (5, Basis.REACTIVE)
    assert scaler.step(seen(None, serving=5, counted=0.0), bounds).order == 5
    assert scaler.step(seen(None, serving=5), bounds) == Decision(5, Basis.HELD, told[0].expected)


@pytest.mark.parametrize("kind", range(4))
def test_zero_comes_after_the_hold_alone(kind: int) -> None:
    """With `min: 0` the last replica goes when nothing was asked for the hold, and not a step earlier."""
    scaler, bounds = Scaler(SERVICE, policy(kind), 1), Bounds(0, 10)
    scaler.step(seen(0.4), bounds)
    orders = [scaler.step(seen(0.0, at), bounds) for at in range(1, 5)]
    assert [each.order >= 1 for each in orders] == [True, True, True, False]
    assert orders[-1].basis is Basis.IDLE
    assert scaler.step(seen(0.0, 5), bounds).order == 0
    woken = scaler.wake(bounds)
    assert (woken.order, woken.basis) == (1, Basis.WOKEN)
    assert scaler.step(seen(0.0, 6), bounds).order == 1


def test_nothing_waits_with_a_replica_at_least() -> None:
    """With `min: 1` a model that nobody asks keeps its replica."""
    scaler = Scaler(SERVICE, policy(0), 1)
    assert {scaler.step(seen(0.0, at), Bounds(1, 10)).order for at in range(20)} == {1}


@pytest.mark.parametrize("kind", range(4))
def test_demand_brings_replicas(kind: int) -> None:
    """Work of five replicas brings at least five, in some steps."""
    scaler, bounds = Scaler(SERVICE, policy(kind), 1), Bounds(1, 20)
    order = 1
    for at in range(40):
        order = scaler.step(seen(5.0, at, ready=order, serving=order, waiting=3.0 if order < 5 else 0.0), bounds).order
    assert 5 <= order <= 20


def test_a_gap_is_made_up_for() -> None:
    """A control plane that was down learns from the steps that it missed."""
    whole, gap = (Scaler(SERVICE, policy(0), 1, alone=True) for _ in range(2))
    for at in range(1, 11):
        whole.step(seen(3.0, at), Bounds(1, 10))
    gap.step(seen(30.0, 10, steps=10), Bounds(1, 10))
    assert whole.kept() == gap.kept()


def test_the_past_warms_a_new_policy() -> None:
    """With a day of history it orders for the usual demand at once, without it for the safety of a beginner."""
    past = [(1.8e9 + 300.0 * at, 20.0, 10) for at in range(1, 289)]
    warm, cold = (Scaler(SERVICE, Predictive(SERVICE), 1) for _ in range(2))
    warm.warm(past)
    at = past[-1][0] + 30
    told = [each.step(Seen(at, 1, 2.0, 0.0, 0.0, 2, 2), Bounds(1, 20)) for each in (warm, cold)]
    assert told[0].expected == pytest.approx(2.0, abs=0.05)
    assert told[0].order < told[1].order == 4


def test_what_another_program_kept_is_refused() -> None:
    """Another policy's learning, or arrays of another size: a ValueError, for the caller to begin anew."""
    kept = Scaler(SERVICE, policy(0), 1).kept()
    with pytest.raises(ValueError, match="keeps"):
        Scaler(SERVICE, policy(1), 1).resume(kept)
