"""One event over many series is one alert: events of one window with the same cause become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from fairlead.domain.anomaly import CostCause, CostEvent
from fairlead.foresee.cost_events.wording import many_sentence
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.money import Money, added

__all__ = ["joined", "together"]

_ID = 12


def together(events: Iterable[CostEvent]) -> tuple[tuple[CostEvent, ...], ...]:
    """The events by change: those were one that were found in one window, are of one kind and share commit or cause.

    Events that ended stay by themselves. The order is that of the first ones.
    """
    groups: dict[tuple[object, ...], list[CostEvent]] = {}
    for event in events:
        groups.setdefault(_key(event), []).append(event)
    return tuple(tuple(own) for own in groups.values())


def joined(own: Sequence[CostEvent]) -> CostEvent:
    """One event for those of one change, of which there is at least one.

    Money adds up; it has the earliest start, no model of its own, and names the models as its cause where no other
    dimension explained them.
    """
    first, currency = own[0], own[0].actual.currency
    if len(own) == 1:
        return first
    places = tuple(sorted({f"{event.environment}/{event.model}" for event in own}))
    environments = {event.environment for event in own}
    one = replace(
        first,
        id=sha256_hex(" ".join(sorted(event.id for event in own)).encode())[:_ID],
        environment=first.environment if len(environments) == 1 else "",
        model=first.model if len({event.model for event in own}) == 1 else "",
        began=min(event.began for event in own),
        actual=Money(added(event.actual.amount for event in own), currency),
        expected=Money(added(event.expected.amount for event in own), currency),
        cause=first.cause or CostCause("model", tuple(sorted({event.model for event in own})), Decimal(1)),
        series=tuple(dict.fromkeys(name for event in own for name in event.series)),
    )
    return replace(one, sentence=many_sentence(one, places, first.sentence))


def _key(event: CostEvent) -> tuple[object, ...]:
    if event.ended is not None:
        return (event.id,)
    shared = event.origin.commit if event.origin else event.cause and (event.cause.dimension, event.cause.values)
    return event.kind, event.found, event.actual.currency, bool(event.origin), shared
