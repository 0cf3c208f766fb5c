"""The stop test of shares: given how many requests of a block failed, did the new release get more than its part?

Within a block of n_new and n_old requests of which k failed in all, the new release's failures are hypergeometric if
it makes no difference, by the assignment alone, or if the requests of both arms are equally likely to fail, and smaller
in the likelihood ratio order if it is better. For a fixed odds ratio psi > 1

    psi**k_new / E[psi**K],   K ~ Hypergeometric(n_new + n_old, k, n_new),

increases in k_new and is worth 1 on average if there is no difference, so at most 1 if the new release is better:
an e-value for every block, whatever the block's own rate, given all that came before. Their product over blocks,
mixed over psi, is an e-process for "not worse in any block" (Fisher's exact test made sequential; compare Turner, Ly,
Gruenwald, "Generic E-variables for exact sequential k-sample tests that allow for optional stopping", JSPI 230 (2024)).
It uses both arms whole, however unequal they are, and a rate that drifts from block to block does no harm.

A state holds the failures of the new arm and, for every psi, the sum of the log normalisers.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.kernel.stats.hypergeometric import log_moments
from fairlead.kernel.stats.mixtures import Floats, State, log_mixture

__all__ = ["SIZE", "add", "empty", "evidence"]

_PSI = np.array([1.15, 1.4, 1.8, 2.3, 3.0, 4.5, 8.0, 20.0])
_LOG_WEIGHTS = np.log(np.array([0.06, 0.12, 0.22, 0.22, 0.14, 0.08, 0.08, 0.08]))
"""Odds ratios that are bet on; most on those around 2, where tests are slow, for large ones are found soon anyway."""

_LOG_PSI = np.concatenate([np.log(_PSI), -np.log(_PSI)])
_BETS = len(_PSI)

SIZE = 1 + 2 * _BETS
"""Numbers of a state: failures of the new arm; log normalisers of "more", then of "less"."""


def empty(paths: tuple[int, ...] = ()) -> State:
    """Nothing seen yet."""
    return np.zeros((*paths, SIZE))


def add(state: State, n_new: ArrayLike, k_new: ArrayLike, n_old: ArrayLike, k_old: ArrayLike) -> State:
    """The state after one more block; counts of each arm and its failures, whole numbers, for all paths or for each."""
    failed = np.asarray(k_new) + np.asarray(k_old)
    counts = np.broadcast_arrays(np.asarray(n_new), np.asarray(n_old), failed)
    triples: NDArray[np.int64] = np.stack(counts, axis=-1).astype(np.int64)
    block = np.concatenate([np.asarray(k_new, dtype=float)[..., None], _normalisers(triples)], axis=-1)
    after: State = state + block
    return after


def evidence(state: State, direction: int = 1) -> Floats:
    """Log e-value against "the new share is not more (direction 1), or not less (-1), than the old one"."""
    part = slice(0, _BETS) if direction > 0 else slice(_BETS, 2 * _BETS)
    wealth = state[..., :1] * _LOG_PSI[part] - state[..., 1:][..., part]
    return log_mixture(wealth, _LOG_WEIGHTS)


def _normalisers(triples: NDArray[np.int64]) -> Floats:
    """Log normalisers for rows of (n_new, n_old, failed), each distinct one computed once."""
    if triples.ndim == 1:
        return _normaliser(*triples.tolist())
    rows = triples.reshape(-1, 3)
    arms, _ = _ranks(rows[:, 0], rows[:, 1])
    which, first = _ranks(arms, rows[:, 2])
    table = np.stack([_normaliser(*row) for row in rows[first].tolist()])
    return table[which].reshape(*triples.shape[:-1], 2 * _BETS)


def _ranks(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A number for each pair, the same for equal ones, and where each of them first stands.

    Of ranks, since the product of counts is soon larger than a number may be.
    """
    _, left = np.unique(one, return_inverse=True)
    values, right = np.unique(other, return_inverse=True)
    _, first, which = np.unique(left * len(values) + right, return_index=True, return_inverse=True)
    return which, first


@lru_cache(maxsize=20_000)
def _normaliser(n_new: int, n_old: int, failed: int) -> Floats:
    return log_moments(n_new, n_old, failed, _LOG_PSI)
