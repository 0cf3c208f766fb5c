"""What a person does from a page: each form calls one flow and leads back to where it was sent from."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse

from fairlead.domain.anomaly import FeedbackKind
from fairlead.domain.journal import Actor
from fairlead.flows.cost_watch.feedback import judge_event
from fairlead.flows.rollout_commands import speak
from fairlead.flows.rollouts.asking import COMMANDS
from fairlead.flows.suspend import resume, suspend
from fairlead.flows.sync import request_sync
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError, NotFoundError, UsageError
from fairlead.show.web.frame import link

__all__ = ["acts_router"]

_LARGEST = 16_384
"""Bytes of a form."""

_LONGEST = 720
"""Hours of a suspension or a silence: a month."""

_WORDS: dict[str, FeedbackKind] = {kind: kind for kind in get_args(FeedbackKind)}


def acts_router(world: World) -> APIRouter:
    """Forms of the pages. The guard has checked token, origin and role before."""
    router = APIRouter()

    @router.post("/models/{model}/sync")
    def sync_model(request: Request, model: str) -> RedirectResponse:
        request_sync(world, [model], request.state.actor)
        return _back(model)

    @router.post("/models/{model}/suspend")
    async def suspend_model(request: Request, model: str) -> RedirectResponse:
        form = await _form(request)
        reason, until = form.get("reason", "").strip(), world.clock.now() + _hours(form.get("hours", ""))
        actor = request.state.actor
        await run_in_threadpool(suspend, world, model, reason=reason, until=until, actor=actor)
        return _back(model)

    @router.post("/models/{model}/resume")
    def resume_model(request: Request, model: str) -> RedirectResponse:
        resume(world, model, request.state.actor)
        return _back(model)

    @router.post("/models/{model}/rollouts/{environment}/{verb}")
    async def say(request: Request, model: str, environment: str, verb: str) -> RedirectResponse:
        if verb not in COMMANDS:
            raise NotFoundError(f"nobody can {verb[:40]!r} a rollout", mend=f"use one of: {', '.join(COMMANDS)}")
        form = await _form(request)
        await run_in_threadpool(_say, world, verb, model, environment, form.get("reason", ""), request.state.actor)
        return _back(model)

    @router.post("/anomalies/{event}/{verb}")
    async def judge(request: Request, event: str, verb: str) -> RedirectResponse:
        kind = _WORDS.get(verb)
        if kind is None:
            raise NotFoundError(f"nobody can {verb[:40]!r} a cost event", mend=f"use one of: {', '.join(_WORDS)}")
        form = await _form(request)
        until = world.clock.now() + _hours(form["hours"]) if form.get("hours") else None
        said = {"reason": form.get("reason", ""), "until": until, "actor": request.state.actor}
        judged = await run_in_threadpool(judge_event, world, event, kind, **said)
        return RedirectResponse(f"/anomalies#e-{judged.event.id}", 303)

    return router


def _say(world: World, verb: str, model: str, environment: str, reason: str, actor: Actor) -> None:
    """Say it, and tell who said it at once where it came too late."""
    spoken = speak(world, verb, model, environment=environment, reason=reason, actor=actor)
    if spoken.outcome == "refused":
        raise ConflictError(spoken.message, where=f"{environment}/{model}", mend="see where it stands now")


def _back(model: str) -> RedirectResponse:
    return RedirectResponse(link("/models", model), 303)


async def _form(request: Request) -> dict[str, str]:
    """A small urlencoded form; a larger one is refused before it is read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise UsageError("the form is too large")
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _hours(text: str) -> timedelta:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= _LONGEST:
        raise UsageError(f"{text!r} is no number of hours", mend=f"give 1 to {_LONGEST}")
    return timedelta(hours=int(text))
