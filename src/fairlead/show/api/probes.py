"""What watches the control plane asks: is it alive, is it ready, and its metrics."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import PlainTextResponse

from fairlead.flows.delivery_metrics import delivery_metrics
from fairlead.flows.fleet import fleet
from fairlead.flows.incidents import incidents
from fairlead.flows.world import World
from fairlead.show.api.metrics import CONTENT_TYPE, exposition, samples

__all__ = ["probes_router"]


def probes_router(world: World) -> APIRouter:
    """`/healthz`, `/readyz`, `/metrics`."""
    router = APIRouter(default_response_class=PlainTextResponse)

    @router.get("/healthz")
    async def healthz() -> str:
        """The process answers."""
        return "ok\n"

    @router.get("/readyz")
    def readyz() -> str:
        """The state can be read; 503 where it cannot."""
        world.state.newest(1)
        return "ready\n"

    @router.get("/metrics")
    def metrics() -> PlainTextResponse:
        """Loop, incidents, releases, requests, cost and delivery, for Prometheus. Needs the token, as a bearer."""
        newest = world.state.newest(1)
        records = newest[0].sequence if newest else 0
        opened = incidents(world, open_only=True)
        text = exposition(samples(fleet(world), opened, records, delivery_metrics(world)))
        return PlainTextResponse(text, headers={"content-type": CONTENT_TYPE})

    return router
