"""The application: guard, routes and pages over one world. Made once by whoever serves it."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fairlead import __version__
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError
from fairlead.show.api.access import Access
from fairlead.show.api.actions import actions_router
from fairlead.show.api.anomalies import anomalies_router
from fairlead.show.api.events import events_router
from fairlead.show.api.guard import Guard
from fairlead.show.api.headers import HARDENING
from fairlead.show.api.hooks import hooks_router
from fairlead.show.api.probes import probes_router
from fairlead.show.api.problem import Pages, Problem, answer_problem, problem_of
from fairlead.show.api.rollouts import rollouts_router
from fairlead.show.api.views import views_router

__all__ = ["create_app"]

_DEFECT = Problem(500, "this is a defect of fairlead", "report it with the lines of `fairlead logs --source control`")


def create_app(world: World, access: Access, pages: Pages | None = None) -> FastAPI:
    """The API under `/api/v1`, probes, webhook, and `pages` where they are given.

    FastAPI's interactive documentation loads its scripts from elsewhere, so only the OpenAPI text is here.
    """
    app = FastAPI(
        title="fairlead", version=__version__, openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None
    )
    app.add_middleware(Guard, access=access, refuse=lambda request, problem: answer_problem(request, problem, pages))
    _tell_problems(app, pages)
    api = APIRouter(prefix="/api/v1")
    for made in (views_router, rollouts_router, anomalies_router, actions_router, events_router):
        api.include_router(made(world))
    app.include_router(api)
    app.include_router(probes_router(world))
    app.include_router(hooks_router(world, access.hook))
    if pages is not None:
        app.include_router(pages.router)
    return app


def _tell_problems(app: FastAPI, pages: Pages | None) -> None:
    """Errors become problems. One that nobody foresaw is raised again behind its answer, so that the server logs it."""

    @app.exception_handler(FairleadError)
    async def known(request: Request, error: FairleadError) -> Response:
        return answer_problem(request, problem_of(error), pages)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        answer = answer_problem(request, Problem(error.status_code, str(error.detail)), pages)
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    async def broken(request: Request, _error: Exception) -> Response:
        answer = answer_problem(request, _DEFECT, pages)
        answer.headers.update(HARDENING)  # it is answered outside of the guard
        return answer

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        parts = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
        return answer_problem(request, Problem(422, "; ".join(parts)), pages)
