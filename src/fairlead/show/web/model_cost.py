"""*Model, Cost*: what it cost and how fast it was, over time, by release and by customer, down to the source rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.flows.budgets import BudgetReport, budgets_now
from fairlead.flows.cost import CostFlow, Period
from fairlead.flows.foresight.month_ahead import months_ahead
from fairlead.flows.metering.machine import cost_flow
from fairlead.flows.world import World
from fairlead.kernel.windows import iso
from fairlead.meter.budget import Holder
from fairlead.meter.report import CostReport, CostRow
from fairlead.show.outputs.figures import amount_text
from fairlead.show.web.budget_fan import BudgetFan, budget_fan
from fairlead.show.web.charts import Line, line_chart
from fairlead.show.web.frame import View, api_link, command, frame_for
from fairlead.show.web.model_page import subject_of
from fairlead.show.web.rendering import page
from fairlead.show.web.window_rows import end_of, leading, start_of, windows_of

__all__ = ["Trend", "show_cost", "show_rows", "trend_of"]

_WIDTH, _HEIGHT = 720, 150
_LIMIT = 500
"""Source rows on a page; the JSON has the same limit, and the command has all."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One environment's windows, oldest first, and what is drawn of them; a drawing is None where nothing is known."""

    environment: str
    rows: tuple[CostRow, ...]
    per_1k: Line | None
    p99: Line | None
    start: datetime | None
    end: datetime | None


def trend_of(environment: str, rows: Sequence[CostRow]) -> Trend:
    """Lines over time from rows by release and window. Where a release began, the lines carry its name."""
    windows = [(at, leading(window)) for at, window in windows_of(rows)]
    marks = list(_beginnings([row for _, row in windows if row is not None]))
    prices = [(at, row.per_1k if row else None, _price_words(at, row)) for at, row in windows]
    speeds = [(at, _p99(row), _speed_words(at, row)) for at, row in windows]
    return Trend(
        environment,
        tuple(rows),
        line_chart(prices, marks, _WIDTH, _HEIGHT),
        line_chart(speeds, marks, _WIDTH, _HEIGHT),
        start_of(rows[0]) if rows else None,
        end_of(rows[-1]) if rows else None,
    )


def show_cost(world: World, request: Request, model: str) -> HTMLResponse:
    """Trends per environment, then the chosen period by release and by customer, and whether the bill closes."""
    frame = frame_for(world, request)
    subject = subject_of(frame, model)
    text = request.query_params.get("text", "").strip()
    period, environment = Period(frame.since), frame.environment
    live = [row.environment for row in subject.rows if row.release]
    with cost_flow(world).at_once() as flow:
        trends = [trend_of(each, flow.series(model, each, period)) for each in live]
        by_release = flow.cost(("environment", "release"), period, model=model, environment=environment)
        by_customer = flow.cost(("customer",), period, model=model, environment=environment)
    since = iso(frame.since)
    options = {"by": "release", "from": since, "model": model, "environment": environment}
    view = View(
        "Fleet",
        model,
        command("cost", **options),
        api_link("cost", by="release", since=since, model=model, environment=environment),
        search="releases, customers",
        text=text,
        narrows=("environment", "period"),
    )
    content = {
        "subject": subject,
        "tab": "Cost",
        "trends": trends,
        "fans": _fans(world, model, budgets_now(world)),
        "releases": _searched(by_release, text),
        "customers": _searched(by_customer, text),
    }
    return page("model_cost.html", frame, view, content)


def show_rows(world: World, request: Request, model: str) -> HTMLResponse:
    """The published usage records and cost lines that a figure was added up from."""
    frame = frame_for(world, request)
    subject = subject_of(frame, model)
    asked = request.query_params
    text = asked.get("text", "").strip()
    only = {key: asked.get(key, "") for key in ("release", "customer")}
    flow: CostFlow = cost_flow(world)
    found = flow.sources(Period(frame.since), model=model, environment=frame.environment, **only, limit=_LIMIT)
    since = iso(frame.since)
    view = View(
        "Fleet",
        model,
        command("cost", by="window", **{"from": since}, model=model, environment=frame.environment),
        api_link("cost", "rows", since=since, model=model, environment=frame.environment, **only),
        search="releases, customers",
        text=text,
        narrows=("environment", "period"),
    )
    usage, lines = (_searched_rows(rows, text) for rows in (found.usage, found.cost_lines))
    content = {"subject": subject, "tab": "Cost", "usage": usage, "lines": lines, "only": only, "limit": _LIMIT}
    return page("model_rows.html", frame, view, content)


def _fans(world: World, model: str, report: BudgetReport) -> list[BudgetFan]:
    """Where the month of the model's own budget goes; none without one."""
    own = [each for each in report.budgets if (each.holder, each.name) == (Holder.MODEL, model)]
    return [budget_fan(each) for each in months_ahead(world, replace(report, budgets=tuple(own)))]


def _searched(report: CostReport, text: str) -> CostReport:
    """Rows whose key holds `text`, in any case."""
    rows = (row for row in report.rows if text.lower() in " ".join(map(str, row.key.values())).lower())
    return replace(report, rows=tuple(rows))


def _searched_rows(rows: Sequence[Mapping[str, object]], text: str) -> list[Mapping[str, object]]:
    return [row for row in rows if text.lower() in f"{row['name']} {row['release']} {row['customer']}".lower()]


def _beginnings(rows: Sequence[CostRow]) -> Iterator[tuple[datetime, str]]:
    """Where the release changed; the one at the beginning was there before."""
    for before, row in pairwise(rows):
        if before.key["release"] != row.key["release"]:
            yield start_of(row), str(row.key["name"])


def _p99(row: CostRow | None) -> Decimal | None:
    return Decimal(row.p99.ms) if row and row.p99 else None


def _price_words(at: datetime, row: CostRow | None) -> str:
    if row is None or row.per_1k is None:
        return f"{iso(at)}: no inferences{_of(row)}"
    return f"{iso(at)}: {amount_text(row.per_1k)} {row.currency} per 1,000{_of(row)}"


def _speed_words(at: datetime, row: CostRow | None) -> str:
    return f"{iso(at)}: {f'p99 {row.p99}' if row and row.p99 else 'no requests'}{_of(row)}"


def _of(row: CostRow | None) -> str:
    return f", {row.requests:,} requests, {row.key['name']}" if row else ""
