"""What `fairlead test` tries on a model: golden requests, schema, metrics on pinned data, latency and memory."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.domain.declaration import Spec
from fairlead.domain.quantity import Bytes, Duration, Exact

__all__ = ["Bound", "Golden", "GroupMetricName", "LatencyTrial", "MetricName", "MetricTrial", "Trial"]

MetricName = Literal[
    "accuracy",
    "balanced-accuracy",
    "precision",
    "recall",
    "f1",
    "specificity",
    "false-positive-rate",
    "false-negative-rate",
    "selection-rate",
    "precision-macro",
    "recall-macro",
    "f1-macro",
    "auc",
    "mae",
    "mse",
    "rmse",
    "r2",
    "mean-error",
]
"""Numbers over all rows; `fairlead.assure` says how each is computed."""

GroupMetricName = Literal[
    "disparate-impact-ratio",
    "demographic-parity-difference",
    "equal-opportunity-difference",
    "equalized-odds-difference",
    "false-positive-rate-difference",
    "false-negative-rate-difference",
]
"""Numbers that compare the groups of a column; all of them are computed where `groups` names one."""


class Golden(Spec):
    """A request whose answer is known."""

    name: str = Field(min_length=1, description="What people call it.")
    request: str = Field(min_length=1, description="Path of a JSON file in the model's folder: the request's body.")
    response: str = Field(
        min_length=1, description="Path of a JSON file in the model's folder: what the answer must hold."
    )
    path: str = Field(default="", pattern=r"^(/.*)?$", description="HTTP path; without it that of the protocol.")
    tolerance: Exact = Field(
        default="0", validate_default=True, ge=0, description="Largest absolute difference of a number."
    )


class Bound(Spec):
    """Within which a number must lie; both ends belong to it."""

    min: Exact | None = Field(default=None, description="Least value that is accepted.")
    max: Exact | None = Field(default=None, description="Greatest value that is accepted.")


class MetricTrial(Spec):
    """Metrics that are computed again on a pinned data file."""

    data: str = Field(min_length=1, description="Name of a data set under `data`, with its sha256: a CSV file.")
    label: str = Field(min_length=1, description="Column with the truth.")
    features: tuple[str, ...] = Field(default=(), description="Columns that are sent; without it all but the label.")
    metrics: tuple[MetricName, ...] = Field(min_length=1, description="Numbers over all rows.")
    output: str = Field(default="", description="Output with the answer; without it the model's first.")
    score: str = Field(default="", description="Output with the scores; without it the second, or the only one.")
    positive: str = Field(default="1", description="Label that counts as positive.")
    threshold: Exact | None = Field(
        default=None, description="Score from which a row counts as positive; without it the model's own label decides."
    )
    groups: tuple[str, ...] = Field(default=(), description="Columns whose values are compared as groups.")
    smallest_group: int = Field(
        default=1, ge=1, description="Groups with fewer rows are shown, and left out of the comparison."
    )
    bounds: dict[MetricName | GroupMetricName, Bound] = Field(
        default_factory=dict, description="Bounds by metric; one of a group metric holds for every column."
    )


class LatencyTrial(Spec):
    """Latency of one request after the other."""

    requests: int = Field(default=200, ge=1, le=100_000, description="How many are measured.")
    p99: Duration | None = Field(default=None, description="Bound on the 99th percentile.")


class Trial(Spec):
    """All that is tried; each part may be left out."""

    golden: tuple[Golden, ...] = Field(default=(), description="Requests with known answers.")
    metrics: tuple[MetricTrial, ...] = Field(default=(), description="Numbers that are computed again.")
    latency: LatencyTrial | None = Field(default=None, description="Latency, measured.")
    memory: Bytes | None = Field(default=None, description="Bound on the server's resident memory.")
    limit: Duration = Field(default="10m", validate_default=True, description="Longest time for the whole test.")
    evidence: str = Field(default="evidence.json", description="Where the evidence is written, in the model's folder.")
