"""What use is measured in, where a shared resource is split by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["MEASURES", "Measure"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure's unit, and how many of its decimals count as weight (the rest is cut)."""

    unit: str
    decimals: int


MEASURES: Mapping[str, Measure] = {
    "gpu_seconds": Measure("seconds of one whole physical GPU", 6),
    "cpu_seconds": Measure("seconds of one core", 6),
    "memory_gib_seconds": Measure("GiB held for a second", 6),
    "storage_gib_hours": Measure("GiB held for an hour", 6),
    "storage_bytes": Measure("bytes held, on average over the window", 0),
    "network_bytes": Measure("bytes sent and received", 0),
    "requests": Measure("requests answered", 0),
    "inferences": Measure("requests that are paid for", 0),
    "input_tokens": Measure("tokens read, cached ones included", 0),
    "cached_input_tokens": Measure("of the tokens read, those from a cache", 0),
    "output_tokens": Measure("tokens written, reasoning ones included", 0),
    "reasoning_tokens": Measure("of the tokens written, those of reasoning", 0),
    "compute_seconds": Measure("seconds that answers were computed for, each request by itself", 6),
    "prefill_seconds": Measure("seconds spent reading prompts", 6),
    "decode_seconds": Measure("seconds spent writing answers", 6),
    "epochs": Measure("passes over the training data", 6),
    "trained_models": Measure("models that a training run finished", 0),
}
"""By the name that rules and usage files use."""
