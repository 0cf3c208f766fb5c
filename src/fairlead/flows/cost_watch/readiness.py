"""Whether a model's cost is watched yet: since when its windows are known, and from when on an event may alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fairlead.domain.anomaly import AnomalySettings
from fairlead.flows.declared import declared_workspace
from fairlead.flows.world import World

__all__ = ["Watched", "watched"]

_FIRST = """
SELECT environment, model, min(window_start) AS since FROM cost_lines
WHERE kind = 'release' AND amount IS NOT NULL GROUP BY environment, model ORDER BY environment, model
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """A model whose windows have a price since `since`; before `alarms_from` the watch only learns."""

    environment: str
    model: str
    since: datetime
    alarms_from: datetime


def watched(world: World) -> tuple[Watched, ...]:
    """Every (environment, model) that was ever charged; one without a price is not watched."""
    workspace = declared_workspace(world)
    warm_up = (workspace.anomalies if workspace is not None else AnomalySettings()).warm_up
    return tuple(_watched(row, warm_up) for row in world.lake.query(_FIRST))


def _watched(row: Mapping[str, Any], warm_up: timedelta) -> Watched:
    since: datetime = row["since"]
    return Watched(row["environment"], row["model"], since, since + warm_up)
