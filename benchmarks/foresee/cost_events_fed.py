"""A world as the watch sees it: closed windows and deployments, plain or disguised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from benchmarks.foresee.cost_events_world import STEP_S, STEPS, Array, Paid, World
from fairlead.domain.anomaly import Deployed
from fairlead.foresee.cost_events.window import CostWindow, StageUse
from fairlead.kernel.windows import Window

__all__ = ["DISGUISED", "PLAIN", "Guise", "deployments", "moment", "planned", "windows"]


@dataclass(frozen=True, slots=True)
class Guise:
    """How a world is shown: `scale` for money, `shift` for time, `mark` in front of every name."""

    scale: Decimal
    shift: timedelta
    mark: str


PLAIN = Guise(Decimal(1), timedelta(0), "")
DISGUISED = Guise(Decimal("3.7"), timedelta(days=65), "other-")
_START = datetime(2026, 1, 5, tzinfo=UTC)
_DIGITS = 9


def moment(step: float, guise: Guise) -> datetime:
    """When a step begins."""
    return _START + guise.shift + timedelta(seconds=step * STEP_S)


def deployments(world: World, guise: Guise) -> list[Deployed]:
    """All of them, with a commit named by its place."""
    return [
        Deployed(
            at=moment(at, guise),
            environment="prod",
            model=guise.mark + world.name,
            release=f"{place:064x}",
            commit=f"{place:040x}",
            author="Ann",
            subject="Change something",
            cost_factor=None if factor is None else Decimal(f"{factor:.3f}"),
            stage=stage,
        )
        for place, (at, stage, factor) in enumerate(world.deployed)
    ]


def planned(world: World, guise: Guise) -> list[Window]:
    """Declared loads."""
    return [Window(moment(start, guise), moment(end, guise)) for start, end in world.planned]


def windows(world: World, seen: Paid, guise: Guise) -> Iterator[CostWindow]:
    """Every window that was not lost."""
    for step in range(STEPS):
        if world.lost[step]:
            continue
        stages = {"serving": _use(seen.cost[step], seen.used[step], seen.held[step], guise)}
        for name, (cost, used, held) in seen.stages.items():
            if held[step]:
                stages[name] = _use(cost[step], used[step], held[step], guise)
        yield CostWindow(
            environment="prod",
            model=guise.mark + world.name,
            start=moment(step, guise),
            currency="USD",
            stages=stages,
            requests=int(seen.requests[step]),
            inferences=int(seen.inferences[step]),
            input_tokens=int(seen.input_tokens[step]),
            output_tokens=int(seen.output_tokens[step]),
            costs={
                "customer": _split("customer", seen.by_customer[step], guise),
                "region": _split("region", seen.by_region[step], guise),
                "sku": _split("sku", seen.by_sku[step], guise),
            },
        )


def _use(cost: float, used: float, held: float, guise: Guise) -> StageUse:
    return StageUse(round(Decimal(float(cost)), _DIGITS) * guise.scale, float(used), float(held))


def _split(dimension: str, costs: Array, guise: Guise) -> dict[str, float]:
    return {f"{guise.mark}{dimension}-{place}": cost * float(guise.scale) for place, cost in enumerate(costs.tolist())}
