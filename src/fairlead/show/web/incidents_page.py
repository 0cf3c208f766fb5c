"""*Incidents*: what is not as it should be, open ones first."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.flows.incidents import incidents
from fairlead.flows.world import World
from fairlead.show.web.fleet_page import concerns, stakes_of
from fairlead.show.web.frame import View, api_link, command, frame_for
from fairlead.show.web.rendering import page

__all__ = ["show_incidents"]


def show_incidents(world: World, request: Request) -> HTMLResponse:
    """Open incidents, or with `all` the closed ones too."""
    frame = frame_for(world, request)
    text, everything = request.query_params.get("text", ""), bool(request.query_params.get("all"))
    found = [each for each in incidents(world, open_only=not everything) if concerns(each, frame, text)]
    found.sort(key=lambda each: each.closed is not None)
    view = View(
        "Incidents",
        "Incidents",
        command("status"),
        api_link("incidents", all="true" if everything else ""),
        search="incidents",
        text=text,
        narrows=("environment", "owner"),
    )
    content = {"incidents": found, "all": everything, "stakes": stakes_of(frame.whole.rows)}
    return page("incidents.html", frame, view, content)
