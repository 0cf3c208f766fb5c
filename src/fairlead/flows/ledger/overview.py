"""The Cost page's figures: a month's invoice and where it went, its trend, and what moved against the month before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from fairlead.domain.ledger import BILLS, Basis, Charge
from fairlead.flows.ledger.charged import charged_lines
from fairlead.flows.ledger.closing import Closing, closings
from fairlead.flows.ledger.cost import charged_rows, cost_bridges, cost_rows, source_states
from fairlead.flows.world import World
from fairlead.meter.ledger.movers import Mover, movers
from fairlead.meter.ledger.question import CostQuestion, Per
from fairlead.meter.ledger.report import Bridge, LedgerRow, SourceState

__all__ = ["CostOverview", "cost_lines", "cost_overview"]

_DIMENSIONS = ("model", "customer", "team")
_LINE = ("line", "charge", "day", "model", "customer", "team", "resource", "service", "rule")


@dataclass(frozen=True, slots=True)
class CostOverview:
    """One month in one basis. `months` are those that anything was booked in, newest first.

    `by` holds the rows of each dimension; `days` what each charge cost by day, `units` a thousand inferences by day;
    `moved` the models that changed most since the month before; `sources` the bills that it all rests on.
    """

    month: str
    months: tuple[str, ...]
    basis: Basis
    bridges: tuple[Bridge, ...]
    by: Mapping[str, tuple[LedgerRow, ...]]
    days: tuple[LedgerRow, ...]
    units: tuple[LedgerRow, ...]
    moved: tuple[Mover, ...]
    sources: tuple[SourceState, ...]
    closed: Closing | None


def cost_overview(world: World, month: str = "", basis: Basis = Basis.EFFECTIVE) -> CostOverview:
    """The month's figures; the newest one's where none is named."""
    months = _months(world)
    month = month or (months[0] if months else f"{world.clock.now():%Y-%m}")
    asked = CostQuestion(period=month, basis=basis, include=frozenset({Charge.IDLE, Charge.SHARED}))
    engine = world.engine
    statements = world.ledger.parts(BILLS)
    lines = charged_lines(world, engine)

    def rows(question: CostQuestion) -> tuple[LedgerRow, ...]:
        return cost_rows(world, engine, lines, question)

    by = {each: rows(replace(asked, by=(each,))) for each in _DIMENSIONS}
    before = f"{asked.span[0] - timedelta(days=1):%Y-%m}"
    return CostOverview(
        month=month,
        months=months,
        basis=basis,
        bridges=cost_bridges(world, engine, lines, asked, statements),
        by=by,
        days=rows(replace(asked, by=("day", "charge"))),
        units=rows(replace(asked, by=("day",), per=Per.THOUSAND_INFERENCES)),
        moved=movers(rows(replace(asked, by=("model",), period=before)), by["model"]),
        sources=tuple(source_states(world, statements, asked)),
        closed=closings(world.state).get(month),
    )


def cost_lines(world: World, month: str, basis: Basis, only: Mapping[str, str], *, most: int) -> tuple[LedgerRow, ...]:
    """The dearest lines of a month that have these values, of every charge."""
    return charged_rows(world, CostQuestion(by=_LINE, period=month, basis=basis, only=only), most=most)


def _months(world: World) -> tuple[str, ...]:
    """Months with bills, and those that the meter knows."""
    of_bills = {each.part.period[:7] for each in world.ledger.parts(BILLS)}
    rows = world.lake.query("SELECT DISTINCT strftime(window_start, '%Y-%m') AS month FROM bill_lines")
    return tuple(sorted(of_bills | {str(each["month"]) for each in rows}, reverse=True))
