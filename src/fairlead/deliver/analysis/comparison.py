"""How a measure's two arms are compared, for one rollout or for many paths at once: shares, means, and bounds.

Each comparison holds what was fixed before the start (alpha, margin, direction) and works on sums alone. A stop needs
evidence that new is worse than old at all; a pass needs evidence that it is not worse by the margin or more.

`inflation` is how many observations say as much as one independent one (1: they are independent). Evidence is divided
by it, and intervals are as wide as that demands (fairlead.kernel.stats.clusters).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, log1p
from typing import Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.kernel.stats import betting, bounded, conditional, paired_means
from fairlead.kernel.stats.mixtures import Floats, State, log_mixture

__all__ = ["Arms", "Better", "BoundComparison", "Comparison", "MeanComparison", "ShareComparison"]

Better: TypeAlias = Literal["lower", "higher", "same"]


class Arms(NamedTuple):
    """Of a block: observations and totals of both arms; of means also sums of squares, 0 where they are not known."""

    n_new: ArrayLike
    total_new: ArrayLike
    n_old: ArrayLike
    total_old: ArrayLike
    squares_new: ArrayLike = 0.0
    squares_old: ArrayLike = 0.0


_NEARLY_ALL = 1 - 1e-9


class Comparison(Protocol):
    """One measure's test. `State` has the shape (*paths, size)."""

    @property
    def alpha(self) -> float:
        """Chance of a false stop, and of a false pass, over all looks."""
        ...

    @property
    def size(self) -> int:
        """Numbers of a state."""
        ...

    def add(self, state: State, arms: Arms) -> State:
        """The state after one more block."""
        ...

    def evidence(self, state: State) -> Floats:
        """Log e-value against "not worse"; a stop at log(1/alpha)."""
        ...

    def passes(self, state: State) -> NDArray[np.bool_]:
        """Whether being worse by the margin is ruled out."""
        ...

    def interval(self, state: State) -> tuple[Floats, Floats, Floats]:
        """Estimate, lower and upper bound of new - old, on the scale of the margin; infinite where nothing is known."""
        ...


@dataclass(frozen=True, slots=True)
class ShareComparison:
    """Shares of requests. The margin is in points of the share; `typical` is a share that is expected of either arm."""

    alpha: float
    margin: float
    better: Better = "lower"
    typical: float = 0.02
    inflation: float = 1.0

    @property
    def size(self) -> int:
        """Sums of the stop test, of the bets, and of the estimate."""
        return conditional.SIZE + betting.SIZE + 2

    def add(self, state: State, arms: Arms) -> State:
        """Totals are hits. A block without both arms says nothing."""
        new, hits_new, old, hits_old = np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in arms[:4]))
        both = (new > 0) & (old > 0)
        new, hits_new, old, hits_old = (np.where(both, each, 0.0) for each in (new, hits_new, old, hits_old))
        stop, bets, estimate = self._parts(state)
        weight = new * old / np.maximum(new + old, 1.0)
        difference = hits_new / np.maximum(new, 1.0) - hits_old / np.maximum(old, 1.0)
        return np.concatenate(
            [
                conditional.add(stop, new, hits_new, old, hits_old),
                betting.add(bets, new, hits_new, old, hits_old),
                estimate + np.stack([weight, weight * difference], axis=-1),
            ],
            axis=-1,
        )

    def evidence(self, state: State) -> Floats:
        """By the conditional test."""
        stop, _, _ = self._parts(state)
        return _directed(conditional.evidence(stop, 1), conditional.evidence(stop, -1), self.better) / self.inflation

    def passes(self, state: State) -> NDArray[np.bool_]:
        """By bets against the margin."""
        _, bets, _ = self._parts(state)

        def ruled_out(direction: Literal[1, -1]) -> Floats:
            return betting.evidence(bets, direction * self.margin, self.typical, -direction)

        return _within(ruled_out, self.better, self._threshold)

    def interval(self, state: State) -> tuple[Floats, Floats, Floats]:
        """By bets; while the stop test finds nothing the interval reaches 0, so that the two never contradict."""
        stop, bets, estimate = self._parts(state)
        lower, upper = betting.bounds(bets, self._threshold, self.typical)
        lower = np.where(conditional.evidence(stop, 1) < self._threshold, np.minimum(lower, 0.0), lower)
        upper = np.where(conditional.evidence(stop, -1) < self._threshold, np.maximum(upper, 0.0), upper)
        weight = estimate[..., 0]
        return estimate[..., 1] / np.where(weight > 0, weight, 1.0), lower, upper

    @property
    def _threshold(self) -> float:
        return _nats(self.alpha, self.better) * self.inflation

    @staticmethod
    def _parts(state: State) -> tuple[State, State, State]:
        ends = conditional.SIZE, conditional.SIZE + betting.SIZE
        return state[..., : ends[0]], state[..., ends[0] : ends[1]], state[..., ends[1] :]


@dataclass(frozen=True, slots=True)
class MeanComparison:
    """Means of natural logarithms, so that a difference is a ratio; the margin is a ratio (0.1: a tenth more)."""

    alpha: float
    margin: float
    better: Better = "lower"
    inflation: float = 1.0

    @property
    def size(self) -> int:
        """Those of the t-test."""
        return paired_means.SIZE

    def add(self, state: State, arms: Arms) -> State:
        """Totals are sums of natural logarithms, squares those of their squares."""
        new, old = (arms.n_new, arms.total_new, arms.squares_new), (arms.n_old, arms.total_old, arms.squares_old)
        return paired_means.add(state, new, old)

    def evidence(self, state: State) -> Floats:
        """Against a ratio of at most, or at least, 1."""
        up, down = paired_means.evidence(state, 0.0, 1), paired_means.evidence(state, 0.0, -1)
        return _directed(up, down, self.better) / self.inflation

    def passes(self, state: State) -> NDArray[np.bool_]:
        """Against a ratio of 1 + margin or more, and of 1 - margin or less."""

        def ruled_out(direction: Literal[1, -1]) -> Floats:
            farthest = log1p(self.margin) if direction > 0 else log1p(-min(self.margin, _NEARLY_ALL))
            return paired_means.evidence(state, farthest, -direction)

        return _within(ruled_out, self.better, self._threshold)

    def interval(self, state: State) -> tuple[Floats, Floats, Floats]:
        """As ratios less 1."""
        lower, upper = paired_means.bounds(state, self._threshold)
        return np.expm1(paired_means.estimate(state)), np.expm1(lower), np.expm1(upper)

    @property
    def _threshold(self) -> float:
        return _nats(self.alpha, self.better) * self.inflation


@dataclass(frozen=True, slots=True)
class BoundComparison:
    """A share of the new arm's requests against what is allowed: `budget`, and `margin` on top of it."""

    alpha: float
    margin: float
    budget: float
    inflation: float = 1.0

    @property
    def size(self) -> int:
        """Observations and hits."""
        return bounded.SIZE

    def add(self, state: State, arms: Arms) -> State:
        """The old arm does not matter."""
        return bounded.add(state, arms.n_new, arms.total_new)

    def evidence(self, state: State) -> Floats:
        """Against a share within what is allowed."""
        return bounded.evidence(state, self.budget + self.margin, 1) / self.inflation

    def passes(self, state: State) -> NDArray[np.bool_]:
        """Whether a share above what is allowed is ruled out."""
        return bounded.evidence(state, self.budget + self.margin, -1) >= -log(self.alpha) * self.inflation

    def interval(self, state: State) -> tuple[Floats, Floats, Floats]:
        """Less the budget."""
        lower, upper = bounded.bounds(state, -log(self.alpha) * self.inflation)
        share = state[..., 1] / np.maximum(state[..., 0], 1.0)
        return share - self.budget, lower - self.budget, upper - self.budget


def _directed(more: Floats, less: Floats, better: Better) -> Floats:
    if better == "same":
        return log_mixture(np.stack([more, less], axis=-1), np.log(np.array([0.5, 0.5])))
    return more if better == "lower" else less


def _within(ruled_out: Callable[[Literal[1, -1]], Floats], better: Better, threshold: float) -> NDArray[np.bool_]:
    """Whether what is not wanted is ruled out: more by the margin (1), less by it (-1), or both."""
    if better == "same":
        return (ruled_out(1) >= threshold) & (ruled_out(-1) >= threshold)
    return ruled_out(1 if better == "lower" else -1) >= threshold


def _nats(alpha: float, better: Better) -> float:
    return -log(alpha / 2 if better == "same" else alpha)
