"""Cost events put into a quiet world: seven kinds, each with what is true of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.foresee.cost_events_world import PER_DAY, STEP_S, STEPS, Array, World

__all__ = ["KINDS", "Truth", "injected"]

# ruff: noqa: PLR2004 - the numbers of a made world stand where they are drawn


@dataclass(frozen=True, slots=True)
class Truth:
    """What happened: from step `start` (its fraction is inside of a window) to `end`."""

    kind: str
    start: float
    end: int
    dimension: str = ""
    value: str = ""
    commit: bool = False
    stage: str = "serving"


def _during(start: float, end: int) -> Array:
    """How much of each window the event fills."""
    part = np.zeros(STEPS)
    first = int(start)
    part[first] = 1 - (start - first)
    part[first + 1 : end] = 1.0
    return part


def _factor(part: Array, factor: float) -> Array:
    return 1 + part * (factor - 1)


def _hours(rng: np.random.Generator, least: float, most: float) -> int:
    return int(rng.uniform(least, most) * 12)


def _someone(world: World, rng: np.random.Generator, at: int) -> int:
    """A customer of some weight, but not all of it."""
    shares = world.load[at - 12 : at].sum(axis=0)
    shares /= shares.sum()
    fitting = np.flatnonzero((shares > 0.08) & (shares < 0.6))
    return int(rng.choice(fitting)) if len(fitting) else int(np.argmin(np.abs(shares - 0.3)))


def _for_customer(world: World, part: Array, who: int | None, factor: float) -> Array:
    changes = np.ones_like(world.load)
    columns = slice(None) if who is None else slice(who, who + 1)
    changes[:, columns] = _factor(part, factor)[:, None]
    return changes


def _share(world: World, who: int, at: int) -> float:
    recent = world.load[at - 12 : at].sum(axis=0)
    return float(recent[who] / recent.sum())


def _named(who: int | None) -> dict[str, str]:
    return {} if who is None else {"dimension": "customer", "value": f"customer-{who}"}


def runaway_job(world: World, rng: np.random.Generator, start: float) -> tuple[World, Truth]:
    """A training job with far more machines than the model costs in an hour, or than its jobs ever had."""
    end = int(start) + _hours(rng, 3, 10)
    part = _during(start, end)
    usual = max(float(np.max(world.jobs.get("training", np.zeros(1)))), _machines(world) * STEP_S)
    held = world.jobs.get("training", np.zeros(STEPS)) + part * usual * rng.uniform(1.0, 4.0)
    jobs, busy = {**world.jobs, "training": held}, {**world.busy, "training": 0.85}
    truth = Truth("runaway-job", start, end, "stage", "training", commit=bool(rng.random() < 0.5), stage="training")
    return replace(world, jobs=jobs, busy=busy), truth


def _machines(world: World) -> float:
    """Machines' worth of work in a usual window."""
    return float(np.median(world.effort) * np.median(world.load.sum(axis=1)))


def serving_configuration(world: World, rng: np.random.Generator, start: float) -> tuple[World, Truth]:
    """A release that wastes: batch size 1, cache off, or too many replicas."""
    end = int(start) + _hours(rng, 6, 24)
    part = _during(start, end)
    truth = Truth("serving-configuration", start, end, commit=True)
    if world.fleet == "fixed" or (world.fleet == "autoscaled" and rng.random() < 0.4):
        return replace(world, replicas=world.replicas * _factor(part, rng.uniform(1.5, 4))), truth
    return replace(world, effort=world.effort * _factor(part, rng.uniform(1.4, 2.5))), truth


def traffic_surge(world: World, rng: np.random.Generator, start: float) -> tuple[World, Truth]:
    """One customer sends much more, or all do."""
    end = int(start) + _hours(rng, 2, 8)
    rise = rng.uniform(0.7, 2.5)
    who = _someone(world, rng, int(start)) if rng.random() < 0.8 else None
    factor = 1 + rise / (1 if who is None else _share(world, who, int(start)))
    load = world.load * _for_customer(world, _during(start, end), who, factor)
    return replace(world, load=load), Truth("traffic-surge", start, end, **_named(who))


def price_change(world: World, rng: np.random.Generator, start: float) -> tuple[World, Truth]:
    """A lasting rise of the price, everywhere or in one region."""
    part = _during(start, STEPS)
    regions = world.rises.shape[1]
    factor, rises = rng.uniform(1.25, 1.6), world.rises.copy()
    if regions == 1 or rng.random() < 0.5:
        rises *= _factor(part, factor)[:, None]
        return replace(world, rises=rises), Truth("price-change", start, STEPS)
    weights = (world.load[int(start) - 12 : int(start)].sum(axis=0)) @ world.regions
    region = int(np.argmin(np.abs(weights / weights.sum() - 0.5)))
    rises[:, region] *= _factor(part, factor + 0.3)
    return replace(world, rises=rises), Truth("price-change", start, STEPS, "region", f"region-{region}")


def idle_gpu(world: World, rng: np.random.Generator, start: float) -> tuple[World, Truth]:
    """Machines that are held and not used: kept by a scaler, in a notebook, or left by all traffic."""
    end = int(start) + _hours(rng, 6, 24)
    part = _during(start, end)
    way = rng.choice(["kept", "notebook", "left"])
    if way == "kept":
        return replace(world, replicas=world.replicas * _factor(part, rng.uniform(1.6, 4))), Truth(
            "idle-gpu", start, end
        )
    if way == "notebook" or world.fleet != "fixed":
        held = part * max(_machines(world), 1.0) * STEP_S * rng.uniform(0.5, 2)
        jobs, busy = {**world.jobs, "development": held}, {**world.busy, "development": 0.02}
        return replace(world, jobs=jobs, busy=busy), Truth("idle-gpu", start, end, "stage", "development")
    return replace(world, load=world.load * _factor(part, 0.02)[:, None]), Truth("idle-gpu", start, end)


def retry_storm(world: World, rng: np.random.Generator, start: float) -> tuple[World, Truth]:
    """Requests fail after they have cost, and are sent again: one customer's, or all of them after a release."""
    end = int(start) + _hours(rng, 1, 6)
    part = _during(start, end)
    who = _someone(world, rng, int(start)) if rng.random() < 0.5 else None
    more = rng.uniform(0.5, 2.0) / (1 if who is None else _share(world, who, int(start)))
    failing = world.failing.copy()
    failing[:, slice(None) if who is None else slice(who, who + 1)] += (part * more)[:, None]
    truth = Truth("retry-storm", start, end, commit=who is None and bool(rng.random() < 0.7), **_named(who))
    return replace(world, failing=failing), truth


def tokens_per_request(world: World, rng: np.random.Generator, start: float) -> tuple[World, Truth]:
    """Prompts grow: of all, with a release of the prompt's template, or of one customer."""
    end = int(start) + _hours(rng, 6, 48)
    who = _someone(world, rng, int(start)) if rng.random() < 0.5 else None
    rise = rng.uniform(0.5, 1.5) / (1 if who is None else _share(world, who, int(start)))
    changes = _for_customer(world, _during(start, end), who, 1 + rise)
    grown = replace(world, prompt=world.prompt * changes, answer=world.answer * (1 + (changes - 1) * 0.3))
    return grown, Truth("tokens-per-request", start, end, commit=who is None, **_named(who))


KINDS: dict[str, Callable[[World, np.random.Generator, float], tuple[World, Truth]]] = {
    "runaway-job": runaway_job,
    "serving-configuration": serving_configuration,
    "traffic-surge": traffic_surge,
    "price-change": price_change,
    "idle-gpu": idle_gpu,
    "retry-storm": retry_storm,
    "tokens-per-request": tokens_per_request,
}

_ELASTIC = {"traffic-surge", "retry-storm", "tokens-per-request"}
_DECOYS, _NEAREST, _FARTHEST = 0.3, 6, 36
_APART = PER_DAY // 2


def calm_start(world: World, rng: np.random.Generator) -> float:
    """A moment after three weeks, with no release and no planned load within half a day, and no lost window near."""
    while True:
        start = float(rng.uniform(21 * PER_DAY, STEPS - 3 * PER_DAY))
        step = int(start)
        free = all(abs(at - start) > _APART for at, _, _ in world.deployed)
        free &= not any(begin - _APART < start < end + _APART for begin, end in world.planned)
        if free and not world.lost[step - 12 : step + 3].any():
            return start


def injected(world: World, kind: str, rng: np.random.Generator) -> tuple[World, Truth]:
    """The world with one event, its deployment, and often a harmless deployment an hour or so before.

    More load costs nothing where the fleet is fixed, so there it is not.
    """
    start = calm_start(world, rng)
    if kind in _ELASTIC and world.fleet == "fixed":
        world = replace(world, fleet="serverless")
    if kind == "tokens-per-request" and not world.prompt.any():
        sizes = rng.lognormal(6.5, 0.6, world.load.shape[1])
        world = replace(world, prompt=world.prompt + sizes, answer=world.answer + sizes / 5)
    changed, truth = KINDS[kind](world, rng, start)
    more: list[tuple[float, str, float | None]] = []
    if truth.commit:
        at = start - rng.uniform(0.02, 0.8)
        more.append((at, truth.stage, None))
        if truth.stage == "serving" and rng.random() < 0.5:
            changed.overlap[int(at) : int(at) + 2] = rng.uniform(0.3, 1.0)
    elif rng.random() < _DECOYS:
        more.append((start - rng.uniform(_NEAREST, _FARTHEST), "serving", None))
    return replace(changed, deployed=tuple(sorted((*world.deployed, *more)))), truth
