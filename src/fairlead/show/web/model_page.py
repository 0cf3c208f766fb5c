"""*Model*: what is live, why and since when; its timeline of releases; its files."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.flows.fleet import FleetRow
from fairlead.flows.history import ReleaseView, history, release_view
from fairlead.flows.promotion_standing import standing_between
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.show.web.frame import Frame, View, api_link, command, frame_for, link
from fairlead.show.web.rendering import page
from fairlead.show.web.rollouts import rollout_panels

__all__ = ["Subject", "show_files", "show_release", "show_releases", "subject_of"]


@dataclass(frozen=True, slots=True)
class Subject:
    """The model that a page is about: its rows in the environments that the frame shows, and its address."""

    model: str
    owner: str
    rows: tuple[FleetRow, ...]
    home: str


def subject_of(frame: Frame, model: str) -> Subject:
    """The model's rows. NotFoundError that lists the known models where there is none of that name."""
    rows = tuple(row for row in frame.whole.rows if row.model == model)
    if not rows:
        known = ", ".join(sorted({row.model for row in frame.whole.rows})) or "none"
        raise NotFoundError(f"no model {model!r}", mend=f"known models: {known}")
    shown = tuple(row for row in rows if frame.environment in {"", row.environment})
    return Subject(model, rows[0].owner, shown, link("/models", model))


def show_releases(world: World, request: Request, model: str) -> HTMLResponse:
    """The timeline, newest first."""
    frame = frame_for(world, request)
    subject = subject_of(frame, model)
    text = request.query_params.get("text", "").strip()
    environment = frame.environment
    entries = history(world, model, environment=environment)
    wanted = text.lower()
    shown = [e for e in entries if wanted in f"{e.release} {e.commit.subject} {e.commit.author}".lower()]
    view = View(
        "Fleet",
        model,
        command("history", model, environment=environment),
        api_link("models", model, "history", environment=environment),
        search="releases and commits",
        text=text,
        narrows=("environment",),
    )
    content = {
        "subject": subject,
        "tab": "Releases",
        "entries": shown,
        "panels": rollout_panels(world, model, [environment] if environment else frame.environments),
        "stations": standing_between(world, model),
    }
    return page("model_releases.html", frame, view, content)


def show_files(world: World, request: Request, model: str) -> HTMLResponse:
    """The locked files of what is live, per environment."""
    frame = frame_for(world, request)
    subject = subject_of(frame, model)
    live = list(dict.fromkeys(row.release for row in subject.rows if row.release))
    views: list[ReleaseView] = [release_view(world, model, release) for release in live]
    json = api_link("models", model, "releases", live[0]) if live else api_link("models", model, "history")
    view = View(
        "Fleet",
        model,
        command("verify", model),
        json,
        search="releases and commits",
        action=subject.home,
    )
    return page("model_files.html", frame, view, {"subject": subject, "tab": "Files", "releases": views})


def show_release(world: World, request: Request, model: str, release: str) -> HTMLResponse:
    """One release: difference to the one before, findings, digests, price, deployments."""
    frame = frame_for(world, request)
    found = release_view(world, model, release)
    view = View(
        "Fleet",
        found.release,
        command("history", model),
        api_link("models", model, "releases", release),
        search="releases and commits",
        action=link("/models", model),
    )
    return page("release.html", frame, view, {"shown": found, "home": link("/models", model)})
