"""What an operator may do over the API. The guard has checked token, origin and role before."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from fairlead.flows.suspend import resume, suspend
from fairlead.flows.sync import request_sync
from fairlead.flows.world import World
from fairlead.kernel.windows import parse_iso
from fairlead.show.api.answer import answer

__all__ = ["actions_router"]


class SyncRequest(BaseModel):
    """Which models to synchronise."""

    model_config = ConfigDict(extra="forbid")
    models: tuple[str, ...] = Field(default=(), description="Names; none means all.")


class SuspendRequest(BaseModel):
    """Why a model is suspended, and until when."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=500, description="For the journal.")
    until: datetime = Field(description="When it ends by itself; without a zone it is UTC.")


def actions_router(world: World) -> APIRouter:
    """`POST /sync`, `POST /models/{model}/suspend` and `.../resume`."""
    router = APIRouter()

    @router.post("/sync", status_code=202, summary="Synchronise with Git now")
    def sync(request: Request, asked: SyncRequest) -> Response:
        """The same as `fairlead sync`: also releases what an environment with `sync: manual` holds back."""
        number = request_sync(world, asked.models, request.state.actor)
        return answer({"requested": asked.models, "request": number}, status=202)

    @router.post("/models/{model}/suspend", summary="Stop synchronising a model for a time")
    def suspend_model(request: Request, model: str, asked: SuspendRequest) -> Response:
        """The same as `fairlead suspend MODEL`."""
        until = parse_iso(asked.until.isoformat())
        made = suspend(world, model, reason=asked.reason, until=until, actor=request.state.actor)
        return answer(made)

    @router.post("/models/{model}/resume", summary="Lift a suspension")
    def resume_model(request: Request, model: str) -> Response:
        """The same as `fairlead resume MODEL`; `resumed` is false where there was nothing to lift."""
        return answer({"model": model, "resumed": resume(world, model, request.state.actor)})

    return router
