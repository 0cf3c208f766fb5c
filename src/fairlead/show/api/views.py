"""What can be read: one route per view. Each parses, calls one flow, and answers its JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from fairlead.domain.ledger import Basis
from fairlead.domain.logs import LogQuery
from fairlead.flows.audit import verify
from fairlead.flows.cost import FOREVER, Period
from fairlead.flows.delivery_metrics import delivery_metrics
from fairlead.flows.fleet import fleet
from fairlead.flows.history import history, release_view
from fairlead.flows.incidents import incidents
from fairlead.flows.journal import search
from fairlead.flows.ledger.overview import cost_lines, cost_overview
from fairlead.flows.logs import search_logs
from fairlead.flows.metering.machine import cost_flow
from fairlead.flows.metering.margins import customer_margins
from fairlead.flows.planning import make_plan
from fairlead.flows.policy_view import policy_view
from fairlead.flows.world import World
from fairlead.kernel.windows import parse_iso
from fairlead.meter.ledger.question import lines_wanted
from fairlead.show.api.answer import answer

__all__ = ["views_router"]

_PAGE = Query(ge=1, le=1000)


def views_router(world: World) -> APIRouter:
    """`/fleet`, `/plan`, `/models/...`, `/incidents`, `/policy`, `/journal`, `/metrics/delivery`, `/logs`, `/cost`."""
    router = APIRouter()
    _fleet(router, world)
    _models(router, world)
    _records(router, world)
    _cost(router, world)
    return router


def _fleet(router: APIRouter, world: World) -> None:
    @router.get("/fleet", summary="What runs where, why, since when, how well, and what it costs")
    def the_fleet(environment: str = "", owner: str = "") -> Response:
        """The same as `fairlead status --format json`."""
        return answer(fleet(world, environment=environment, owner=owner))

    @router.get("/plan", summary="What would change, and what it would cost")
    def the_plan(model: str = "") -> Response:
        """The same as `fairlead plan --format json`."""
        return answer(make_plan(world, model=model))

    @router.get("/incidents", summary="What is not as it should be")
    def the_incidents(*, all: bool = False) -> Response:  # noqa: A002 - the query's name
        """Open incidents; with `all` the closed ones too."""
        return answer(incidents(world, open_only=not all), key="incidents")

    @router.get("/policy", summary="Which rules hold, and what keeps to them")
    def the_policy() -> Response:
        """The same as `fairlead policy status --format json`: the gate's last answer, nothing is judged for it."""
        return answer(policy_view(world))


def _models(router: APIRouter, world: World) -> None:
    @router.get("/models/{model}/history", summary="The releases of a model, newest first")
    def timeline(model: str, environment: str = "") -> Response:
        """The same as `fairlead history MODEL --format json`."""
        return answer(history(world, model, environment=environment), key="history")

    @router.get("/models/{model}/releases/{release}", summary="One release")
    def release(model: str, release: str) -> Response:
        """Its difference to the one before, findings, digests, files, price and deployments."""
        return answer(release_view(world, model, release))


def _records(router: APIRouter, world: World) -> None:
    @router.get("/metrics/delivery", summary="How well models are delivered")
    def delivery(
        model: str = "", environment: str = "", since: datetime | None = None, until: datetime | None = None
    ) -> Response:
        """As `fairlead history MODEL --metrics --format json`, of all models where none is named."""
        found = delivery_metrics(world, model, _utc(since), _utc(until), environment=environment)
        return answer(found, key="metrics")

    @router.get("/journal", summary="Records of the journal, newest first")
    def journal(
        text: str = "",
        kind: str = "",
        model: str = "",
        environment: str = "",
        before: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, _PAGE] = 50,
    ) -> Response:
        """Records with a sequence below `before` (0: from the newest) that match; `kind` matches a prefix."""
        asked = {"text": text, "kind": kind, "model": model, "environment": environment}
        return answer(search(world, **asked, before=before, limit=limit))

    @router.get("/audit", summary="Whether the journal was altered")
    def audit() -> Response:
        """The same as `fairlead audit verify --format json`; it reads every record."""
        return answer(verify(world.state, world.repository))

    @router.get("/logs", summary="Lines of control plane, gateway and servers")
    def logs(
        model: str = "",
        environment: str = "",
        release: str = "",
        request: str = "",
        source: str = "",
        since: datetime | None = None,
        limit: Annotated[int, _PAGE] = 200,
    ) -> Response:
        """The same as `fairlead logs --format json`: the newest lines that match, oldest first."""
        query = LogQuery(model, environment, release, request, source, _utc(since), limit)
        return answer(search_logs(world.settings.state, world.state, query), key="lines")


def _cost(router: APIRouter, world: World) -> None:
    @router.get("/cost", summary="What was spent, on what and for whom")
    def cost(
        by: Annotated[tuple[str, ...], Query()] = ("model",),
        since: datetime | None = None,
        until: datetime | None = None,
        model: str = "",
        environment: str = "",
    ) -> Response:
        """The same as `fairlead cost --format json`; `since` is its `--from`, `until` its `--to`."""
        period = _period(since, until)
        with cost_flow(world).at_once() as flow:
            report = flow.cost(by, period, model=model, environment=environment)
            whole = by == ("customer",) and not model and not environment
            margins = customer_margins(world, flow, period) if whole else ()
        return answer({"cost": report, "margins": margins})

    @router.get("/ledger", summary="A month's invoice and where it went")
    def the_ledger(month: str = "", basis: Basis = Basis.EFFECTIVE) -> Response:
        """What the Cost page shows; without a month, the newest one."""
        return answer(cost_overview(world, month, basis))

    @router.get("/ledger/lines", summary="The lines behind a figure of the ledger")
    def lines(
        request: Request, month: str = "", basis: Basis = Basis.EFFECTIVE, limit: Annotated[int, _PAGE] = 500
    ) -> Response:
        """Those with the values that the query names by dimension: `team=search`, `model=(none)`."""
        found = cost_lines(world, month, basis, lines_wanted(request.query_params), most=limit)
        return answer(found, key="lines")

    @router.get("/cost/rows", summary="The usage records and cost lines behind a figure")
    def rows(
        since: datetime | None = None,
        until: datetime | None = None,
        model: str = "",
        environment: str = "",
        release: str = "",
        customer: str = "",
        limit: Annotated[int, _PAGE] = 500,
    ) -> Response:
        """As they were published; the open window is not among them."""
        only = {"model": model, "environment": environment, "release": release, "customer": customer}
        return answer(cost_flow(world).sources(_period(since, until), **only, limit=limit))


def _period(since: datetime | None, until: datetime | None) -> Period:
    return Period(_utc(since) or FOREVER.since, _utc(until) or FOREVER.until)


def _utc(moment: datetime | None) -> datetime | None:
    """Without a zone it is UTC."""
    return parse_iso(moment.isoformat()) if moment else None
