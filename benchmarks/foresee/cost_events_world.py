"""A model's quiet life in five-minute windows, made by chance: what the watch of cost must not alarm for.

Customers with days, weeks and growth of their own, bursts, declared launches, releases (some dearer, as predicted),
start-ups, jobs by night or by whim, a fleet that follows the load late and in whole machines, spot prices, gaps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAYS", "PER_DAY", "STEPS", "STEP_S", "Paid", "World", "made_world", "paid"]

# ruff: noqa: PLR2004 - the numbers of a made world stand where they are drawn

Array = NDArray[np.float64]
STEP_S, PER_DAY, DAYS = 300, 288, 44
STEPS = DAYS * PER_DAY
WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class World:
    """Everything that costs follow from; arrays are (steps,) or (steps, customers). Events change these causes."""

    name: str
    fleet: str  # fixed, autoscaled or serverless
    load: Array  # inferences by customer
    prompt: Array  # input tokens per inference, by customer; zeros for models without tokens
    answer: Array
    effort: Array  # used seconds per unit of work, all noise in it
    failing: Array  # failed requests per inference, by customer
    replicas: Array  # factor on the machines that are held
    least: int
    prices: Array  # (steps, skus) per held second
    regions: Array  # (customers, regions) shares
    skus: Array  # (regions, skus) shares
    rises: Array  # (steps, regions) price factor
    jobs: dict[str, Array]  # by stage: held seconds
    busy: dict[str, float]  # by stage: used per held
    lost: NDArray[np.bool_]
    overlap: Array  # extra machines while a release starts
    deployed: tuple[tuple[float, str, float | None], ...]  # step, stage, predicted factor
    planned: tuple[tuple[int, int], ...] = field(default=())


def _noise(rng: np.random.Generator, width: float, memory: float = 0.7) -> Array:
    made = np.zeros(STEPS)
    shocks = rng.standard_normal(STEPS) * width
    for step in range(1, STEPS):
        made[step] = memory * made[step - 1] + shocks[step]
    return made


def _customer(rng: np.random.Generator, mean: float) -> Array:
    """Expected inferences of one customer."""
    steps = np.arange(STEPS)
    phase = rng.uniform(0, 2 * np.pi)
    day = rng.uniform(0.2, 0.9) * np.sin(steps * 2 * np.pi / PER_DAY + phase)
    day += rng.uniform(0, 0.3) * np.sin(steps * 4 * np.pi / PER_DAY + rng.uniform(0, 6))
    weekend = np.where(steps // PER_DAY % 7 < WORKDAYS, 0.0, np.log(rng.uniform(0.5, 1.0)))
    weekend = np.convolve(np.pad(weekend, 36, mode="edge"), np.full(73, 1 / 73), mode="valid")  # nobody leaves at once
    growth = steps / PER_DAY * (rng.normal(0, 0.004) + (rng.random() < 0.2) * rng.uniform(0, 0.02))
    made = mean * np.exp(day + weekend + growth + _noise(rng, rng.uniform(0.02, 0.08)))
    for start in rng.integers(0, STEPS, rng.poisson(DAYS / 15)):
        made[start : start + rng.integers(1, 4)] *= rng.uniform(1.2, 2.0)
    return np.asarray(made)


def _jobs(rng: np.random.Generator, machines: float) -> dict[str, Array]:
    """Training by schedule, by whim, or none."""
    way = rng.choice(["none", "nightly", "now and then"], p=[0.5, 0.3, 0.2])
    held = np.zeros(STEPS)
    size = machines * rng.uniform(0.4, 2.0) * STEP_S
    if way == "nightly":
        hour, length = int(rng.integers(0, PER_DAY)), int(rng.integers(9, 30))
        for day in range(DAYS):
            start = day * PER_DAY + hour + int(rng.integers(-4, 5))
            held[max(start, 0) : max(start + length + int(rng.integers(-3, 4)), 0)] = size * rng.uniform(0.9, 1.1)
    if way == "now and then":
        for start in rng.integers(0, STEPS, rng.poisson(DAYS / 7 * rng.uniform(2, 5))):
            held[start : start + rng.integers(6, 40)] = size * rng.uniform(0.6, 1.2)
    return {"training": held} if way != "none" else {}


def _releases(rng: np.random.Generator, effort: Array, overlap: Array) -> list[tuple[float, str, float | None]]:
    """Harmless releases, about one a week, and some that cost more, as the gate had predicted."""
    found: list[tuple[float, str, float | None]] = []
    for at in np.sort(rng.uniform(0, STEPS - PER_DAY, rng.poisson(DAYS / 7))):
        ready = int(at + rng.uniform(0.1, 1.0)) + 1
        known = rng.random() < 0.2
        factor = rng.uniform(1.15, 1.6) if known else np.exp(rng.normal(0, 0.02))
        effort[ready:] *= factor
        if rng.random() < 0.5:
            overlap[int(at) : int(at) + rng.integers(1, 3)] = rng.uniform(0.3, 1.0)
            effort[ready : ready + 1] *= rng.uniform(1.0, 1.4)
        found.append((float(at), "serving", float(factor * np.exp(rng.normal(0, 0.05))) if known else None))
    return found


def made_world(rng: np.random.Generator, name: str) -> World:
    """Draw one."""
    customers, regions, skus = int(rng.integers(3, 8)), int(rng.integers(1, 4)), int(rng.integers(1, 3))
    volume = float(np.exp(rng.uniform(np.log(30), np.log(20_000))))
    shares = rng.dirichlet(np.full(customers, 3.0))
    load = np.stack([_customer(rng, volume * share) for share in shares], axis=1)
    tokens = rng.random() < 0.6
    sizes = rng.lognormal(6.5, 0.6, customers) * tokens
    answers = rng.lognormal(5, 0.5, customers) * tokens
    drift = np.exp(np.stack([_noise(rng, 0.01) for _ in range(customers)], axis=1))
    effort, overlap = np.exp(_noise(rng, rng.uniform(0.01, 0.03))), np.zeros(STEPS)
    deployed = _releases(rng, effort, overlap)
    planned: list[tuple[int, int]] = []
    for start in rng.integers(0, STEPS - PER_DAY, rng.poisson(DAYS / 30)):
        end = int(start + rng.integers(36, PER_DAY))
        planned.append((int(start), end))
        load[start:end] *= rng.uniform(1.5, 3)
    base = rng.uniform(0.0003, 0.0012, skus)
    spot = np.where(rng.random(skus) < 0.3, 1.0, 0.0)
    prices = np.stack([price * np.exp(way * _noise(rng, 0.01, 0.98)) for price, way in zip(base, spot, strict=True)], 1)
    machines = float(np.exp(rng.uniform(np.log(3), np.log(40))))
    lost = rng.random(STEPS) < 0.003
    for start in rng.integers(0, STEPS, rng.poisson(DAYS / 30)):
        lost[start : start + rng.integers(12, 72)] = True
    jobs = _jobs(rng, machines)
    return World(
        name=name,
        fleet=str(rng.choice(["fixed", "autoscaled", "serverless"], p=[0.2, 0.4, 0.4])),
        load=load,
        prompt=sizes * drift,
        answer=answers * drift,
        effort=effort * machines / volume,
        failing=np.full((STEPS, customers), rng.uniform(0.0005, 0.01)),
        replicas=np.ones(STEPS),
        least=max(int(machines * rng.uniform(0, 0.5)), 1),
        prices=prices,
        regions=rng.dirichlet(np.full(regions, 1.5), customers),
        skus=rng.dirichlet(np.full(skus, 2.0), regions),
        rises=np.ones((STEPS, regions)),
        jobs=jobs,
        busy=dict.fromkeys(jobs, 0.85),
        lost=lost,
        overlap=overlap,
        deployed=tuple(deployed),
        planned=tuple(planned),
    )


@dataclass(frozen=True, slots=True)
class Paid:
    """What the meter sees of a world, one row per step."""

    requests: NDArray[np.int64]
    inferences: NDArray[np.int64]
    input_tokens: NDArray[np.int64]
    output_tokens: NDArray[np.int64]
    used: Array
    held: Array
    cost: Array
    stages: dict[str, tuple[Array, Array, Array]]  # cost, used, held
    by_customer: Array
    by_region: Array
    by_sku: Array


def paid(world: World, rng: np.random.Generator) -> Paid:
    """Draw the counts and follow the money. The same seed gives the same chance to a world and to its changed copy."""
    mean = world.load
    normal, failed_normal, size_normal = (rng.standard_normal(mean.shape) for _ in range(3))
    answered = np.maximum(np.rint(mean + np.sqrt(mean * 1.5) * normal), 0)
    failed_mean = answered * world.failing
    failed = np.maximum(np.rint(failed_mean + np.sqrt(failed_mean) * failed_normal), 0)
    chance_of_size = np.exp(np.clip(size_normal, -3, 3) * 0.8 / np.sqrt(np.maximum(answered, 1)))
    read, written = answered * world.prompt * chance_of_size, answered * world.answer * chance_of_size
    has_tokens = world.prompt.any()
    scale = 1 / (world.prompt.mean(axis=0) + 4 * world.answer.mean(axis=0)).mean() if has_tokens else 0.0
    work = (read + 4 * written) * scale if has_tokens else answered * chance_of_size
    work += failed * 0.8 * (work / np.maximum(answered, 1))
    used_by = work * world.effort[:, None] * STEP_S
    used = used_by.sum(axis=1)
    held = _held(world, used)
    share = used_by / np.maximum(used, 1e-12)[:, None]
    region = share @ world.regions
    region /= np.maximum(region.sum(axis=1), 1e-12)[:, None]
    price_in = world.rises * (world.prices @ world.skus.T)
    by_region = held[:, None] * region * price_in
    cost = by_region.sum(axis=1)
    by_sku = np.einsum("tr,rs,ts,tr->ts", region * held[:, None], world.skus, world.prices, world.rises)
    stages = {name: (job * price_in[:, 0], job * world.busy[name], job) for name, job in world.jobs.items()}
    jobs = sum((cost_of for cost_of, _, _ in stages.values()), np.zeros(STEPS))
    by_region[:, 0] += jobs
    by_sku += jobs[:, None] * world.skus[0]
    return Paid(
        requests=(answered + failed).sum(axis=1).astype(np.int64),
        inferences=answered.sum(axis=1).astype(np.int64),
        input_tokens=np.rint(read.sum(axis=1)).astype(np.int64),
        output_tokens=np.rint(written.sum(axis=1)).astype(np.int64),
        used=used,
        held=held,
        cost=cost,
        stages=stages,
        by_customer=cost[:, None] * share,
        by_region=by_region,
        by_sku=by_sku,
    )


def _held(world: World, used: Array) -> Array:
    """Held seconds: all that was used, a fixed fleet, or whole machines that follow the load a window late."""
    if world.fleet == "serverless":
        return used * world.replicas
    if world.fleet == "fixed":
        usual = np.ceil(np.quantile(used[: 14 * PER_DAY], 0.999) / STEP_S / 0.8)
        return np.asarray(np.maximum(usual, 1) * world.replicas * (1 + world.overlap) * STEP_S)
    machines, recent = np.empty(len(used)), [1.0] * 6
    for step in range(len(used)):
        wanted = np.ceil(used[max(step - 1, 0)] / STEP_S / 0.65)
        recent = [*recent[1:], wanted]
        machines[step] = max(*recent[-3:], world.least)
    grown = np.maximum(machines * world.replicas * (1 + world.overlap) * STEP_S, used)
    return np.asarray(grown)
