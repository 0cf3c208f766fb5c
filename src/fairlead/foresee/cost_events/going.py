"""An event that goes on, as the watch keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain.anomaly import CostEvent
from fairlead.domain.anomaly_text import event_json, read_event
from fairlead.foresee.cost_events.track import Track

__all__ = ["Going"]


@dataclass(slots=True)
class Going:
    """The event; the gauge that told of it and how much that rose; the number of the window that showed it.

    `owned` are the gauges that moved with it, and their strongest evidence: they learn nothing and tell nothing else.
    """

    event: CostEvent
    gauge: str
    rise: float
    number: int
    owned: dict[str, list[float]]

    def follow(self, tracks: Mapping[str, Track]) -> None:
        """Keep the strongest that its gauges have shown."""
        for name, strongest in self.owned.items():
            self.owned[name] = [max(pair) for pair in zip(strongest, tracks[name].evidence, strict=True)]

    def saved(self) -> dict[str, Any]:
        """The state, as JSON can hold it."""
        return {
            "event": event_json(self.event),
            "gauge": self.gauge,
            "rise": self.rise,
            "number": self.number,
            "owned": {name: list(evidence) for name, evidence in self.owned.items()},
        }

    @classmethod
    def resumed(cls, state: Mapping[str, Any]) -> Going:
        """Make again what `saved` returned."""
        return cls(
            read_event(state["event"]), state["gauge"], state["rise"], int(state["number"]), dict(state["owned"])
        )
