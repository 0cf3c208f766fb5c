"""The webhook: a Git host says that something was pushed. It only wakes the loop; nothing that it sends is believed.

A look is not a `sync`: what an environment with `sync: manual` holds back stays held.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fairlead.domain.journal import Actor
from fairlead.domain.model import SecretRef
from fairlead.flows.sync import request_look
from fairlead.flows.world import World
from fairlead.show.api.problem import Problem, answer_problem

__all__ = ["hooks_router", "signature_is_right"]

_LARGEST = 5 * 1024 * 1024
"""Bytes of a body; Git hosts cap theirs at 25 MB, and the push events that we are sent are far smaller."""

_NONE = Problem(404, "no webhook secret is configured", "name one when `fairlead up` is started")
_TOO_LARGE = Problem(413, f"the body is larger than {_LARGEST} bytes")
_UNSIGNED = Problem(401, "X-Hub-Signature-256 is missing or does not match the secret")


def signature_is_right(secret: str, body: bytes, signature: str) -> bool:
    """Whether `signature` is `sha256=` and the hex HMAC-SHA256 of `body`, as GitHub and Gitea sign; constant time."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def hooks_router(world: World, secret: SecretRef | None) -> APIRouter:
    """`POST /hooks/git`, which answers 202 once the loop was woken."""
    router = APIRouter()

    @router.post("/hooks/git", status_code=202)
    async def git(request: Request, x_hub_signature_256: Annotated[str, Header()] = "") -> Response:
        """Look for news now instead of at the next poll."""
        if secret is None:
            return answer_problem(request, _NONE, None)
        body = await _bounded_body(request)
        if body is None:
            return answer_problem(request, _TOO_LARGE, None)
        known = await run_in_threadpool(world.secrets.resolve, secret)
        if not signature_is_right(known, body, x_hub_signature_256):
            return answer_problem(request, _UNSIGNED, None)
        number = await run_in_threadpool(request_look, world, Actor("webhook", claimed=False))
        return JSONResponse({"request": number}, 202)

    return router


async def _bounded_body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            return None
    return bytes(body)
