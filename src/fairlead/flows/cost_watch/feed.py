"""What the watch of cost is fed with: the meter's closed windows, oldest first, as the lake has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from fairlead.flows.world import World
from fairlead.kernel.money import added
from fairlead.meter.queries import query_text

if TYPE_CHECKING:
    from fairlead.foresee.cost_events.window import CostWindow

__all__ = ["closed_windows", "newest_window"]

_NEWEST = "SELECT min(window_start) AS first, max(window_start) AS newest FROM cost_lines WHERE kind = 'release'"
_MICRO = 1_000_000


class _Place(NamedTuple):
    start: datetime
    environment: str
    model: str


def newest_window(world: World) -> tuple[datetime, datetime] | None:
    """Beginnings of the first and of the newest window that anything was charged in; None before there is one."""
    (row,) = world.lake.query(_NEWEST)
    first, newest = row["first"], row["newest"]
    return (first, newest) if isinstance(first, datetime) and isinstance(newest, datetime) else None


def closed_windows(world: World, since: datetime, until: datetime) -> list[CostWindow]:
    """Windows that begin in `[since, until)`, by time; a model that cost nothing in a window has none of it.

    Windows without a price are left out: what is not known is not zero.
    """
    with world.lake.session():
        costs, usage = (world.lake.query(query_text(name), (since, until)) for name in ("window_costs", "window_usage"))
    asked = {_place(row): row for row in usage}
    gathered: dict[_Place, list[Mapping[str, Any]]] = defaultdict(list)
    for row in costs:
        gathered[_place(row)].append(row)
    return [_window(place, gathered[place], asked.get(place, {})) for place in sorted(gathered)]


def _place(row: Mapping[str, Any]) -> _Place:
    return _Place(row["window_start"], row["environment"], row["model"])


def _window(place: _Place, costs: Iterable[Mapping[str, Any]], asked: Mapping[str, Any]) -> CostWindow:
    """On this machine what works is what is paid for: seconds of a core are used and held alike."""
    from fairlead.foresee.cost_events.window import SERVING, CostWindow, StageUse

    rows = list(costs)
    seconds = sum(int(row["quantity_us"]) for row in rows) / _MICRO
    length: timedelta = rows[0]["window_end"] - place.start
    return CostWindow(
        environment=place.environment,
        model=place.model,
        start=place.start,
        currency=rows[0]["currency"],
        stages={SERVING: StageUse(added(row["amount"] for row in rows), seconds, seconds)},
        requests=int(asked.get("requests", 0)),
        inferences=int(asked.get("inferences", 0)),
        input_tokens=int(asked.get("input_tokens", 0)),
        output_tokens=int(asked.get("output_tokens", 0)),
        costs={"customer": {row["customer"]: float(row["amount"]) for row in rows}},
        seconds=int(length.total_seconds()),
    )
