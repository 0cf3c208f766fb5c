"""*Cost*: a month's invoice and where it went, by model, customer and team, down to the lines and their source rows."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.domain.ledger import Basis
from fairlead.flows.budgets import budgets_now
from fairlead.flows.foresight.month_ahead import months_ahead
from fairlead.flows.ledger.overview import CostOverview, cost_lines, cost_overview
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from fairlead.meter.ledger.question import NOBODY, lines_wanted
from fairlead.show.web.budget_fan import budget_fan
from fairlead.show.web.cost_pictures import budgets_picture, currencies, pictures
from fairlead.show.web.frame import View, api_link, command, frame_for
from fairlead.show.web.rendering import page

__all__ = ["show_cost_lines", "show_costs"]

_MOST = 500


def show_costs(world: World, request: Request) -> HTMLResponse:
    """The month that is asked for, the newest where none is; in one currency at a time."""
    frame = frame_for(world, request)
    asked = request.query_params
    text = asked.get("text", "").strip()
    overview = cost_overview(world, asked.get("month", ""), _basis(asked.get("basis", "")))
    report = budgets_now(world)
    known = currencies(overview)
    currency = asked.get("currency", "") or (known[0] if known else "")
    narrowed = {"month": overview.month, "basis": overview.basis.value}
    view = View(
        "Cost",
        "Cost",
        command("cost", period=overview.month, basis=overview.basis.value),
        api_link("ledger", **narrowed),
        search="models, customers, teams",
        text=text,
        narrows=("month",),
    )
    content = {
        "overview": overview,
        "groups": _searched(overview, currency, text.lower()),
        "currency": currency,
        "currencies": known,
        "bases": [each.value for each in Basis],
        "pictures": pictures(overview, currency),
        "budgets": report,
        "budgets_picture": budgets_picture(report) if report.budgets else None,
        "fans": [budget_fan(each) for each in months_ahead(world, report)],
        "bridges": [each for each in overview.bridges if each.currency == currency],
    }
    return page("cost.html", frame, view, content)


def show_cost_lines(world: World, request: Request) -> HTMLResponse:
    """The lines behind a figure."""
    frame = frame_for(world, request)
    asked = request.query_params
    only = lines_wanted(asked)
    month, basis = asked.get("month", ""), _basis(asked.get("basis", ""))
    rows = cost_lines(world, month, basis, only, most=_MOST)
    chosen = [f"{name}={value}" for name, value in only.items()]
    view = View(
        "Cost",
        "Cost lines",
        command("cost", by="line", period=month, basis=basis.value, only=" --only ".join(chosen)),
        api_link(
            "ledger", "lines", month=month, basis=basis.value, **{key: said or NOBODY for key, said in only.items()}
        ),
        search="lines",
    )
    return page("cost_lines.html", frame, view, {"rows": rows, "only": only, "most": _MOST, "month": month})


def _basis(name: str) -> Basis:
    try:
        return Basis(name or Basis.EFFECTIVE)
    except ValueError:
        known = ", ".join(Basis)
        raise UsageError(f"unknown basis {name[:40]!r}", mend=f"use one of: {known}") from None


def _searched(overview: CostOverview, currency: str, text: str) -> dict[str, list[object]]:
    """Rows of each dimension in the currency whose name holds `text`."""
    return {
        name: [row for row in rows if row.currency == currency and text in row.key[name].lower()]
        for name, rows in overview.by.items()
    }
