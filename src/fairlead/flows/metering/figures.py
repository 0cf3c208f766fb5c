"""What the meter knows of each model, gathered once for a view. Without a meter nothing is known, and that is said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from fairlead.domain.plan import Key
from fairlead.flows.cost import FOREVER, Period
from fairlead.flows.metering.machine import cost_flow
from fairlead.flows.world import World
from fairlead.kernel.money import Money
from fairlead.meter.checkpoint import decode
from fairlead.meter.figure_set import Figures, ModelFigures
from fairlead.meter.report import CostRow
from fairlead.meter.sessions import FACT

__all__ = ["figures", "model_figures", "money", "month_start"]

_TREND = 12
_FRESH = timedelta(seconds=2)


def figures(world: World) -> Figures:
    """Figures of this month; nothing where this workspace was never metered, so that no engine is loaded for it.

    They are at most 2 s old: pages ask at each decision, and what asking costs is charged to the platform.
    """
    if world.state.fact(FACT) is None:
        return Figures()
    now = world.clock.now()
    kept = world.metered.figures
    if kept is None or now - kept.gathered > _FRESH:
        kept = world.metered.figures = _gather(world)
    return kept


def _gather(world: World) -> Figures:
    month = Period(since=month_start(world.clock.now()))
    with cost_flow(world).at_once() as flow:
        releases = flow.cost(("environment", "model", "release"), month).rows
        models = flow.cost(("environment", "model"), month).rows
        recent = flow.cost(("environment", "model", "window"), _recent(world)).rows
        checkpoint = decode(world.lake.checkpoint())
    return Figures(
        gathered=world.clock.now(),
        models={_key(row): row for row in models},
        releases={(*_key(row), str(row.key["release"])): row for row in releases},
        trends=_trends(recent),
        metered=checkpoint.next_start if checkpoint else None,
    )


def model_figures(world: World, model: str, environments: Iterable[str]) -> ModelFigures:
    """Figures of one model; nothing where this workspace was never metered."""
    if world.state.fact(FACT) is None:
        return ModelFigures()
    with cost_flow(world).at_once() as flow:
        rows = flow.cost(("environment", "model", "release"), FOREVER, model=model).rows
        series = {each: flow.series(model, each) for each in environments}
    return ModelFigures({(str(row.key["environment"]), str(row.key["release"])): row for row in rows}, series)


def month_start(now: datetime) -> datetime:
    """The first moment of the calendar month, UTC."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def money(amount: Decimal | None, row: CostRow) -> Money | None:
    """An amount of a row in its currency; None stays unknown."""
    return None if amount is None else Money(amount, row.currency)


def _recent(world: World) -> Period:
    """The newest windows, whatever their length: a day holds enough of them, and the trend keeps the last."""
    now = world.clock.now()
    return Period(since=now.replace(hour=0, minute=0, second=0, microsecond=0))


def _trends(rows: Iterable[CostRow]) -> dict[Key, tuple[Decimal | None, ...]]:
    points: dict[Key, list[tuple[str, Decimal | None]]] = {}
    for row in rows:
        points.setdefault(_key(row), []).append((str(row.key["window_start"]), row.per_1k))
    return {key: tuple(value for _, value in sorted(each)[-_TREND:]) for key, each in points.items()}


def _key(row: CostRow) -> Key:
    return str(row.key["environment"]), str(row.key["model"])
