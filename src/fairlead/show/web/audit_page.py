"""*Journal, verified*: the chain walked once, and held against the signed heads that Git remembers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.flows.audit import verify
from fairlead.flows.world import World
from fairlead.show.web.frame import View, api_link, command, frame_for
from fairlead.show.web.rendering import page

__all__ = ["show_audit"]


def show_audit(world: World, request: Request) -> HTMLResponse:
    """The state of the chain now. It reads every record, so it is asked for, and not part of the journal's page."""
    frame = frame_for(world, request)
    report = verify(world.state, world.repository)
    view = View(
        "Journal",
        "Chain of the journal",
        command("audit", "verify"),
        api_link("audit"),
        search="the journal",
        action="/journal",
    )
    return page("audit.html", frame, view, {"shown": report})
