"""The guard: every request passes it first. Host, token, origin and role, in this order; then hardening headers."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairlead.domain.journal import Actor
from fairlead.show.api.access import Access, cookie_name, host_is_known, origin_is_own, token_is_right
from fairlead.show.api.headers import HARDENING, TRANSPORT
from fairlead.show.api.problem import Problem

__all__ = ["Guard"]

_READING = {"GET", "HEAD", "OPTIONS"}
_WITHOUT_TOKEN = ("/healthz", "/readyz", "/static/", "/hooks/")
"""Probes tell nothing, static files hold no data, and a webhook proves itself by its signature."""

_NO_TOKEN = Problem(401, "this needs the token made at start", "open the address that `fairlead up` printed")
_WRONG_TOKEN = Problem(
    401, "the token is not the one made at start", "open the address that `fairlead up` printed last"
)
_WRONG_HOST = Problem(400, "the Host header does not name this server", "add the name to the server's known hosts")
_WRONG_ORIGIN = Problem(403, "a write must come from this server's own pages, or carry the token as a bearer")
_ONLY_READS = Problem(403, "a viewer may not act", "ask somebody with the role operator")


class Guard:
    """ASGI middleware: refuses what may not come in, and tells the routes who acts (`request.state.actor`)."""

    def __init__(self, app: ASGIApp, *, access: Access, refuse: Callable[[Request, Problem], Response]) -> None:
        """`refuse` renders a problem for whoever asked."""
        self._app = app
        self._access = access
        self._refuse = refuse
        self._headers = {**HARDENING, **(TRANSPORT if access.secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer instead of the application where the request may not come in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = self._answer(request)
        hardened = self._hardened(send, keep=request.url.path.startswith("/static/"))
        await (answer or self._app)(scope, receive, hardened)

    def _answer(self, request: Request) -> Response | None:
        if not host_is_known(self._access, request.headers.get("host", "")):
            return self._refuse(request, _WRONG_HOST)
        if request.url.path.startswith(_WITHOUT_TOKEN):
            return None
        if request.method == "GET" and "token" in request.query_params:
            return self._take_token(request)
        problem = self._problem(request)
        if problem is not None:
            return self._refuse(request, problem)
        request.state.actor = Actor(self._access.operator, claimed=True)
        request.state.may_act = self._access.role == "operator"
        return None

    def _problem(self, request: Request) -> Problem | None:
        bearer, cookie = _bearer(request), request.cookies.get(cookie_name(self._access))
        if bearer is None and cookie is None:
            return _NO_TOKEN
        if not token_is_right(self._access, bearer if bearer is not None else cookie or ""):
            return _WRONG_TOKEN
        if request.method in _READING:
            return None
        origin = request.headers.get("origin")
        # A browser states the origin of every write. Without one only a program is believed, which holds the bearer.
        if bearer is None if origin is None else not self._is_own(request, origin):
            return _WRONG_ORIGIN
        return None if self._access.role == "operator" else _ONLY_READS

    def _is_own(self, request: Request, origin: str) -> bool:
        return origin_is_own(self._access, origin, request.headers["host"])

    def _take_token(self, request: Request) -> Response:
        """Move the token from the address into a cookie, so that neither history nor a shared link keeps it."""
        token = request.query_params["token"]
        if not token_is_right(self._access, token):
            return self._refuse(request, _WRONG_TOKEN)
        rest = [pair for pair in parse_qsl(request.url.query, keep_blank_values=True) if pair[0] != "token"]
        # One slash in front: a path of `//host` would lead away from here.
        place = "/" + request.url.path.lstrip("/")
        answer = RedirectResponse(f"{place}?{urlencode(rest)}" if rest else place, 303)
        secure = self._access.secure
        answer.set_cookie(cookie_name(self._access), token, path="/", httponly=True, samesite="strict", secure=secure)
        return answer

    def _hardened(self, send: Send, *, keep: bool) -> Send:
        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("cache-control", "no-cache" if keep else "no-store")
            await send(message)

        return hardened


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
