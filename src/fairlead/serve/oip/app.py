"""The model server's HTTP side: the protocol's paths, bounded bodies, metrics."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import fairlead
from fairlead.serve.oip.counters import Counters
from fairlead.serve.oip.model import Model
from fairlead.serve.oip.protocol import Answer, answer, metadata, question
from fairlead.serve.oip.tensors import Refused

__all__ = ["MAX_BODY", "build_app"]

MAX_BODY = 64 * 1024 * 1024
_LENGTH = b"inference-header-content-length"


class _GoneError(Exception):
    """The client left before it had sent its request."""


async def _body(receive: Receive) -> bytes:
    message = await receive()
    if not message.get("more_body"):
        return bytes(message.get("body", b""))
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise _GoneError
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MAX_BODY:
            raise Refused(f"a request may have {MAX_BODY} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()


def _header(scope: Scope, name: bytes) -> bytes | None:
    return next((value for key, value in scope["headers"] if key == name), None)


class Counted:
    """Counts what an application answers; plain ASGI, since every microsecond counts here."""

    def __init__(self, inner: ASGIApp, counters: Counters) -> None:
        self._inner, self._counters = inner, counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; one that the client left, or that failed, counts too."""
        begun = time.perf_counter()
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR
        self._counters.in_flight += 1

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._inner(scope, receive, noted)
        except HTTPException as error:
            status = error.status_code
            raise
        finally:
            self._counters.in_flight -= 1
            self._counters.finish(status, time.perf_counter() - begun)


class Infer:
    """`POST /v2/models/<name>/infer`."""

    def __init__(self, name: str, model: Model) -> None:
        self._name, self._model = name, model

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what was refused is logged with its request id."""
        status = HTTPStatus.OK
        try:
            done = await self._answer(scope, await _body(receive))
        except Refused as refused:
            status = refused.status
            done = Answer(json.dumps({"error": str(refused)}).encode(), None)
            self._log(scope, status, str(refused))
        except _GoneError:
            return
        kind = b"application/json" if done.json_bytes is None else b"application/octet-stream"
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(done.body))]
        if done.json_bytes is not None:
            headers.append((_LENGTH, b"%d" % done.json_bytes))
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": done.body})

    async def _answer(self, scope: Scope, body: bytes) -> Answer:
        stated = _header(scope, _LENGTH)
        if stated is not None and not stated.isdigit():
            raise Refused("Inference-Header-Content-Length must be a whole number")
        asked = question(self._model, body, int(stated) if stated is not None else None)
        try:
            if self._model.inline(len(body)):
                arrays = self._model.run(list(asked.outputs), asked.inputs)
            else:
                arrays = await run_sync(self._model.run, list(asked.outputs), asked.inputs)
        except ValueError as error:
            raise Refused(str(error)) from error
        return answer(self._name, self._model, asked, arrays)

    def _log(self, scope: Scope, status: HTTPStatus, reason: str) -> None:
        request = (_header(scope, b"x-request-id") or b"-").decode("latin-1")
        sys.stderr.write(f"error: request {request}: {int(status)}: {reason}\n")


class Front:
    """Leads the one path that is asked thousands of times a second past the routing, which costs a fifth of it."""

    def __init__(self, path: str, infer: ASGIApp, rest: ASGIApp) -> None:
        self._path, self._infer, self._rest = path, infer, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        quick = scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "POST"
        await (self._infer if quick else self._rest)(scope, receive, send)


async def _error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    reason = str(error.detail) if isinstance(error, HTTPException) else "the server failed; its log says why"
    return JSONResponse({"error": reason}, status_code=status)


def _fixed(body: object) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(body)

    return endpoint


def build_app(name: str, model: Model) -> ASGIApp:
    """The ASGI application that serves `model` as `name`."""
    counters = Counters()
    server = {"name": "fairlead", "version": fairlead.__version__, "extensions": ["binary_tensor_data"]}

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(counters.text(), media_type="text/plain; version=0.0.4")

    async def unknown(request: Request) -> Response:
        asked = request.path_params["other"]
        return JSONResponse({"error": f"unknown model {asked!r}; this server has: {name}"}, HTTPStatus.NOT_FOUND)

    models = Router(
        [
            Route(f"/{name}", _fixed(metadata(name, model))),
            Route(f"/{name}/ready", _fixed({"name": name, "ready": True})),
            # Front takes what is posted there; here every other method is told that it is wrong.
            Route(f"/{name}/infer", Infer(name, model), methods=["POST"]),
            Route("/{other}", unknown),
            Route("/{other}/infer", unknown, methods=["POST"]),
        ]
    )
    routes = [
        Mount("/v2/models", Counted(models, counters)),
        Route("/v2/health/ready", _fixed({"ready": True})),
        Route("/v2/health/live", _fixed({"live": True})),
        Route("/v2", _fixed(server)),
        Route("/metrics", metrics),
    ]
    rest = Starlette(routes=routes, exception_handlers={HTTPException: _error, Exception: _error})
    return Front(f"/v2/models/{name}/infer", Counted(Infer(name, model), counters), rest)
