"""What was spent this month by whom: of all bills where there are any, else by this machine's meter alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
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

__all__ = ["Spending", "SpendingByDay", "spending", "spending_by_day", "team_of"]

Spending = Mapping[tuple[Holder, str], Spent]
"""What each was charged; nothing of whom nothing was measured."""


SpendingByDay = Mapping[tuple[Holder, str], Mapping[date, Decimal]]
"""What each was charged on each day, as far as it is known; a day of which nothing is known lacks."""


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


def spending_by_day(world: World, workspace: WorkspaceSpec, span: Month, currency: str) -> SpendingByDay:
    """The same by day of a span, in `currency` alone."""
    from fairlead.domain.ledger import BILLS

    found: dict[tuple[Holder, str], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    charges = _billed(world, span) if world.ledger.parts(BILLS) else _metered_by_day(world, span)
    for charge in charges:
        if charge.amount is not None and charge.currency == currency:
            for key in _holders(charge, workspace):
                found[key][charge.since.date()] += charge.amount
    return found


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


def _metered_by_day(world: World, span: Month) -> Iterator[_Charge]:
    """The meter's own, of closed windows."""
    for row in world.lake.query(query_text("spend_by_day"), (span.start, span.end)):
        since = datetime.fromisoformat(str(row["day"])).replace(tzinfo=UTC)
        names = {holder: str(row[holder.value]) for holder in (Holder.ENVIRONMENT, Holder.MODEL, Holder.CUSTOMER)}
        amount, currency = Decimal(str(row["amount"])), str(row["currency"])
        yield _Charge(names, amount, currency, since, since + timedelta(days=1))


def _holders(charge: _Charge, workspace: WorkspaceSpec) -> list[tuple[Holder, str]]:
    team = charge.names.get(Holder.TEAM) or team_of(charge.names[Holder.MODEL], workspace)
    return [(holder, name) for holder, name in {**charge.names, Holder.TEAM: team}.items() if name]


def _sums(charges: Iterable[_Charge], workspace: WorkspaceSpec, currency: str) -> Spending:
    found: dict[tuple[Holder, str], Spent] = {}
    for charge in charges:
        for key in _holders(charge, workspace):
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
