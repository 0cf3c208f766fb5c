"""Customers who keep to a release: what each sent, so that it is known how little their many requests say. Pure.

One customer who fails for reasons of their own does so in all their requests, and these are all in one arm. What is
kept are sums by measure and customer, the customer as a hash of few digits: those that share one count as one customer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from hashlib import blake2b
from typing import TypeAlias

from fairlead.domain.analysis import Block, MetricKind
from fairlead.flows.rollouts.arms import Arms
from fairlead.flows.rollouts.blocks import Quantile, blocks_of

__all__ = ["Sums", "cluster_of", "gathered", "inflations"]

Sums: TypeAlias = Mapping[str, Mapping[str, tuple[float, ...]]]
"""By measure and cluster: observations, total and sum of squares of the new arm, then of the old one."""

_CLUSTERS = 512
_ALONE = ""
"""Instead of a cluster: requests of nobody in particular, which are drawn one by one."""


def cluster_of(key: bytes) -> Callable[[str], str]:
    """What names the cluster of a customer under a rollout's own key."""

    def named(customer: str) -> str:
        if not customer:
            return _ALONE
        hashed = blake2b(customer.encode(errors="replace"), key=key, digest_size=8).digest()
        return str(int.from_bytes(hashed) % _CLUSTERS)

    return named


def gathered(known: Sums, arms: Arms, quantiles: Mapping[str, Quantile], measures: Collection[str]) -> Sums:
    """The sums after one more look, of those measures."""
    after = {measure: dict(known.get(measure, {})) for measure in measures}
    for cluster, (new, old) in arms.apart.items():
        for measure, block in blocks_of(Arms(new=new, old=old), quantiles):
            if measure in after:
                before = after[measure].get(cluster, (0.0,) * 6)
                after[measure][cluster] = tuple(a + b for a, b in zip(before, _numbers(block), strict=True))
    return after


def inflations(known: Sums) -> dict[str, float]:
    """By measure, how many requests say as much as one that is drawn by itself; of categories the most of all."""
    # The mathematics loads numpy, which no command needs at its start.
    from fairlead.deliver.analysis.measures import kind_of

    found: dict[str, float] = {}
    for measure, clusters in known.items():
        if clusters:
            name = measure.partition("/")[0]
            found[name] = max(found.get(name, 1.0), _inflation(clusters, of_new=kind_of(name) is MetricKind.BOUND))
    return found


def _inflation(clusters: Mapping[str, tuple[float, ...]], *, of_new: bool) -> float:
    import numpy as np

    from fairlead.kernel.stats.clusters import SIZE, design_effect

    rows = [sums for cluster, sums in clusters.items() if cluster != _ALONE]
    numbers = np.array(rows, dtype=float).reshape(-1, 2, SIZE)
    single = clusters.get(_ALONE, (0.0,) * 6)
    new, old, alone = numbers[:, 0], numbers[:, 1], (single[0], single[SIZE])
    if of_new:  # what is held against a bound is the new release alone
        old, alone = np.zeros((0, SIZE)), (single[0], 0.0)
    return float(design_effect(new, old, alone))


def _numbers(block: Block) -> tuple[float, ...]:
    return tuple(float(each) for arm in (block.new, block.old) for each in (arm.count, arm.total, arm.squares))
