"""Measures of decisions: how often a model says yes and is right, from four counts or from a table of classes.

Source of the definitions: T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27 (2006),
861-874, figure 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from fairlead.assure.quotient import quotient

__all__ = ["CLASS_MEASURES", "DECISION_MEASURES", "Confusion", "Part"]

Part = tuple[int, int]
"""A share as it was counted: so many, of so many. Of zero it is not defined."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of decisions against the truth."""

    true_positive: int = 0
    false_positive: int = 0
    true_negative: int = 0
    false_negative: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.true_positive + self.false_positive + self.true_negative + self.false_negative

    @property
    def positives(self) -> int:
        """Rows that are positive in truth."""
        return self.true_positive + self.false_negative

    @property
    def negatives(self) -> int:
        """Rows that are negative in truth."""
        return self.true_negative + self.false_positive

    @property
    def selected(self) -> int:
        """Rows that the model calls positive."""
        return self.true_positive + self.false_positive

    def plus(self, *, truth: bool, decided: bool, count: int) -> Confusion:
        """These counts and `count` rows more of one kind."""
        return Confusion(
            self.true_positive + count * (truth and decided),
            self.false_positive + count * (not truth and decided),
            self.true_negative + count * (not truth and not decided),
            self.false_negative + count * (truth and not decided),
        )


DECISION_MEASURES: Mapping[str, Callable[[Confusion], Part]] = {
    "accuracy": lambda c: (c.true_positive + c.true_negative, c.rows),
    "precision": lambda c: (c.true_positive, c.selected),
    "recall": lambda c: (c.true_positive, c.positives),
    "f1": lambda c: (2 * c.true_positive, 2 * c.true_positive + c.false_positive + c.false_negative),
    "specificity": lambda c: (c.true_negative, c.negatives),
    "false-positive-rate": lambda c: (c.false_positive, c.negatives),
    "false-negative-rate": lambda c: (c.false_negative, c.positives),
    "selection-rate": lambda c: (c.selected, c.rows),
}
"""Shares of decisions by name. F1 is the harmonic mean of precision and recall, written without dividing twice."""


def _of_class(table: Mapping[tuple[str, str], int], label: str) -> Confusion:
    found = Confusion()
    for (truth, predicted), count in table.items():
        found = found.plus(truth=truth == label, decided=predicted == label, count=count)
    return found


def _macro(name: str) -> Callable[[Mapping[tuple[str, str], int]], Decimal | None]:
    def measure(table: Mapping[tuple[str, str], int]) -> Decimal | None:
        labels = sorted({label for pair in table for label in pair})
        shares = [quotient(*DECISION_MEASURES[name](_of_class(table, label))) or Decimal(0) for label in labels]
        return quotient(sum(shares, Decimal(0)), len(shares))

    return measure


def _accuracy(table: Mapping[tuple[str, str], int]) -> Decimal | None:
    return quotient(sum(count for (truth, said), count in table.items() if truth == said), sum(table.values()))


def _balanced(table: Mapping[tuple[str, str], int]) -> Decimal | None:
    labels = sorted({truth for truth, _ in table})
    recalls = [quotient(*DECISION_MEASURES["recall"](_of_class(table, label))) or Decimal(0) for label in labels]
    return quotient(sum(recalls, Decimal(0)), len(recalls))


CLASS_MEASURES: Mapping[str, Callable[[Mapping[tuple[str, str], int]], Decimal | None]] = {
    "accuracy": _accuracy,
    "balanced-accuracy": _balanced,
    "precision-macro": _macro("precision"),
    "recall-macro": _macro("recall"),
    "f1-macro": _macro("f1"),
}
"""Measures of any number of classes, from counts by (truth, answer).

`macro` is the plain mean over all classes in truths or answers, where an undefined share counts as zero; balanced
accuracy is the mean recall of the classes in the truths (as scikit-learn's `precision_recall_fscore_support` with
`average="macro"`, and `balanced_accuracy_score`, compute them).
"""
