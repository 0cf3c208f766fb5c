"""Scaling on ServeGen: 14 days, the first week learns, the second counts; cost beside a clairvoyant's.

Run `FAIRLEAD_DATA=DIR python -m benchmarks.foresee.servegen [--oracle]`; DIR holds
`servegen/*_client_rates.csv.gz` with the columns client, window_start_s, rate_rps and cv. A service has a capacity
that makes the first week's mean 20 replicas; at most 1 % of the requests may wait over 30 s; steps of 30 s.
The oracle takes minutes per setting, so it is asked for.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.scaling.config import Detail, ServiceModel, Slo
from fairlead.foresee.scaling.demand import Trace, demand_per_step
from fairlead.foresee.scaling.oracle import oracle_replica_seconds
from fairlead.foresee.scaling.policies.base import Policy
from fairlead.foresee.scaling.policies.predictive import LADDER, Predictive
from fairlead.foresee.scaling.policies.reactive import Hpa, KedaLike, Static
from fairlead.foresee.scaling.policies.scheduled import Scheduled
from fairlead.foresee.scaling.simulate import Outcome, simulate

WEEK_S, STEP_S, WINDOW_S, MEAN_REPLICAS, SEED = 604_800, 30, 600, 20, 0
SETTINGS = ((240.0, Detail.STEPS), (240.0, Detail.SMOOTH), (60.0, Detail.STEPS))


def read(path: Path) -> tuple[Trace, NDArray[np.float64]]:
    """Add up the clients per window; the variation of the sum weighs each client's squared one by its rate."""
    rates: defaultdict[float, float] = defaultdict(float)
    squares: defaultdict[float, float] = defaultdict(float)
    with gzip.open(path, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            start, rate = float(row["window_start_s"]), float(row["rate_rps"] or 0)
            rates[start] += rate
            squares[start] += rate * float(row["cv"] or 0) ** 2
    starts = sorted(rates)
    total = np.array([rates[start] for start in starts])
    variation = np.sqrt(np.array([squares[start] for start in starts]) / np.maximum(total, 1e-9))
    return Trace(0.0, WINDOW_S, total, 0), variation


def counted(demand: NDArray[np.float64], service: ServiceModel, policy: Policy) -> Outcome:
    """What the second week cost."""
    return simulate(demand, service, policy).outcome(WEEK_S)


def tuned_in_hindsight(demand: NDArray[np.float64], service: ServiceModel) -> Outcome:
    """The cheapest fixed safety factor that kept the SLO in the counted week."""
    outcomes = (counted(demand, service, Predictive(service, factor=float(factor))) for factor in LADDER[::4])
    return min(
        (one for one in outcomes if one.late_share <= service.slo.max_share), key=lambda one: one.replica_seconds
    )


def report(name: str, trace: Trace, variation: NDArray[np.float64], *, oracle: bool) -> None:
    """Print one line per setting and policy."""
    capacity = float(trace.rates[: WEEK_S // WINDOW_S].mean()) / MEAN_REPLICAS
    for ready_s, detail in SETTINGS:
        service = ServiceModel(capacity, ready_s, STEP_S, 300, 1, 1000, Slo(30, 0.01))
        demand = demand_per_step(trace, STEP_S, detail, np.random.default_rng(SEED), variation.tolist())
        bound = oracle_replica_seconds(demand[WEEK_S // STEP_S :], service) if oracle else None
        policies: dict[str, Policy] = {
            "hpa": Hpa(service),
            "keda": KedaLike(service),
            "scheduled": Scheduled(service),
            "static at the first week's 99th percentile": Static(
                int(np.ceil(np.quantile(demand[: WEEK_S // STEP_S], 0.99) / service.capacity_per_step))
            ),
        }
        started = time.process_time()
        online = counted(demand, service, Predictive(service))
        seconds = time.process_time() - started
        print(f"{name}, {ready_s / 60:g} min to ready, {detail}:")
        show("predictive, calibrated online", online, bound)
        best = tuned_in_hindsight(demand, service)
        show("predictive, factor by hindsight", best, bound)
        print(f"  online costs {online.replica_seconds / best.replica_seconds:.3f} of hindsight's; {seconds:.1f} CPU s")
        for label, policy in policies.items():
            show(label, counted(demand, service, policy), bound)


def show(label: str, outcome: Outcome, bound: float | None) -> None:
    """Print mean replicas, the share of late requests, and the cost by the oracle's where there is one."""
    ratio = "" if bound is None else f", {outcome.replica_seconds / bound:.3f} of the oracle"
    print(f"  {label}: {outcome.mean_replicas:.2f} replicas, {100 * outcome.late_share:.2f} % late{ratio}", flush=True)


def main() -> None:
    """Report every service at hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--oracle", action="store_true", help="also solve the clairvoyant's linear program")
    oracle = parser.parse_args().oracle
    for path in sorted((Path(os.environ["FAIRLEAD_DATA"]) / "servegen").glob("*_client_rates.csv.gz")):
        report(path.name.removesuffix("_client_rates.csv.gz"), *read(path), oracle=oracle)


if __name__ == "__main__":
    main()
