"""*Journal*: search over every decision, and each record under an address of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.domain.journal import Record
from fairlead.flows.journal import search
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.show.outputs.json import encode
from fairlead.show.web.frame import View, api_link, command, frame_for
from fairlead.show.web.rendering import page

__all__ = ["show_journal", "show_record"]

_KINDS = (
    "commit", "release", "deployment", "rollout", "revert", "step", "attempt", "incident", "model", "request",
    "control",
)  # fmt: skip
_PAGE = 50


def show_journal(world: World, request: Request, before: int = 0, kind: str = "", model: str = "") -> HTMLResponse:
    """Records that match, newest first, page by page."""
    frame = frame_for(world, request)
    text = request.query_params.get("text", "")
    asked = {"text": text, "kind": kind, "model": model, "environment": frame.environment}
    found = search(world, **asked, before=before, limit=_PAGE)
    view = View(
        "Journal",
        "Journal",
        command("audit", "verify"),
        api_link("journal", **asked, before=before),
        search="the journal",
        text=text,
        narrows=("environment",),
    )
    kinds = _KINDS if not kind or kind in _KINDS else (*_KINDS, kind)
    content = {
        "found": found,
        "kind": kind,
        "kinds": kinds,
        "model": model,
        "body_lines": _body_lines,
        "opened": False,
    }
    return page("journal.html", frame, view, content)


def show_record(world: World, request: Request, sequence: int) -> HTMLResponse:
    """One record, opened, with its neighbours reachable. NotFoundError where the chain has no such place."""
    frame = frame_for(world, request)
    found = search(world, before=sequence + 1, limit=1)
    if not found.records or found.records[0].sequence != sequence:
        raise NotFoundError(f"no record {sequence} in the journal", mend=f"the newest one is {found.newest}")
    view = View(
        "Journal",
        f"Record {sequence}",
        command("audit", "verify"),
        api_link("journal", before=sequence + 1, limit=1),
        search="the journal",
        action="/journal",
    )
    content = {"record": found.records[0], "newest": found.newest, "body_lines": _body_lines, "opened": True}
    return page("record_page.html", frame, view, content)


def _body_lines(record: Record) -> Iterator[str]:
    yield from json.dumps(encode(record.draft.body), indent=2, ensure_ascii=False).splitlines()
