"""Rollouts over the API: where they stand, and what a person says to one. The guard has checked who may act."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from fairlead.domain.rollout import Phase
from fairlead.flows.rollout_commands import speak
from fairlead.flows.rollouts.asking import rollout_views
from fairlead.flows.rollouts.outlook import outlook_of
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError
from fairlead.show.api.answer import answer
from fairlead.show.outputs.rollout_form import rollout_form

__all__ = ["rollouts_router"]


class RolloutRequest(BaseModel):
    """Why a rollout is paused, resumed, promoted or aborted."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=500, description="For the journal; only `resume` goes without.")


def rollouts_router(world: World) -> APIRouter:
    """`GET /rollouts`, `GET /rollouts/{environment}/{model}`, and `POST .../{verb}`."""
    router = APIRouter()

    @router.get("/rollouts", summary="Where the newest rollout of each model stands")
    def all_rollouts(model: str = "", environment: str = "") -> Response:
        """The same as `fairlead rollout show --format json`."""
        views = rollout_views(world, environment=environment)
        return answer([rollout_form(each) for each in views if model in {"", each.rollout.model}], key="rollouts")

    @router.get("/rollouts/{environment}/{model}", summary="One rollout, with what was measured")
    def one_rollout(environment: str, model: str) -> Response:
        """As an element of `fairlead rollout show MODEL --format json`."""
        view = rollout_views(world, model, environment)[0]
        outlook = outlook_of(world, view.rollout) if view.rollout.phase is Phase.STEPPING else None
        return answer(rollout_form(view, outlook))

    @router.post("/rollouts/{environment}/{model}/{verb}", summary="Pause, resume, promote or abort a rollout")
    def say(
        request: Request,
        environment: str,
        model: str,
        verb: Literal["pause", "resume", "promote", "abort"],
        asked: RolloutRequest,
    ) -> Response:
        """The same as `fairlead rollout VERB MODEL`; 202 where no control plane has taken it yet, 409 if too late."""
        actor = request.state.actor
        spoken = speak(world, verb, model, environment=environment, reason=asked.reason, actor=actor)
        if spoken.outcome == "refused":
            raise ConflictError(spoken.message, where=f"{environment}/{model}", mend="see where it stands now")
        return answer(spoken, status=200 if spoken.outcome == "done" else 202)

    return router
