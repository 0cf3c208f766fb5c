"""The pages' routes, and how a problem looks to a person. `show.site` joins them to the API."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from fairlead.flows.world import World
from fairlead.show.web.acts import acts_router
from fairlead.show.web.audit_page import show_audit
from fairlead.show.web.cost_events_page import show_cost_event, show_cost_events
from fairlead.show.web.cost_page import show_cost_lines, show_costs
from fairlead.show.web.fleet_page import show_fleet
from fairlead.show.web.incidents_page import show_incidents
from fairlead.show.web.journal_page import show_journal, show_record
from fairlead.show.web.model_cost import show_cost, show_rows
from fairlead.show.web.model_logs import show_logs
from fairlead.show.web.model_page import show_files, show_release, show_releases
from fairlead.show.web.policy_page import show_policy
from fairlead.show.web.rendering import bare_page

__all__ = ["WebPages"]

_STATIC = Path(__file__).parent / "static"


class WebPages:
    """All pages over one world."""

    def __init__(self, world: World) -> None:
        """Make the routes."""
        self.router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
        self.router.routes.append(Mount("/static", StaticFiles(directory=_STATIC)))
        _overview(self.router, world)
        _costs(self.router, world)
        _models(self.router, world)
        self.router.include_router(acts_router(world))

    def problem(self, request: Request, status: int, what: str, mend: str) -> HTMLResponse:
        """A page that says what went wrong and what to do next; without the frame, which may be what is broken."""
        again = request.url.path if request.method == "GET" else "/"
        title = HTTPStatus(status).phrase
        return bare_page(
            "problem.html", {"title": title, "status": status, "what": what, "mend": mend, "again": again}, status
        )


def _overview(router: APIRouter, world: World) -> None:
    @router.get("/")
    def the_fleet(request: Request) -> HTMLResponse:
        return show_fleet(world, request)

    @router.get("/incidents")
    def the_incidents(request: Request) -> HTMLResponse:
        return show_incidents(world, request)

    @router.get("/policy")
    def the_policy(request: Request) -> HTMLResponse:
        return show_policy(world, request)

    @router.get("/journal")
    def the_journal(
        request: Request, before: Annotated[int, Query(ge=0)] = 0, kind: str = "", model: str = ""
    ) -> HTMLResponse:
        return show_journal(world, request, before, kind, model)

    @router.get("/audit")
    def audit(request: Request) -> HTMLResponse:
        return show_audit(world, request)

    @router.get("/journal/{sequence}")
    def one_record(request: Request, sequence: int) -> HTMLResponse:
        return show_record(world, request, sequence)


def _costs(router: APIRouter, world: World) -> None:
    @router.get("/cost")
    def the_costs(request: Request) -> HTMLResponse:
        return show_costs(world, request)

    @router.get("/cost/lines")
    def the_cost_lines(request: Request) -> HTMLResponse:
        return show_cost_lines(world, request)

    @router.get("/anomalies")
    def the_cost_events(request: Request) -> HTMLResponse:
        return show_cost_events(world, request)

    @router.get("/anomalies/{event}")
    def one_cost_event(request: Request, event: str) -> HTMLResponse:
        return show_cost_event(world, request, event)


def _models(router: APIRouter, world: World) -> None:
    @router.get("/models/{model}")
    def releases(request: Request, model: str) -> HTMLResponse:
        return show_releases(world, request, model)

    @router.get("/models/{model}/cost")
    def cost(request: Request, model: str) -> HTMLResponse:
        return show_cost(world, request, model)

    @router.get("/models/{model}/cost/rows")
    def rows(request: Request, model: str) -> HTMLResponse:
        return show_rows(world, request, model)

    @router.get("/models/{model}/logs")
    def logs(request: Request, model: str) -> HTMLResponse:
        return show_logs(world, request, model)

    @router.get("/models/{model}/files")
    def files(request: Request, model: str) -> HTMLResponse:
        return show_files(world, request, model)

    @router.get("/models/{model}/releases/{release}")
    def release(request: Request, model: str, release: str) -> HTMLResponse:
        return show_release(world, request, model, release)
