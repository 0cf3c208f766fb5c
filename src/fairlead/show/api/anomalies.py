"""Cost events over the API: what was found, and what an owner says of one. The guard has checked who may act."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from fairlead.domain.anomaly import FeedbackKind
from fairlead.flows.cost_watch.events import event_of
from fairlead.flows.cost_watch.feedback import judge_event
from fairlead.flows.cost_watch.listing import cost_events, event_view
from fairlead.flows.world import World
from fairlead.kernel.windows import parse_iso
from fairlead.show.api.answer import answer

__all__ = ["anomalies_router"]

_LONGEST = 3650


class Word(BaseModel):
    """What an owner says of a cost event, beside the verb."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=500, description="For the journal.")
    until: datetime | None = Field(
        default=None, description="Until when; `mute` needs it. For `expected` nothing: it is the new level."
    )


def anomalies_router(world: World) -> APIRouter:
    """`GET /anomalies`, `GET /anomalies/{event}`, and `POST /anomalies/{event}/{verb}`."""
    router = APIRouter()

    @router.get("/anomalies", summary="Cost events, and how precise alarms were")
    def events(
        model: str = "",
        environment: str = "",
        *,
        open: bool = False,  # noqa: A002 - the query's name
        days: Annotated[int, Query(ge=1, le=_LONGEST)] = 90,
    ) -> Response:
        """The same as `fairlead anomalies events --format json`."""
        return answer(cost_events(world, model=model, environment=environment, open_only=open, days=days))

    @router.get("/anomalies/{event}", summary="One cost event")
    def one_event(event: str) -> Response:
        """As an element of `fairlead anomalies events --format json`; the beginning of its id is enough."""
        return answer(event_view(world, event_of(world, event)))

    @router.post("/anomalies/{event}/{verb}", summary="Say that an event is right, silence it, or call it expected")
    def say(request: Request, event: str, verb: FeedbackKind, asked: Word) -> Response:
        """The same as `fairlead anomalies VERB ID --format json`."""
        until = parse_iso(asked.until.isoformat()) if asked.until else None
        judged = judge_event(world, event, verb, reason=asked.reason, until=until, actor=request.state.actor)
        return answer(event_view(world, judged))

    return router
