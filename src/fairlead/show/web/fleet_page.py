"""*Fleet*: on top what needs a person, then a row per model and environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.domain.incident import Incident
from fairlead.domain.plan import Key
from fairlead.flows.cost import Period
from fairlead.flows.fleet import Fleet, FleetRow, Health
from fairlead.flows.metering.machine import cost_flow
from fairlead.flows.rollouts.asking import rollout_views
from fairlead.flows.world import World
from fairlead.kernel.money import Money
from fairlead.meter.sessions import FACT
from fairlead.show.web.frame import Frame, View, api_link, command, frame_for
from fairlead.show.web.rendering import page
from fairlead.show.web.rollouts import rollout_tone

__all__ = ["Sums", "concerns", "show_fleet", "stakes_of", "sum_up"]


@dataclass(frozen=True, slots=True)
class Sums:
    """The rows in sum. None and () say that nothing is known; amounts of two currencies stay apart."""

    rows: int
    healthy: int
    month: tuple[Money, ...]
    expected: tuple[Money, ...]
    requests: int | None
    errors: int


def sum_up(rows: Iterable[FleetRow]) -> Sums:
    """Add up what is known."""
    rows = tuple(rows)
    requests = [row.requests for row in rows if row.requests is not None]
    return Sums(
        rows=len(rows),
        healthy=sum(row.health is Health.HEALTHY for row in rows),
        month=_totals(row.month for row in rows),
        expected=_totals(row.expected for row in rows),
        requests=sum(requests) if requests else None,
        errors=sum(row.errors or 0 for row in rows),
    )


def stakes_of(rows: Iterable[FleetRow]) -> Mapping[Key, Money]:
    """What a month of each (environment, model) is expected to cost, where a price is known."""
    return {(row.environment, row.model): row.expected for row in rows if row.expected is not None}


def show_fleet(world: World, request: Request) -> HTMLResponse:
    """The page, narrowed by the frame's filters and the search text."""
    frame = frame_for(world, request)
    text = request.query_params.get("text", "")
    chosen = {"environment": frame.environment, "owner": frame.owner}
    shown = _narrowed(frame, text)
    view = View(
        "Fleet",
        "Fleet",
        command("status", **chosen),
        api_link("fleet", **chosen),
        search="models and owners",
        text=text,
        narrows=("environment", "owner", "period"),
    )
    rows = sorted(shown.rows, key=lambda row: row.model)
    content = {
        "fleet": shown,
        "sums": sum_up(shown.rows),
        "stakes": stakes_of(shown.rows),
        "spent": _spent(world, frame),
        "rolling": {
            (each.rollout.environment, each.rollout.model): rollout_tone(each) for each in rollout_views(world)
        },
        "groups": [list(group) for _, group in groupby(rows, key=lambda row: row.model)],
    }
    return page("fleet.html", frame, view, content)


def _narrowed(frame: Frame, text: str) -> Fleet:
    """Rows of the chosen environment and owner whose model, owner or release holds `text`; and their incidents."""
    wanted = text.strip().lower()
    rows = (
        row
        for row in frame.whole.rows
        if frame.environment in {"", row.environment}
        and frame.owner in {"", row.owner}
        and wanted in f"{row.model}\n{row.owner}\n{row.release}".lower()
    )
    attention = (each for each in frame.whole.attention if concerns(each, frame, text))
    return replace(frame.whole, rows=tuple(rows), attention=tuple(attention))


def _spent(world: World, frame: Frame) -> Mapping[Key, Money]:
    """What each (environment, model) cost in the chosen period; nothing where nothing was ever metered."""
    if world.state.fact(FACT) is None:
        return {}
    rows = cost_flow(world).cost(("environment", "model"), Period(frame.since), environment=frame.environment).rows
    return {
        (str(row.key["environment"]), str(row.key["model"])): Money(row.amount, row.currency)
        for row in rows
        if row.amount is not None
    }


def _totals(amounts: Iterable[Money | None]) -> tuple[Money, ...]:
    totals: dict[str, Money] = {}
    for each in amounts:
        if each is not None:
            totals[each.currency] = totals[each.currency] + each if each.currency in totals else each
    return tuple(totals[currency] for currency in sorted(totals))


def concerns(incident: Incident, frame: Frame, text: str) -> bool:
    """Whether an incident is of what the filters show. One of the whole workspace (no model) is everybody's."""
    owned = {row.model for row in frame.whole.rows if row.owner == frame.owner}
    return (
        (not frame.environment or incident.environment in {"", frame.environment})
        and (not frame.owner or not incident.model or incident.model in owned)
        and text.strip().lower() in f"{incident.kind} {incident.model} {incident.message}".lower()
    )
