"""The watch over cost: what alarms, what does not, what an event says, and that its state can be saved anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from math import exp, pi, sin
from random import Random

import pytest

from fairlead.domain.anomaly import CostEvent, CostKind, Deployed
from fairlead.foresee.cost_events.watch import CostWatch, WatchKnobs
from fairlead.foresee.cost_events.window import CostWindow, StageUse
from fairlead.kernel.windows import Window

START = datetime(2026, 3, 2, tzinfo=UTC)
STEP = timedelta(minutes=5)
PER_DAY = 288
WARM = 8 * PER_DAY
KNOBS = WatchKnobs(warm_up_days=7, accept_after_days=2)
Change = Callable[[int, dict[str, float]], None]


def window(step: int, change: Change | None = None) -> CostWindow:
    """A window of a quiet model with a day's shape; `change` bends the causes of its cost."""
    rng = Random(step)
    own = {
        "a": 600 * exp(0.3 * sin(2 * pi * step / PER_DAY) + rng.gauss(0, 0.02)),
        "b": 400.0,
        "tokens": 500.0,
        "work": exp(rng.gauss(0, 0.01)),
        "price": 0.001,
        "held": 1.0,
        "retries": 0.0,
        "training": 0.0,
    }
    if change:
        change(step, own)
    served = own["a"] + own["b"]
    used = served * own["tokens"] / 1000 * own["work"] * (1 + own["retries"])
    held = used * own["held"]
    cost = round(Decimal(held * own["price"]), 9)
    stages = {"serving": StageUse(cost, used, held)}
    if own["training"]:
        stages["training"] = StageUse(
            round(Decimal(own["training"] * own["price"]), 9), own["training"], own["training"]
        )
    return CostWindow(
        environment="prod",
        model="churn",
        start=START + step * STEP,
        currency="EUR",
        stages=stages,
        requests=int(served * (1 + own["retries"])),
        inferences=int(served),
        input_tokens=int(served * own["tokens"]),
        costs={
            "customer": {name: float(cost) * own[name] / served for name in ("a", "b")},
            "region": {"eu": float(cost) * 0.6, "us": float(cost) * 0.4},
        },
    )


@cache
def warm_state() -> str:
    """State of a watch after eight quiet days, as JSON."""
    watch = CostWatch(KNOBS)
    for step in range(WARM):
        assert watch.step(window(step)) is None
    return json.dumps(watch.saved())


def warm() -> CostWatch:
    return CostWatch.resumed(json.loads(warm_state()), KNOBS)


def said(
    change: Change | None, steps: int = 24, deployed: tuple[Deployed, ...] = (), planned: tuple[Window, ...] = ()
) -> list[CostEvent]:
    """Events of the steps after the warm-up."""
    watch = warm()
    return [event for event in fed(watch, range(WARM, WARM + steps), change, deployed, planned) if event]


def fed(
    watch: CostWatch,
    steps: range,
    change: Change | None,
    deployed: tuple[Deployed, ...] = (),
    planned: tuple[Window, ...] = (),
) -> Iterator[CostEvent | None]:
    for step in steps:
        closed = window(step, change)
        yield watch.step(closed, [each for each in deployed if each.at < closed.end], planned)


def bent(since: int, **factors: float) -> Change:
    """Causes multiplied from a step on; `retries` and `training` are set."""

    def change(step: int, own: dict[str, float]) -> None:
        if step >= WARM + since:
            for name, factor in factors.items():
                own[name] = own[name] * factor if own[name] else factor

    return change


def released(step: float, factor: str | None = None, stage: str = "serving") -> Deployed:
    at = START + (WARM + step) * STEP
    known = None if factor is None else Decimal(factor)
    return Deployed(at, "prod", "churn", "f" * 64, "abc123" + "0" * 34, "Ann", "batch size 1", known, stage)


@pytest.mark.parametrize(
    ("factors", "kind", "cause"),
    [
        ({"a": 3.0}, CostKind.TRAFFIC_SURGE, ("customer", ("a",))),
        ({"a": 2.0, "b": 2.0}, CostKind.TRAFFIC_SURGE, None),
        ({"price": 1.4}, CostKind.PRICE_CHANGE, None),
        ({"tokens": 2.0}, CostKind.TOKENS_PER_REQUEST, None),
        ({"work": 1.8}, CostKind.SERVING_CONFIGURATION, None),
        ({"held": 2.0}, CostKind.IDLE_GPU, None),
        ({"retries": 0.8}, CostKind.RETRY_STORM, None),
        ({"training": 2000.0}, CostKind.RUNAWAY_JOB, ("stage", ("training",))),
    ],
)
def test_each_kind_is_found_in_the_window_that_shows_it(
    factors: dict[str, float], kind: CostKind, cause: tuple[str, tuple[str, ...]] | None
) -> None:
    """One event per change, at the end of its first window, with its kind and with the dimension that explains it."""
    (event,) = said(bent(6, **factors))
    named = (event.cause.dimension, event.cause.values) if event.cause else None
    assert (event.kind, named) == (kind, cause)
    assert event.found == START + (WARM + 7) * STEP
    assert event.began == START + (WARM + 6) * STEP
    assert event.origin is None


def test_a_quiet_model_says_nothing() -> None:
    """Two days without a change are two days without an event."""
    assert said(None, 2 * PER_DAY) == []
