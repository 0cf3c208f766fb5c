"""Measures of groups: what a model's decisions do to the people of one group and of another.

Sources: the selection rates' ratio is the four-fifths rule of the Uniform Guidelines on Employee Selection Procedures,
29 CFR 1607.4(D); equal opportunity and equalized odds are those of M. Hardt, E. Price, N. Srebro, "Equality of
opportunity in supervised learning", NIPS 2016; with more than two groups the extremes are compared, as Fairlearn does.
A measure tells how groups differ, not why, and no law is kept by a number alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from fairlead.assure.confusion import DECISION_MEASURES, Confusion
from fairlead.assure.quotient import quotient

__all__ = ["Compared", "GroupShare", "compare_groups", "group_shares"]

_SHOWN = ("selection-rate", "recall", "precision", "false-positive-rate", "false-negative-rate", "accuracy")


class GroupShare(NamedTuple):
    """A share of one group; `samples` is its divisor."""

    name: str
    group: str
    value: Decimal
    samples: int


class Compared(NamedTuple):
    """A comparison of groups; `value` None where fewer than two groups have the shares that it compares.

    `samples` is the smallest divisor among the groups that were compared, 0 where one of them has no such row.
    """

    name: str
    value: Decimal | None
    samples: int


def group_shares(groups: Mapping[str, Confusion]) -> Iterator[GroupShare]:
    """The shares of every group, where they are defined."""
    for group, confusion in sorted(groups.items()):
        for name in _SHOWN:
            part, whole = DECISION_MEASURES[name](confusion)
            value = quotient(part, whole)
            if value is not None:
                yield GroupShare(name, group, value, whole)


def compare_groups(groups: Mapping[str, Confusion], smallest: int) -> tuple[Compared, ...]:
    """Ratio and differences between the extremes of all groups with at least `smallest` rows."""
    kept = [confusion for confusion in groups.values() if confusion.rows >= smallest]
    selection, recall = _spread(kept, "selection-rate"), _spread(kept, "recall")
    wrongly_yes, wrongly_no = _spread(kept, "false-positive-rate"), _spread(kept, "false-negative-rate")
    odds = [each.difference for each in (recall, wrongly_yes) if each.difference is not None]
    return (
        Compared("disparate-impact-ratio", selection.ratio, selection.samples),
        Compared("demographic-parity-difference", selection.difference, selection.samples),
        Compared("equal-opportunity-difference", recall.difference, recall.samples),
        Compared(
            "equalized-odds-difference",
            max(odds) if len(odds) == 2 else None,  # noqa: PLR2004 - both parts, or it is not defined
            min(recall.samples, wrongly_yes.samples),
        ),
        Compared("false-positive-rate-difference", wrongly_yes.difference, wrongly_yes.samples),
        Compared("false-negative-rate-difference", wrongly_no.difference, wrongly_no.samples),
    )


class _Spread(NamedTuple):
    ratio: Decimal | None
    difference: Decimal | None
    samples: int


def _spread(groups: list[Confusion], name: str) -> _Spread:
    """Least share by the greatest, greatest minus least, and the fewest samples that any of them rests on."""
    parts = [DECISION_MEASURES[name](group) for group in groups]
    shares = [share for part, whole in parts if (share := quotient(part, whole)) is not None]
    fewest = min((whole for _, whole in parts), default=0)
    if len(shares) < 2:  # noqa: PLR2004 - one group compares with nothing
        return _Spread(None, None, fewest)
    return _Spread(quotient(min(shares), max(shares)), max(shares) - min(shares), fewest)
