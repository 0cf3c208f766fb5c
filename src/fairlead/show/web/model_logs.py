"""*Model, Logs*: the lines of its servers, the gateway and the control plane, by release, request and source."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.domain.logs import LogLine, LogQuery
from fairlead.flows.logs import search_logs
from fairlead.flows.world import World
from fairlead.kernel.windows import iso
from fairlead.show.web.frame import View, api_link, command, frame_for
from fairlead.show.web.model_page import subject_of
from fairlead.show.web.rendering import page

__all__ = ["show_logs"]

_LIMIT = 500


def show_logs(world: World, request: Request, model: str) -> HTMLResponse:
    """The newest lines of the chosen period, newest first; the search text is looked for in what a line says."""
    frame = frame_for(world, request)
    subject = subject_of(frame, model)
    asked = request.query_params
    text = asked.get("text", "").strip()
    only = {key: asked.get(key, "") for key in ("release", "request", "source")}
    query = LogQuery(model=model, environment=frame.environment, since=frame.since, limit=_LIMIT, **only)
    found = search_logs(world.settings.state, world.state, query)
    lines = [line for line in reversed(found) if text.lower() in f"{line.text}\n{line.request}".lower()]
    since = iso(frame.since)
    view = View(
        "Fleet",
        model,
        command("logs", model, environment=frame.environment, **only, since=since),
        api_link("logs", model=model, environment=frame.environment, **only, since=since),
        search="these lines",
        text=text,
        narrows=("environment", "period"),
    )
    content = {"subject": subject, "tab": "Logs", "lines": lines, "only": only, "level": _level, "limit": _LIMIT}
    return page("model_logs.html", frame, view, content)


def _level(line: LogLine) -> str:
    """The tone of a line."""
    return {"error": "bad", "critical": "bad", "warning": "warn", "warn": "warn"}.get(line.level.lower(), "")
