"""Analyses: which measures judge a rollout, how much worse is tolerated, and what was found. Declared, then run.

A verdict per metric: `worse` (stop), `not_worse` (go on), `insufficient` (wait). Nothing passes for lack of data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field

from fairlead.domain.declaration import Name, Spec
from fairlead.domain.quantity import Duration, Exact

__all__ = [
    "DEFAULT_ANALYSIS",
    "MARGINS",
    "SHARES",
    "AnalysisFinding",
    "AnalysisMetric",
    "AnalysisSpec",
    "Block",
    "CsvSource",
    "MetricFinding",
    "MetricKind",
    "MetricName",
    "MetricVerdict",
    "PrometheusSource",
    "Sample",
]

MetricName = Literal[
    "error-rate",
    "latency",
    "latency-p50",
    "latency-p90",
    "latency-p95",
    "latency-p99",
    "slo-burn",
    "tokens-per-request",
    "cost-per-inference",
    "predictions",
    "answers",
]
"""Measures that fairlead takes itself; any other comes from Prometheus or a CSV."""

MARGINS: Mapping[str, Decimal] = {
    "error-rate": Decimal("0.005"),
    "latency": Decimal("0.1"),
    "latency-p50": Decimal("0.05"),
    "latency-p90": Decimal("0.02"),
    "latency-p95": Decimal("0.02"),
    "latency-p99": Decimal("0.01"),
    "slo-burn": Decimal(0),
    "tokens-per-request": Decimal("0.1"),
    "cost-per-inference": Decimal("0.2"),
    "predictions": Decimal("0.05"),
    "answers": Decimal("0.01"),
}
"""Margins where none is declared. Of a share (SHARES) in points of it (0.005 is half a per cent of all requests), of
anything else as a ratio to the old release (0.1 is a tenth more)."""

SHARES = frozenset(
    {"error-rate", "latency-p50", "latency-p90", "latency-p95", "latency-p99", "slo-burn", "predictions", "answers"}
)
"""Measures that are shares of requests: failed, slower than the old release's quantile, outside the SLO, ..."""


class PrometheusSource(Spec):
    """An instant query, asked for each arm."""

    url: str = Field(min_length=1, description="Address of Prometheus.")
    query: str = Field(
        min_length=1,
        description="PromQL that gives one number; {release}, {name}, {model}, {environment} and {arm} are replaced.",
    )
    max_age: Duration = Field(default="2m", validate_default=True, description="An older sample is stale: no data.")
    window: Duration = Field(
        default="5m",
        validate_default=True,
        description="Longest range in the query: it is asked so often, since samples that overlap are not new ones.",
    )


class CsvSource(Spec):
    """A file that something else appends to: columns `time` (RFC 3339), `release`, `value`."""

    path: str = Field(min_length=1, description="Path, absolute or in the workspace.")
    max_age: Duration = Field(default="5m", validate_default=True, description="An older row is stale: no data.")


class AnalysisMetric(Spec):
    """One measure, compared between the new release and the old one at the same time."""

    name: str = Field(
        min_length=1,
        max_length=60,
        description="A measure of fairlead's own, or any name where a source is given.",
    )
    margin: Exact | None = Field(
        default=None,
        ge=0,
        description="How much worse is tolerated: points of a share, a ratio of anything else.",
    )
    alpha: Exact | None = Field(
        default=None, gt=0, lt=1, description="Its part of the analysis' alpha; without it an equal part of the rest."
    )
    better: Literal["lower", "higher", "same"] = Field(default="lower", description="Which direction is good.")
    prometheus: PrometheusSource | None = Field(default=None, description="Where it comes from, if not the gateway.")
    csv: CsvSource | None = Field(default=None, description="Where it comes from, if not the gateway.")


class AnalysisSpec(Spec):
    """A named analysis, shared between models."""

    name: Name = Field(description="As `release.analysis` names it.")
    alpha: Exact = Field(
        default="0.05", validate_default=True, gt=0, lt=1, description="Chance of a false stop, over all looks."
    )
    every: Duration = Field(default="10s", validate_default=True, description="Time between two looks, 1s to 10m.")
    metrics: tuple[AnalysisMetric, ...] = Field(min_length=1, max_length=20, description="What is judged.")

    def alphas(self) -> dict[str, Decimal]:
        """Alpha by metric: what is declared, and equal parts of what is left. They sum to at most `alpha`."""
        told = {each.name: each.alpha for each in self.metrics if each.alpha is not None}
        rest = [each.name for each in self.metrics if each.alpha is None]
        left = self.alpha - sum(told.values(), Decimal(0))
        return told | {name: left / len(rest) for name in rest}


DEFAULT_ANALYSIS = AnalysisSpec(
    name="default",
    metrics=(
        AnalysisMetric(name="error-rate", alpha=Decimal("0.03")),
        AnalysisMetric(name="latency"),
    ),
)
"""What judges where a workspace declares no analysis of that name; models that speak OpenAI add tokens per request, a
shadow its answers. Cost per inference is for those to declare whose releases use enough CPU for it."""


class MetricKind(StrEnum):
    """How a measure is compared: shares by betting on pairs, means by paired blocks, a bound against a number."""

    SHARE = "share"
    MEAN = "mean"
    BOUND = "bound"


@dataclass(frozen=True, slots=True)
class Sample:
    """What one arm gave in one block: `count` observations whose values sum to `total` (for a share: the hits).

    `squares` is the sum of the squares of the values, for means; 0 where single values are not known.
    """

    count: int = 0
    total: float = 0.0
    squares: float = 0.0


@dataclass(frozen=True, slots=True)
class Block:
    """Both arms of one measure over one span of time, at once."""

    new: Sample
    old: Sample


class MetricVerdict(StrEnum):
    """What may be said of a measure at any look."""

    WORSE = "worse"
    NOT_WORSE = "not-worse"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class MetricFinding:
    """A measure at a look: the difference new - old with its confidence sequence, on the scale of its margin.

    None: not known yet. `evidence` is the e-value against "not worse" (log, natural; a stop at log(1/alpha)).
    `reason` says why it is insufficient; `better` which direction is good, and so on which side the margin is.
    """

    metric: str
    kind: MetricKind
    verdict: MetricVerdict
    alpha: Decimal
    margin: Decimal
    new_count: int
    old_count: int
    new_value: float | None
    old_value: float | None
    estimate: float | None
    lower: float | None
    upper: float | None
    evidence: float
    reason: str = ""
    better: Literal["lower", "higher", "same"] = "lower"


@dataclass(frozen=True, slots=True)
class AnalysisFinding:
    """All measures at a look. `worse` if any is; `not_worse` if all are; else `insufficient`."""

    at: datetime
    metrics: tuple[MetricFinding, ...]
    waited: timedelta = timedelta()

    @property
    def verdict(self) -> MetricVerdict:
        """One verdict over all."""
        found = {each.verdict for each in self.metrics}
        if MetricVerdict.WORSE in found:
            return MetricVerdict.WORSE
        return MetricVerdict.NOT_WORSE if found == {MetricVerdict.NOT_WORSE} else MetricVerdict.INSUFFICIENT

    @property
    def worst(self) -> MetricFinding | None:
        """The measure that says worse, with most evidence."""
        bad = [each for each in self.metrics if each.verdict is MetricVerdict.WORSE]
        return max(bad, key=lambda each: each.evidence, default=None)
