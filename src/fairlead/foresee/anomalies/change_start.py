"""When the change behind an alarm began: what a commit's time is compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["change_start"]

_FEWEST = 2


def change_start(values: NDArray[np.float64], earliest: int, alarm: int) -> int:
    """Return the row in `earliest` .. `alarm` at which one change of level explains `values` (n,) best.

    `values` are the differences to what was expected, around the alarm; rows after the alarm help where there are any,
    missing ones (NaN) are left out. Least squares for one change point (Hinkley 1970): the split that takes most from
    the sum of squares. Raises `ValueError` for an empty range.
    """
    if not 0 <= earliest <= alarm < len(values):
        raise ValueError(f"no rows between {earliest} and {alarm} in {len(values)} values")
    known = np.isfinite(values)
    before = np.concatenate([[0], np.cumsum(known)])[earliest : alarm + 1]
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    after = int(known.sum()) - before
    possible = (before >= _FEWEST) & (after > 0)
    if not possible.any():
        return alarm
    left = sums[earliest : alarm + 1]
    gain = left**2 / np.maximum(before, 1) + (sums[-1] - left) ** 2 / np.maximum(after, 1)
    return earliest + int(np.argmax(np.where(possible, gain, -np.inf)))
