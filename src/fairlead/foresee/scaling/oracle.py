"""The cheapest orders that a clairvoyant could have given: a linear program, and so a lower bound on any policy's cost.

Replicas may be fractions, and the share of requests that may be late need not be served at all. Both only lower the
bound. Needs SciPy, which is imported when the program is solved.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.scaling.config import ServiceModel
from fairlead.foresee.scaling.simulate import Replay
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["oracle_replay", "oracle_replica_seconds"]


def oracle_replica_seconds(demand: NDArray[np.float64], service: ServiceModel) -> float:
    """Return the least cost in replica-seconds for the demand (steps,) within the SLO and the bounds."""
    return float(_solved(demand, service)[: len(demand)].sum() * service.step_s)


def oracle_replay(demand: NDArray[np.float64], service: ServiceModel, *, start: float = 0) -> Replay:
    """The clairvoyant's plan as a replay: replicas are fractions; late are the requests that it gives up."""
    ordered, _, given_up, queue = _solved(demand, service).reshape(4, len(demand))
    span = service.steps_to_ready + 1
    padded = np.concatenate([np.full(span - 1, np.inf), ordered])
    ready = np.lib.stride_tricks.sliding_window_view(padded, span).min(axis=1)
    work = service.capacity_per_step
    return Replay(start, service.step_s, demand, ordered, ready, queue * work, given_up * work)


def _solved(demand: NDArray[np.float64], service: ServiceModel) -> NDArray[np.float64]:
    """The program's variables, (4 × steps,).

    Variables per step, in the work of a replica: orders o, work served s, given up x, and waiting q.

        s_t <= o_k                              for t - ready <= k <= t: served by what was ordered all along
        q_t = q_(t-1) + demand_t - x_t - s_t    first in, first out
        q_t <= demand - x of the last `waits` steps
        sum(x) <= max_share × sum(demand)

    with 0 <= x <= demand and min <= o <= max. Orders before the first step are free: the service was running.
    """
    try:
        from scipy.optimize import linprog  # type: ignore[import-untyped]  # ships no types
    except ModuleNotFoundError as error:
        raise BrokenWorldError("SciPy is not installed", mend="pip install 'fairlead[forecast]'") from error

    steps, work = len(demand), demand / service.capacity_per_step
    equal, at_most, limits = _constraints(work, service)
    cost = np.concatenate([np.ones(steps), np.zeros(3 * steps)])
    none, free = np.zeros(steps), np.full(steps, np.inf)
    lowest = np.concatenate([np.full(steps, service.min), none, none, none])
    highest = np.concatenate([np.full(steps, service.max), free, work, free])
    bounds = np.column_stack([lowest, highest])
    answer = linprog(cost, A_ub=at_most, b_ub=limits, A_eq=equal, b_eq=work, bounds=bounds, method="highs-ipm")
    if answer.status != 0:
        raise BrokenWorldError(f"the oracle's program was not solved: {answer.message}", mend="widen min and max")
    return np.asarray(answer.x)


def _constraints(work: NDArray[np.float64], service: ServiceModel) -> tuple[Any, Any, NDArray[np.float64]]:
    """Rows over v = (o, s, x, q): the queue's balance equal to `work`, the rest at most the limits."""
    from scipy.sparse import csr_array, eye_array, hstack, vstack  # type: ignore[import-untyped]  # ships no types

    steps = len(work)
    one, zero = eye_array(steps), csr_array((steps, steps))
    waits = min(service.steps(service.slo.wait_s), steps)
    recent = sum((eye_array(steps, k=-lag) for lag in range(waits)), zero)
    ready = [
        hstack([-eye_array(steps, k=-lag), one, zero, zero], format="csr")[lag:]
        for lag in range(min(service.steps_to_ready + 1, steps))
    ]
    balance = hstack([zero, one, one, one - eye_array(steps, k=-1)], format="csr")
    waiting = hstack([zero, zero, recent, one], format="csr")
    given_up = csr_array(np.repeat([0.0, 0.0, 1.0, 0.0], steps)[None, :])
    limits = [
        *(np.zeros(steps - lag) for lag in range(len(ready))),
        recent @ work,
        [service.slo.max_share * work.sum()],
    ]
    return balance, vstack([*ready, waiting, given_up], format="csr"), np.concatenate(limits)
