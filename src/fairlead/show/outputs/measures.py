"""What an analysis measured, in the units that people read: for the command line's table and for the page."""

from __future__ import annotations

from fairlead.domain.analysis import MetricFinding, MetricKind
from fairlead.show.outputs.figures import latency_text

__all__ = ["difference_text", "hundredths", "margin_text", "unit_of", "value_text"]

_MICROSECONDS = {"latency", "cost-per-inference"}
"""Measures of fairlead's own whose values are microseconds."""

_WHOLE = 0.995
"""From here on two digits would be written with a power of ten."""


def value_text(found: MetricFinding, value: float | None) -> str | None:
    """A share in per cent; a time in milliseconds of waiting or of CPU; anything else as it is."""
    if value is None:
        return None
    if found.kind is not MetricKind.MEAN:
        return f"{value * 100:.3g} %"
    return latency_text(value / 1000) if found.metric in _MICROSECONDS else f"{value:.4g}"


def difference_text(found: MetricFinding) -> str | None:
    """New - old with its confidence sequence: points of a share, per cent of a mean."""
    if found.estimate is None:
        return None
    low, high = ("?" if each is None else hundredths(each) for each in (found.lower, found.upper))
    return f"{hundredths(found.estimate)} [{low}, {high}] {unit_of(found)}"


def margin_text(found: MetricFinding) -> str:
    """How much worse is tolerated, in the same unit."""
    return f"{float(found.margin) * 100:.3g} {unit_of(found)}"


def hundredths(value: float) -> str:
    """With its sign, to two digits: `+0.24`, `-4.7`, `+120`."""
    return f"{value * 100:+.2g}" if abs(value) < _WHOLE else f"{value * 100:+.0f}"


def unit_of(found: MetricFinding) -> str:
    """The unit of a difference: points of a share, per cent of a mean."""
    return "%" if found.kind is MetricKind.MEAN else "pts"
