"""Rows of truth and answer -> the measures that a trial asks for.

Memory grows with classes and groups, not with rows, but for the area under the curve, which needs every score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from fairlead.assure.confusion import CLASS_MEASURES, DECISION_MEASURES, Confusion
from fairlead.assure.groups import compare_groups, group_shares
from fairlead.assure.numerals import number_of
from fairlead.assure.quotient import quotient
from fairlead.assure.ranking import Ranking
from fairlead.assure.regression import ERROR_MEASURES, Errors
from fairlead.assure.table_requests import label_text
from fairlead.assure.tensors import Unfit
from fairlead.domain.evidence import GroupMeasure, Measure
from fairlead.domain.trial import MetricTrial

__all__ = ["Tally", "needs_decisions"]

_YES, _NO = "yes", "no"
_WITHOUT_DECISION = {"auc", *ERROR_MEASURES}


def needs_decisions(trial: MetricTrial) -> bool:
    """Whether a trial compares labels, or only scores and numbers."""
    return bool(trial.groups) or not _WITHOUT_DECISION.issuperset(trial.metrics)


class Tally:
    """One metric trial's rows, counted as they come."""

    def __init__(self, trial: MetricTrial) -> None:
        """Nothing is counted that the trial does not ask for."""
        self._trial = trial
        self._positive = label_text(trial.positive)
        self._decides = needs_decisions(trial)
        self._rows = 0
        self._table: Counter[tuple[str, str]] = Counter()
        self._groups: list[Counter[tuple[str, bool, bool]]] = [Counter() for _ in trial.groups]
        self._ranking = Ranking() if "auc" in trial.metrics else None
        self._errors = Errors() if set(trial.metrics) & ERROR_MEASURES.keys() else None

    def add(self, truth: str, label: str, score: Decimal | None, groups: Sequence[str]) -> None:
        """One row. Unfit where the trial needs a score or a number, and there is none."""
        self._rows += 1
        actual = truth == self._positive
        if self._ranking is not None:
            self._ranking.add(float(_needed(score)), truth=actual)
        if self._errors is not None:
            self._errors.add(_number(truth, "label"), _number(label, "answer"))
        if self._decides:
            self._decide(truth, label, score, groups)

    def measures(self) -> Iterator[Measure | str]:
        """Each metric asked for; one that is not defined on these rows is its name alone."""
        for name in self._trial.metrics:
            value, samples = self._measure(name)
            yield name if value is None else Measure(name, value, samples, self._trial.data)

    def groups(self) -> Iterator[GroupMeasure | str]:
        """The shares of every group, and what compares the groups of each column; undefined ones by name alone."""
        for attribute, counter in zip(self._trial.groups, self._groups, strict=True):
            confusions = _confusions(counter)
            for share in group_shares(confusions):
                yield GroupMeasure(share.name, attribute, share.group, share.value, share.samples, self._trial.data)
            for name, value, samples in compare_groups(confusions, self._trial.smallest_group):
                if value is None:
                    yield f"{name} of {attribute}"
                else:
                    yield GroupMeasure(name, attribute, "", value, samples, self._trial.data)

    def _decide(self, truth: str, label: str, score: Decimal | None, groups: Sequence[str]) -> None:
        """With a threshold the answer is yes or no, and so is the truth."""
        threshold, actual = self._trial.threshold, truth == self._positive
        decided = label == self._positive if threshold is None else _needed(score) >= threshold
        if threshold is None:
            self._table[truth, label] += 1
        else:
            self._table[_YES if actual else _NO, _YES if decided else _NO] += 1
        for counter, group in zip(self._groups, groups, strict=True):
            counter[group, actual, decided] += 1

    def _measure(self, name: str) -> tuple[Decimal | None, int]:
        if name == "auc":
            return self._ranking.area() if self._ranking else None, self._rows
        if name in ERROR_MEASURES:
            return ERROR_MEASURES[name](self._errors) if self._errors else None, self._rows
        if name in CLASS_MEASURES:
            return CLASS_MEASURES[name](self._table), self._rows
        part, whole = DECISION_MEASURES[name](self._decisions())
        return quotient(part, whole), self._rows if name == "f1" else whole

    def _decisions(self) -> Confusion:
        positive = self._positive if self._trial.threshold is None else _YES
        found = Confusion()
        for (truth, label), count in self._table.items():
            found = found.plus(truth=truth == positive, decided=label == positive, count=count)
        return found


def _confusions(counter: Counter[tuple[str, bool, bool]]) -> dict[str, Confusion]:
    found: dict[str, Confusion] = {}
    for (group, truth, decided), count in counter.items():
        found[group] = found.get(group, Confusion()).plus(truth=truth, decided=decided, count=count)
    return found


def _needed(score: Decimal | None) -> Decimal:
    if score is None:
        raise Unfit("the model gives no score: name its output with `score`, or ask for no `auc` and no `threshold`")
    return score


def _number(text: str, what: str) -> Decimal:
    try:
        return number_of(text)
    except ValueError as error:
        raise Unfit(f"the {what}: {error}") from error
