"""Who earns what it costs: margins of customers on the plans and segments that the followed commit declares."""

from __future__ import annotations

from fairlead.flows.cost import CostFlow, Period
from fairlead.flows.world import World
from fairlead.meter.margin import Margin

__all__ = ["customer_margins"]


def customer_margins(world: World, flow: CostFlow, period: Period) -> tuple[Margin, ...]:
    """What each customer pays less what it costs, lowest first. NotFoundError where there is no commit yet."""
    declared = world.reader.read(world.repository.tree(world.repository.head().id))
    plans = {name: model.spec.plans for name, model in declared.models.items() if model.spec is not None}
    customers = declared.workspace.customers if declared.workspace else ()
    return tuple(flow.margins(plans, {each.name: each.segment for each in customers}, period))
