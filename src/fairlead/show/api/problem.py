"""What went wrong, told over HTTP: problem details (RFC 9457) for programs, a page for people where there are pages."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fairlead.kernel.errors import ConflictError, FairleadError, NotFoundError, UsageError

__all__ = ["Pages", "Problem", "answer_problem", "problem_of"]

_STATUS: dict[type[FairleadError], int] = {NotFoundError: 404, UsageError: 400, ConflictError: 409}


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal or a broken world: HTTP status, what happened, and the next thing to do."""

    status: int
    what: str
    mend: str = ""

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase


class Pages(Protocol):
    """The pages beside the API: their routes, and how a problem looks to a person."""

    router: APIRouter

    def problem(self, request: Request, status: int, what: str, mend: str) -> Response:
        """A page that says what went wrong and what to do next."""


def problem_of(error: FairleadError) -> Problem:
    """The status that says best what kind of error it was; 503 for a broken world, since it may heal."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 503)
    what = f"{error.where}: {error.what}" if error.where else error.what
    return Problem(status, what, error.mend)


def answer_problem(request: Request, problem: Problem, pages: Pages | None) -> Response:
    """A page for a browser that asked for one, else `application/problem+json`."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if pages is not None and wants_page and not request.url.path.startswith("/api/"):
        return pages.problem(request, problem.status, problem.what, problem.mend)
    body = {"type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.what}
    if problem.mend:
        body["mend"] = problem.mend
    return JSONResponse(body, problem.status, media_type="application/problem+json")
