"""What a candidate costs before and after, as a report tells it."""

from __future__ import annotations

from decimal import Decimal

from fairlead.check.subjects import per_thousand
from fairlead.domain.plan import total
from fairlead.domain.report import Cost
from fairlead.flows.judging.facts import Candidate
from fairlead.kernel.money import Money

__all__ = ["cost_of"]


def cost_of(candidate: Candidate) -> Cost | None:
    """The month's cost and that of a thousand inferences; None where nothing was priced."""
    price = candidate.price
    if price is None:
        return None
    before, after = total(price.before), total(price.after)
    unit = per_thousand(price, before, after) or {}
    if not price.before and after is not None:
        before = Money(Decimal(0), after.currency)  # it is new: nothing ran, and that costs nothing
    return Cost(
        name=candidate.model.name,
        environment=candidate.environment.name,
        before=before,
        after=after,
        before_per_1k=_money(unit.get("before"), before),
        after_per_1k=_money(unit.get("after"), after),
        unpriced=tuple(f"{each.name}: {each.source}" for each in price.after if each.monthly is None),
        assumptions=price.source,
    )


def _money(amount: str | None, like: Money | None) -> Money | None:
    return Money(Decimal(amount), like.currency) if amount is not None and like is not None else None
