"""Pure: what customers pay on the stated plans, less what they cost. What is not known is insufficient, not zero."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from fairlead.domain.model import PlanPrice
from fairlead.kernel.money import from_pico, round_to_pico
from fairlead.meter.report import CostRow

__all__ = ["Margin", "margins"]


@dataclass(frozen=True, slots=True)
class Margin:
    """One customer. `revenue` and `margin` are None where `insufficient` says why.

    `cost` is what releases are charged for the customer, without a part of platform and idle.
    """

    customer: str
    segment: str
    requests: int
    revenue: Decimal | None
    cost: Decimal | None
    margin: Decimal | None
    currency: str
    insufficient: str


def margins(
    rows: Iterable[CostRow], plans: Mapping[str, tuple[PlanPrice, ...]], segments: Mapping[str, str]
) -> list[Margin]:
    """Margins, lowest first. `rows` are by customer and model; `plans` by model, `segments` by customer."""
    by_customer: dict[tuple[str, str], list[CostRow]] = defaultdict(list)
    for row in rows:
        if row.requests:
            by_customer[str(row.key["customer"]), row.currency].append(row)
    found = [
        _margin(customer, currency, segments.get(customer, ""), own, plans)
        for (customer, currency), own in by_customer.items()
    ]
    return sorted(found, key=lambda each: (each.margin is None, each.margin or 0, each.customer))


def _margin(
    customer: str, currency: str, segment: str, rows: list[CostRow], plans: Mapping[str, tuple[PlanPrice, ...]]
) -> Margin:
    revenue = Fraction(0)
    reasons = []
    for row in rows:
        model = str(row.key["model"])
        plan = next((each for each in plans.get(model, ()) if segment and each.segment == segment), None)
        if plan is None:
            reasons.append(f"{model} has no plan for segment {segment!r}" if segment else "the customer has no segment")
        elif row.tokens_unknown and (plan.per_1m_input_tokens or plan.per_1m_output_tokens):
            reasons.append(f"{row.tokens_unknown} answers of {model} did not state their tokens")
        else:
            revenue += _revenue(row, plan)
    unpriced = any(row.amount is None for row in rows)
    if unpriced:
        reasons.append("there is no price for the machine")
    earned = round_to_pico(revenue)
    cost = sum(round_to_pico(row.amount or Decimal(0)) for row in rows)
    known = not reasons
    return Margin(
        customer=customer,
        segment=segment,
        requests=sum(row.requests for row in rows),
        revenue=from_pico(earned) if known or reasons == ["there is no price for the machine"] else None,
        cost=None if unpriced else from_pico(cost),
        margin=from_pico(earned - cost) if known else None,
        currency=currency,
        insufficient="; ".join(dict.fromkeys(reasons)),
    )


def _revenue(row: CostRow, plan: PlanPrice) -> Fraction:
    """Exact: inferences x price / 1,000 and tokens x price / 1,000,000. Only what was answered is paid for."""
    priced = (
        (row.inferences, plan.per_1k_inferences, 1_000),
        (row.input_tokens, plan.per_1m_input_tokens, 1_000_000),
        (row.output_tokens, plan.per_1m_output_tokens, 1_000_000),
    )
    return sum((Fraction(price) * count / units for count, price, units in priced if price is not None), Fraction(0))
