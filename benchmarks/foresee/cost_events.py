"""Injected cost events: how soon an alarm comes, and how often one comes for nothing.

Run `python -m benchmarks.foresee.cost_events`. Each series is 60 days of a model's cost in five-minute steps: a level,
a day's and a week's shape, correlated noise and harmless bursts. Half of the series get one event after day 30, of a
kind that raises cost for hours. The seeds here are not those that constants were chosen on.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.anomalies.detector import Detector, Knobs

STEP_US, PER_DAY, DAYS, SERIES, SEED = 300_000_000, 288, 60, 40, 20_261_123
KINDS = ("runaway job", "bad batch size", "cache off", "traffic surge", "price change")
FACTORS = (2.5, 1.8, 1.5, 2.0, 1.4)
LENGTHS = (60, 144, 144, 36, 10_000)
FIRST_DAY, LAST_DAY = 30, 55
WITHIN = 144
WORKDAYS, BURST_SHARE = 5, 0.001


def usual(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw one quiet series."""
    steps = np.arange(DAYS * PER_DAY)
    day = 1 + rng.uniform(0.1, 0.5) * np.sin(steps * 2 * np.pi / PER_DAY + rng.uniform(0, 6))
    week = np.where(steps // PER_DAY % 7 < WORKDAYS, 1.0, rng.uniform(0.6, 1.0))
    noise = np.zeros(len(steps))
    shocks = rng.standard_normal(len(steps)) * rng.uniform(0.01, 0.06)
    for step in range(1, len(steps)):
        noise[step] = 0.7 * noise[step - 1] + shocks[step]
    bursts = (rng.random(len(steps)) < BURST_SHARE) * rng.uniform(0.1, 0.3, len(steps))
    return np.asarray(rng.lognormal(2, 1) * day * week * np.exp(noise) * (1 + bursts))


def main() -> None:
    """Print delays by kind and false alarms per series and month."""
    rng = np.random.default_rng(SEED)
    delays: dict[str, list[float]] = {kind: [] for kind in KINDS}
    false_alarms, months = 0, 0.0
    started = time.process_time()
    for number in range(SERIES):
        values, kind, at = usual(rng), number % len(KINDS), DAYS * PER_DAY
        if number % 2 == 0:
            at = int(rng.integers(FIRST_DAY * PER_DAY, LAST_DAY * PER_DAY))
            values[at : at + LENGTHS[kind]] *= FACTORS[kind]
        detector = Detector(Knobs())
        alarms = [row for row, value in enumerate(values.tolist()) if detector.step(row * STEP_US, value).alarm]
        false_alarms += sum(row < at for row in alarms)
        months += at / PER_DAY / 30
        if at < len(values):
            hits = [row for row in alarms if at <= row < at + WITHIN]
            delays[KINDS[kind]].append((hits[0] - at) * 5 if hits else np.inf)
    found = np.array([delay for some in delays.values() for delay in some])
    print(
        f"{len(found)} events: {int(np.isfinite(found).sum())} found within 12 h, median delay "
        f"{np.median(found):g} min, {false_alarms / months:.2f} false alarms per series and month, "
        f"{time.process_time() - started:.1f} CPU s"
    )
    for name, minutes in delays.items():
        print(f"  {name}: {int(np.isfinite(minutes).sum())} of {len(minutes)}, median {np.median(minutes):g} min")


if __name__ == "__main__":
    main()
