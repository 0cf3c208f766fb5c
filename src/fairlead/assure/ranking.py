"""The area under the ROC curve: how often a positive row has the higher score than a negative one."""

from __future__ import annotations

from array import array
from decimal import Decimal
from itertools import groupby

from fairlead.assure.quotient import quotient

__all__ = ["Ranking"]


class Ranking:
    """Scores of positive and of negative rows, nine bytes each."""

    def __init__(self) -> None:
        """No row yet."""
        self._scores, self._truths = array("d"), bytearray()

    def add(self, score: float, *, truth: bool) -> None:
        """One row."""
        self._scores.append(score)
        self._truths.append(truth)

    def area(self) -> Decimal | None:
        """The share of (positive, negative) pairs in which the positive one scores higher; a tie counts one half.

        The Mann-Whitney statistic by ranks, in whole numbers: J. A. Hanley, B. J. McNeil, "The meaning and use of the
        area under a receiver operating characteristic curve", Radiology 143 (1982), 29-36. None where all rows are
        positive, or none is.
        """
        order = sorted(range(len(self._scores)), key=self._scores.__getitem__)
        twice_won = below = positives = 0
        for _, tied in groupby(order, key=self._scores.__getitem__):
            truths = [self._truths[row] for row in tied]
            yes = sum(truths)
            no = len(truths) - yes
            twice_won += yes * (2 * below + no)
            below += no
            positives += yes
        return quotient(twice_won, 2 * positives * below)
