"""Cost taken apart: what is watched of a window, as logarithms, so that factors of cost add up.

Cost of serving = inferences x tokens per inference x used seconds per token x held seconds per used second x price;
requests per inference stand beside it, because retries hide in the seconds per token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

from fairlead.foresee.cost_events.window import SERVING, CostWindow

__all__ = ["SIGNALS", "Signal", "readings"]

_OUTPUT_WEIGHT = 4.0
"""Writing a token costs about four times as much as reading one, by the list prices of most providers."""

_NOBODY = 0.5
"""Stands for zero inferences in a logarithm."""


@dataclass(frozen=True, slots=True)
class Signal:
    """How one number is watched. All are logarithms; 0.1 is about ten percent."""

    name: str
    measure: str
    """The ledger's word for it."""

    floor: float
    """Least spread that is believed."""

    effect: float
    """Least rise that may alarm."""

    grain: float
    """Variance that one inference adds: few inferences make a noisy ratio."""

    needs_cost: bool = True
    """Whether it alarms only where cost rose too."""

    planned: bool = False
    """Whether planned loads move it."""

    released: bool = False
    """Whether a release that is known to be dearer moves it."""

    starts: bool = False
    """Whether the start-up of a release moves it."""

    at_once: float = 1.0
    """By how much more it must rise to alarm in its first minutes, where it rises for minutes without meaning."""


SIGNALS: Mapping[str, Signal] = {
    signal.name: signal
    for signal in (
        Signal("price", "price", 0.01, 0.08, 0.0, needs_cost=False),
        Signal("tokens", "tokens_per_inference", 0.02, 0.1, 1.0, released=True),
        Signal("work", "seconds_per_token", 0.02, 0.12, 0.5, released=True, starts=True),
        Signal("attempts", "requests_per_inference", 0.02, 0.12, 0.05),
        Signal("held", "held_per_used_second", 0.03, 0.25, 0.0, planned=True, released=True, starts=True, at_once=3.0),
        Signal("demand", "inferences", 0.03, 0.25, 1.0, planned=True, at_once=1.4),
        Signal("unused", "held_per_used_second", 0.05, 1.1, 0.0, needs_cost=False, planned=True, starts=True),
        Signal("unit", "unit_cost", 0.03, 0.35, 0.5, planned=True, released=True, starts=True),
        Signal("cost", "cost", 0.03, 0.45, 0.0, planned=True, released=True, starts=True, at_once=1.8),
    )
}
"""By name, in the order of how exactly they say what happened."""


def readings(window: CostWindow) -> dict[str, float]:
    """The logarithms of a window; what cannot be told of it is left out. `size` is held seconds alone."""
    serving = window.stages.get(SERVING)
    if serving is None:
        return {}
    cost, used, held = float(serving.cost), serving.used_s, serving.held_s
    tokens = window.input_tokens + _OUTPUT_WEIGHT * window.output_tokens
    answered = window.inferences
    found = {"demand": log(answered or _NOBODY)}
    if window.requests:
        found["attempts"] = log((window.requests + 1) / (answered + 1))
    if tokens and answered:
        found["tokens"] = log(tokens / answered)
    if used > 0 and answered:
        found["work"] = log(used / (tokens or answered))
    if held > 0:
        found["size"] = log(held)
        found["held"] = found["unused"] = log(held / max(used, held * 1e-3))
    if cost > 0:
        found["cost"] = log(cost)
        if answered:
            found["unit"] = log(cost / answered)
        if held > 0:
            found["price"] = log(cost / held)
    return found
