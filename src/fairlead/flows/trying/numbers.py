"""What was counted, as measures; those that are bounded, held against their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from fairlead.assure.tally import Tally
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.trial import Bound, MetricTrial
from fairlead.flows.trying.sitting import Outcome, Sitting

__all__ = ["book"]


def book(sitting: Sitting, trial: MetricTrial, tally: Tally, path: str) -> None:
    """Take over a tally's numbers. What is not defined on these rows is a finding at `path`, never a zero."""
    for measure in tally.measures():
        if isinstance(measure, str):
            sitting.findings.append(_undefined(sitting, trial, measure, path))
        else:
            sitting.measures.append(measure)
    for group in tally.groups():
        if isinstance(group, str):
            sitting.findings.append(_undefined(sitting, trial, group, path))
        else:
            sitting.groups.append(group)
    sitting.outcomes += _bounded(sitting, trial)


def _undefined(sitting: Sitting, trial: MetricTrial, name: str, path: str) -> Finding:
    """It blocks where the number was asked for by its name, or is bounded."""
    asked = name in trial.metrics or name.partition(" of ")[0] in trial.bounds
    message = (
        f"{name} is not defined on `{trial.data}`: no row is of the kind that it divides by, or one group is alone"
    )
    mend = "choose data that holds such rows, or do without this number"
    severity = Severity.INSUFFICIENT if asked else Severity.INFO
    return Finding(path, 1, 1, "trial/undefined", message, mend, severity, sitting.model)


def _bounded(sitting: Sitting, trial: MetricTrial) -> Iterator[Outcome]:
    for name, bound in trial.bounds.items():
        for measure in sitting.measures:
            if measure.name == name and measure.data == trial.data:
                yield _held(name, measure.value, bound)
        for group in sitting.groups:
            if group.name == name and group.data == trial.data and not group.group:
                yield _held(f"{name} of {group.attribute}", group.value, bound)


def _held(name: str, value: Decimal, bound: Bound) -> Outcome:
    within = (bound.min is None or value >= bound.min) and (bound.max is None or value <= bound.max)
    ends = [f"{word} {end}" for word, end in (("at least", bound.min), ("at most", bound.max)) if end is not None]
    return Outcome(f"bound on {name}", within, f"{value}, {' and '.join(ends)}")
