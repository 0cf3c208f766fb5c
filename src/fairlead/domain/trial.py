"""What `fairlead test` tries on a model: golden requests, schema, metrics on pinned data, latency and memory."""

from __future__ import annotations

from pydantic import Field

from fairlead.domain.declaration import Spec
from fairlead.domain.quantity import Bytes, Duration, Exact

__all__ = ["Golden", "LatencyTrial", "MetricTrial", "Trial"]


class Golden(Spec):
    """A request whose answer is known."""

    name: str = Field(min_length=1, description="What people call it.")
    request: str = Field(min_length=1, description="Path of a JSON file in the model's folder: the request's body.")
    response: str = Field(min_length=1, description="Path of a JSON file in the model's folder: the answer expected.")
    tolerance: Exact = Field(
        default="0", validate_default=True, ge=0, description="Largest absolute difference of a number."
    )


class MetricTrial(Spec):
    """Metrics that are computed again on a pinned data file."""

    data: str = Field(min_length=1, description="Name of a data set under `data`, with its sha256: a CSV file.")
    label: str = Field(min_length=1, description="Column with the truth.")
    features: tuple[str, ...] = Field(default=(), description="Columns that are sent; without it all others.")
    metrics: tuple[str, ...] = Field(min_length=1, description="For example accuracy, f1, auc, rmse.")
    positive: str = Field(default="1", description="Label that counts as positive.")
    threshold: Exact = Field(default="0.5", validate_default=True, description="Score from which it is positive.")
    groups: tuple[str, ...] = Field(default=(), description="Columns whose values are compared as groups.")


class LatencyTrial(Spec):
    """Latency under a small load."""

    requests: int = Field(default=200, ge=1, le=100_000, description="How many are measured.")
    p99: Duration | None = Field(default=None, description="Bound on the 99th percentile.")


class Trial(Spec):
    """All that is tried; each part may be left out."""

    golden: tuple[Golden, ...] = Field(default=(), description="Requests with known answers.")
    metrics: tuple[MetricTrial, ...] = Field(default=(), description="Numbers that are computed again.")
    latency: LatencyTrial | None = Field(default=None, description="Latency, measured.")
    memory: Bytes | None = Field(default=None, description="Bound on the server's resident memory.")
    evidence: str = Field(default="evidence.json", description="Where the evidence is written, in the model's folder.")
