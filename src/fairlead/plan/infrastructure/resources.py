"""What a cloud resource costs in a month, before and after a plan, by public list prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.domain.infrastructure import Assumptions, Change, Resource
from fairlead.domain.plan import CostComponent
from fairlead.plan.infrastructure.amazon import AMAZON
from fairlead.plan.infrastructure.azure import AZURE
from fairlead.plan.infrastructure.components import Place, Subject
from fairlead.plan.infrastructure.google import GOOGLE
from fairlead.plan.infrastructure.unlisted import UNLISTED, unlisted
from fairlead.plan.list_prices import SHIPPED
from fairlead.ports import ListPrices

__all__ = ["price_resource", "priced_types"]

_TYPES = {
    kind: (provider, read)
    for provider, table in (("aws", AMAZON), ("azure", AZURE), ("google", GOOGLE))
    for kind, read in table.items()
} | {kind: (provider, unlisted) for provider, kinds in UNLISTED.items() for kind in kinds}
Components = tuple[CostComponent, ...]


def priced_types() -> tuple[str, ...]:
    """The types of resource that are compute, and so have components; any other type has none."""
    return tuple(sorted(_TYPES))


def price_resource(
    resource: Resource, assumptions: Assumptions, prices: ListPrices = SHIPPED
) -> tuple[Components, Components]:
    """Components before and after the plan; empty where it is not there, or its type is not among `priced_types`.

    What leaves the tool's care (`forget`) still costs what it did.
    """
    after = resource.before if resource.action is Change.FORGET else resource.after
    linked_after = resource.linked_before if resource.action is Change.FORGET else resource.linked_after
    return (
        _components(resource, resource.before, resource.linked_before, assumptions, prices),
        _components(resource, after, linked_after, assumptions, prices),
    )


def _components(
    resource: Resource,
    attributes: Mapping[str, Any] | None,
    linked: Mapping[str, Any] | None,
    assumptions: Assumptions,
    prices: ListPrices,
) -> Components:
    known = _TYPES.get(resource.type)
    if known is None or attributes is None:
        return ()
    provider, read = known
    place = Place(provider, resource.region, resource.address, assumptions.of(resource.address), prices)
    return tuple(read(Subject(place, attributes, linked or {})))
