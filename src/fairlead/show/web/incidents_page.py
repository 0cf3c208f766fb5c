"""*Incidents*: what is not as it should be, open ones first, and what was done about it; how models are delivered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.domain.incident import Incident
from fairlead.domain.journal import Record
from fairlead.flows.delivery_metrics import WINDOW, delivery_metrics
from fairlead.flows.incidents import incidents
from fairlead.flows.journal import search
from fairlead.flows.rollouts.quarantine import ROLLED_BACK
from fairlead.flows.world import World
from fairlead.show.web.fleet_page import concerns, stakes_of
from fairlead.show.web.frame import Frame, View, api_link, command, frame_for
from fairlead.show.web.rendering import page

__all__ = ["actions_on", "recovery_of", "show_incidents"]

_STEP, _ABORTED = "rollout.step", "rollout.aborted"
_CAUSES = ("commit.followed", "rollout.started", _STEP)
"""Kinds of records that say what an incident's commit did before."""

_ACTIONS = (_ABORTED, "revert", "deployment.live", "model.suspended")
"""Kinds of records that say what was done about an incident."""

_DRAFTED, _LANDED = "revert.committed", {"revert.pushed", "revert.proposed"}

_RECENT = 300
"""Records of each kind that are looked through; an incident that is older than they are is shown without them."""

_SHORTLY = timedelta(seconds=15)
"""A release is out of traffic some looks before the incident that tells of it opens."""


def show_incidents(world: World, request: Request) -> HTMLResponse:
    """Open incidents, or with `all` the closed ones too; of one model and one kind where they are named."""
    frame = frame_for(world, request)
    asked = request.query_params
    text, everything = asked.get("text", ""), bool(asked.get("all"))
    only = {"model": asked.get("model", ""), "kind": asked.get("kind", "")}
    known = [each for each in incidents(world, open_only=not everything) if concerns(each, frame, text)]
    found = [each for each in known if only["model"] in {"", each.model} and only["kind"] in {"", each.kind}]
    found.sort(key=lambda each: each.closed is not None)
    view = View(
        "Incidents",
        "Incidents",
        command("status"),
        api_link("incidents", all="true" if everything else ""),
        search="incidents",
        text=text,
        narrows=("environment", "owner", "model", "kind"),
    )
    named = {f"{each.key} {each.opened}": each for each in found}
    actions = _actions(world, named)
    content = {
        "incidents": found,
        "all": everything,
        "only": only,
        "chosen": frame.filters | {key: value for key, value in only.items() if value},
        "models": sorted({each.model for each in known if each.model} | {only["model"]} - {""}),
        "kinds": sorted({each.kind for each in known} | {only["kind"]} - {""}),
        "stakes": stakes_of(frame.whole.rows),
        "actions": actions,
        "recovered": {name: recovery_of(each, actions.get(name, ())) for name, each in named.items()},
        "delivery": _delivery(world, frame, only["model"]),
        "window": WINDOW,
    }
    return page("incidents.html", frame, view, content)


def actions_on(incident: Incident, records: Iterable[Record]) -> list[Record]:
    """How an incident came about and what was done about it, oldest first; a revert that arrived is told once.

    What was done are records of its model in its environment while it was open. A release that was taken back left the
    traffic before the incident told of it.
    """
    found = [each for each in records if _led_to(each, incident) or _is_of(each, incident)]
    landed = any(each.draft.kind in _LANDED for each in found)
    return sorted(
        (each for each in found if not (landed and each.draft.kind == _DRAFTED)), key=lambda each: each.sequence
    )


def _led_to(record: Record, incident: Incident) -> bool:
    draft = record.draft
    place = draft.environment, draft.model
    return (
        draft.kind in _CAUSES
        and bool(draft.commit)
        and draft.commit == incident.commit
        and place in {("", ""), (incident.environment, incident.model)}
        and record.at <= incident.opened
    )


def _is_of(record: Record, incident: Incident) -> bool:
    before = _SHORTLY if incident.kind == ROLLED_BACK else timedelta()
    return (
        record.draft.kind.startswith(_ACTIONS)
        and record.draft.model == incident.model
        and record.draft.environment in {"", incident.environment}
        and incident.opened - before <= record.at
        and (incident.closed is None or record.at <= incident.closed)
    )


def recovery_of(incident: Incident, done: Iterable[Record]) -> float | None:
    """Seconds until it was over, None before. Of a release that was taken back: from its first requests to its last."""
    at = {each.draft.kind: each.at for each in sorted(done, key=lambda each: each.sequence, reverse=True)}
    if incident.kind == ROLLED_BACK and _STEP in at and _ABORTED in at:
        return (at[_ABORTED] - at[_STEP]).total_seconds()
    return (incident.closed - incident.opened).total_seconds() if incident.closed else None


def _actions(world: World, named: Mapping[str, Incident]) -> Mapping[str, list[Record]]:
    """By the incident's name."""
    records = [record for kind in (*_CAUSES, *_ACTIONS) for record in search(world, kind=kind, limit=_RECENT).records]
    return {name: actions_on(each, records) for name, each in named.items() if each.model}


def _delivery(world: World, frame: Frame, model: str) -> list[object]:
    """The four figures of each model that the filters show."""
    owned = {row.model for row in frame.whole.rows if frame.owner in {"", row.owner}}
    found = delivery_metrics(world, model, environment=frame.environment)
    return [each for each in found if each.model in owned or not frame.owner]
