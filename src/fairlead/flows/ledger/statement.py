"""`fairlead ledger statement`: what a team is shown for a month, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fairlead.domain.ledger import Basis, Charge
from fairlead.flows.declared import declared_workspace
from fairlead.flows.ledger.charged import charged_lines
from fairlead.flows.ledger.closing import Closing, closings
from fairlead.flows.ledger.cost import cost_rows
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.kernel.money import added
from fairlead.meter.ledger.question import CostQuestion
from fairlead.meter.ledger.report import LedgerRow

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["TeamStatement", "team_statements"]

_ITEM = ("model", "environment", "stage", "customer", "service", "charge")


@dataclass(frozen=True, slots=True)
class TeamStatement:
    """One team's month in one currency. `items` sum to `total`, to the last digit; None where one is not known.

    `before` is the month before, None where nothing was charged in it. `days` are amounts by day. `closed` is None
    while the month may still change.
    """

    workspace: str
    team: str
    period: str
    currency: str
    basis: str
    total: Decimal | None
    before: Decimal | None
    items: tuple[LedgerRow, ...]
    days: tuple[LedgerRow, ...]
    made: datetime
    closed: Closing | None


def team_statements(
    world: World, period: str, teams: Iterable[str], basis: Basis = Basis.EFFECTIVE
) -> tuple[TeamStatement, ...]:
    """Statements by team and currency; of every team that is charged something, where none is named.

    NotFoundError where nothing is charged to a team in the month. Idle and shared cost that a rule gave a team is in.
    """
    asked = CostQuestion(period=period, basis=basis, include=frozenset({Charge.IDLE, Charge.SHARED}))
    desk = _Desk(world, asked, charged_lines(world, world.engine))
    known = {row.key["team"] for row in desk.rows(by=("team",)) if row.key["team"]}
    wanted = tuple(teams) or tuple(sorted(known))
    for team in wanted:
        if team not in known:
            charged = ", ".join(sorted(known)) or "nobody"
            raise NotFoundError(f"nothing is charged to team {team!r} in {period}", mend=f"charged are: {charged}")
    return tuple(statement for team in wanted for statement in desk.statements(team))


@dataclass(frozen=True, slots=True)
class _Desk:
    """One month's lines, and what is asked of them again and again."""

    world: World
    asked: CostQuestion
    lines: ir.Table

    def rows(self, **more: Any) -> tuple[LedgerRow, ...]:  # noqa: ANN401 - fields of the question
        """Rows of the question with these fields."""
        return cost_rows(self.world, self.world.engine, self.lines, replace(self.asked, **more))

    def statements(self, team: str) -> Iterator[TeamStatement]:
        """One per currency."""
        only = {"team": team}
        items, days = self.rows(by=_ITEM, only=only), self.rows(by=("day",), only=only)
        month_before = f"{self.asked.span[0] - timedelta(days=1):%Y-%m}"
        before = {row.currency: row.amount for row in self.rows(by=("team",), only=only, period=month_before)}
        workspace = declared_workspace(self.world)
        for currency in sorted({row.currency for row in items}):
            mine = tuple(row for row in items if row.currency == currency)
            yield TeamStatement(
                workspace=workspace.name if workspace else "",
                team=team,
                period=self.asked.period,
                currency=currency,
                basis=self.asked.basis,
                total=_total(mine),
                before=before.get(currency),
                items=mine,
                days=tuple(row for row in days if row.currency == currency),
                made=self.world.clock.now(),
                closed=closings(self.world.state).get(self.asked.period),
            )


def _total(items: Iterable[LedgerRow]) -> Decimal | None:
    amounts = [row.amount for row in items]
    return None if None in amounts else added(each for each in amounts if each is not None)
