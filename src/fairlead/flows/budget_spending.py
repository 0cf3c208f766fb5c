"""What was spent this month by whom: of all bills where there are any, else by this machine's meter alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase

from fairlead.domain.workspace import WorkspaceSpec
from fairlead.flows.cost import Period
from fairlead.flows.metering.machine import cost_flow
from fairlead.flows.world import World
from fairlead.kernel.money import added
from fairlead.meter.budget import Holder, Month, Spent
from fairlead.meter.queries import query_text
from fairlead.meter.sessions import FACT

__all__ = ["Spending", "spending", "team_of"]

Spending = Mapping[tuple[Holder, str], Spent]
"""What each was charged; nothing of whom nothing was measured."""


@dataclass(frozen=True, slots=True)
class _Charge:
    """Something charged, whoever it is for. `amount` None: nobody knows its price."""

    names: Mapping[Holder, str]
    amount: Decimal | None
    currency: str
    since: datetime
    until: datetime


def spending(world: World, workspace: WorkspaceSpec, month: Month, currency: str) -> Spending:
    """Of every model, environment, team and customer, in `currency`; what is in another currency is not known in it."""
    from fairlead.domain.ledger import BILLS

    if world.ledger.parts(BILLS):
        charges = _billed(world, month)
    elif world.state.fact(FACT) is not None:
        charges = _metered(world, month)
    else:
        return {}
    return _sums(charges, workspace, currency)


def _billed(world: World, month: Month) -> Iterator[_Charge]:
    """Lines of all bills, and this machine's own, by day. Idle and shared cost that somebody is charged with counts."""
    from fairlead.domain.ledger import Charge
    from fairlead.flows.ledger.charged import charged_lines
    from fairlead.flows.ledger.cost import cost_rows
    from fairlead.meter.ledger.question import CostQuestion

    engine = world.engine
    question = CostQuestion(
        by=(*(each.value for each in Holder), "day"),
        since=month.start,
        until=month.end,
        include=frozenset({Charge.IDLE, Charge.SHARED}),
    )
    for row in cost_rows(world, engine, charged_lines(world, engine), question):
        since = datetime.fromisoformat(str(row.key["day"])[:10]).replace(tzinfo=UTC)
        until = min(since + timedelta(days=1), month.now)
        yield _Charge({each: row.key[each.value] for each in Holder}, row.amount, row.currency, since, until)


def _metered(world: World, month: Month) -> Iterator[_Charge]:
    """The meter's own, the open window included: it measures up to now."""
    dimensions = ("environment", "model", "customer")
    with cost_flow(world).at_once() as flow:
        rows = flow.cost(dimensions, Period(since=month.start)).rows
        spans = world.lake.query(query_text("span_by", dimensions), (month.start, month.end))
        known = {tuple(each[name] for name in dimensions): each["since"] for each in spans}
    for row in rows:
        since = known.get(tuple(row.key[name] for name in dimensions))
        names = {Holder(name): str(row.key[name]) for name in dimensions}
        begin = since if isinstance(since, datetime) else month.now
        yield _Charge(names, row.amount, row.currency, begin, month.now)


def _sums(charges: Iterable[_Charge], workspace: WorkspaceSpec, currency: str) -> Spending:
    found: dict[tuple[Holder, str], Spent] = {}
    for charge in charges:
        team = charge.names.get(Holder.TEAM) or team_of(charge.names[Holder.MODEL], workspace)
        names = {**charge.names, Holder.TEAM: team}
        for holder, name in names.items():
            if name:
                key = (holder, name)
                found[key] = _added(found.get(key), charge, currency)
    return found


def team_of(model: str, workspace: WorkspaceSpec) -> str:
    """The first team that says that the model is theirs; '' where none does."""
    own = (each.name for each in workspace.teams if any(fnmatchcase(model, pattern) for pattern in each.models))
    return next(own, "")


def _added(before: Spent | None, charge: _Charge, currency: str) -> Spent:
    """What is known counts, whatever else is not."""
    unknown = "something has no price" if charge.amount is None else ""
    if charge.amount is not None and charge.currency != currency:
        unknown = f"something is charged in {charge.currency}, and the budget is in {currency or 'no currency'}"
    known = charge.amount if charge.amount is not None and not unknown else Decimal(0)
    if before is None:
        return Spent(known, charge.since, charge.until, unknown)
    amount = added((before.amount, known))
    since, until = min(before.since, charge.since), max(before.until, charge.until)
    return replace(before, amount=amount, since=since, until=until, unknown=before.unknown or unknown)
