"""The fleet: what runs where, why, since when, how well, and what it costs. Reads only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from fairlead.declare.reader import Declared, DeclaredModel
from fairlead.domain.finding import Severity, Verdict
from fairlead.domain.incident import Incident, Suspension
from fairlead.domain.plan import Key, Observed, total
from fairlead.domain.release import Commit, Deployment, Release
from fairlead.domain.serving import ServerState
from fairlead.domain.workspace import Environment
from fairlead.flows.converging.follow import FETCHED
from fairlead.flows.converging.reconcile import STANDING
from fairlead.flows.judging.verdicts import VERDICTS, known_verdict
from fairlead.flows.metering.figures import figures, money
from fairlead.flows.scaling.kept import Kept, kept_scalers
from fairlead.flows.scaling.view import ScalingView, scaling_view
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.kernel.money import Money
from fairlead.kernel.windows import parse_iso
from fairlead.meter.figure_set import Figures
from fairlead.plan.price import components

__all__ = ["Fleet", "FleetRow", "Freshness", "Health", "fleet"]


class Health(StrEnum):
    """How a model stands in an environment."""

    HEALTHY = "healthy"
    STARTING = "starting"
    DEGRADED = "degraded"
    DOWN = "down"
    STOPPED = "stopped"
    PENDING = "pending"
    """Declared, and nothing of it has run yet."""


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One model in one environment. None says that it is not known; nothing unknown is shown as zero.

    `release` and `digest` are of what is live; `wanted` the digest that Git declares ('' where it was refused);
    `approved_by` are names claimed by commit trailers; `verdict` is of the newest check of what Git declares;
    `expected` is the plan's monthly price, `month` the cost measured this calendar month, `per_1k` the cost of a
    thousand inferences since this month began, `trend` the same figure for the newest windows, oldest first.
    """

    environment: str
    model: str
    owner: str
    release: str
    digest: str
    wanted: str
    commit: Commit | None
    approved_by: tuple[str, ...]
    since: datetime | None
    health: Health
    ready: int
    replicas: int
    verdict: Verdict
    expected: Money | None
    month: Money | None
    requests: int | None
    errors: int | None
    p99_ms: float | None
    per_1k: Money | None
    trend: tuple[Decimal | None, ...]
    endpoint: str
    suspended_until: datetime | None
    incident: Incident | None
    scaling: ScalingView | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the picture is. `control` is `running`, or `stopped`; `metered` the end of the last closed window."""

    control: str
    holder: str
    fetched: datetime | None
    metered: datetime | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """All rows, what needs a person (most money at stake first), and how fresh this is.

    `head` is the followed commit; `synced` says whether Git equals live everywhere.
    """

    workspace: str
    branch: str
    head: Commit | None
    synced: bool
    rows: tuple[FleetRow, ...]
    attention: tuple[Incident, ...]
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everything that is known, gathered once."""

    world: World
    head: Commit | None
    declared: Declared | None
    releases: Mapping[str, Release]
    live: Mapping[Key, Deployment]
    found: Mapping[Key, Observed]
    incidents: Mapping[Key, Incident]
    suspended: Mapping[str, Suspension]
    verdicts: Mapping[str, str]
    figures: Figures
    scalers: Mapping[Key, Kept]


def fleet(world: World, *, environment: str = "", owner: str = "") -> Fleet:
    """The fleet as Git, the machine and the meter tell it now; rows in order of environment, then model."""
    # First, so that rows are never older than the word that Git is live.
    standing = json.loads(world.state.fact(STANDING) or "{}")
    scene = _gather(world)
    rows = [
        _row(scene, *key)
        for key in _keys(scene)
        if environment in {"", key[0]} and owner in {"", _owner(scene, key[1])}
    ]
    opened = world.state.incidents(open_only=True)
    stake = {(row.environment, row.model): _stake(row) for row in rows}
    attention = sorted(opened, key=lambda each: -stake.get((each.environment, each.model), Decimal(0)))
    synced = bool(standing.get("synced")) and scene.head is not None and standing.get("commit") == scene.head.id
    name = scene.declared.workspace.name if scene.declared and scene.declared.workspace else ""
    return Fleet(
        name, world.repository.branch, scene.head, synced, tuple(rows), tuple(attention), _freshness(world, scene)
    )


def _gather(world: World) -> _Scene:
    try:
        head: Commit | None = world.repository.head()
    except NotFoundError:
        head = None
    declared = world.reader.read(world.repository.tree(head.id)) if head else None
    now = world.clock.now()
    opened = reversed(world.state.incidents(open_only=True))
    return _Scene(
        world=world,
        head=head,
        declared=declared,
        releases=world.releases.releases(head.id, declared) if head and declared else {},
        live={(each.environment, each.model): each for each in world.state.deployments(live=True)},
        found={(each.environment, each.model): each for each in world.target.observe()},
        incidents={(each.environment, each.model): each for each in opened},
        suspended={each.model: each for each in world.state.suspensions() if each.until > now},
        verdicts=world.state.facts(VERDICTS),
        figures=figures(world),
        scalers=kept_scalers(world),
    )


def _keys(scene: _Scene) -> list[Key]:
    models = scene.declared.models.values() if scene.declared else ()
    placed = {(place, model.name) for model in models if model.spec for place in model.spec.environments}
    order = [each.name for each in _environments(scene)]
    keys = {*placed, *scene.live}
    return sorted(keys, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), key))


def _row(scene: _Scene, environment: str, model: str) -> FleetRow:
    key = (environment, model)
    live, wanted = scene.live.get(key), _wanted(scene, environment, model)
    release = _live_release(scene, live) or wanted
    declared = scene.declared.models.get(model) if scene.declared else None
    replicas = release.replicas_in(environment, declared.spec if declared else None) if release else 0
    workspace = scene.declared.workspace if scene.declared else None
    book = workspace.price_book if workspace else None
    scaling = scaling_view(key, declared, book, scene.scalers.get(key))
    replicas = scaling.runs if scaling is not None and scaling.runs is not None else replicas
    ready, health = _health(scene, key, replicas)
    commit = scene.world.repository.commit(release.commit) if release else None
    usage = scene.figures.releases.get((environment, model, live.digest)) if live else None
    month = scene.figures.models.get(key)
    suspension = scene.suspended.get(model)
    return FleetRow(
        environment=environment,
        model=model,
        owner=_owner(scene, model) or (release.spec.owner if release else ""),
        release=live.release if live else "",
        digest=live.digest if live else "",
        wanted=wanted.digest if wanted else "",
        commit=commit,
        approved_by=commit.approved_by if commit else (),
        since=live.since if live else None,
        health=health,
        ready=ready,
        replicas=replicas,
        verdict=_verdict(scene, environment, model, wanted),
        expected=total(components(release.spec.serving, replicas, book)) if release else None,
        month=money(month.amount, month) if month else None,
        requests=usage.requests if usage else None,
        errors=usage.errors if usage else None,
        p99_ms=float(usage.p99.ms) if usage and usage.p99 and usage.p99.ms is not None else None,
        per_1k=money(usage.per_1k, usage) if usage else None,
        trend=scene.figures.trends.get(key, ()),
        endpoint=_endpoint(scene, environment, release),
        suspended_until=suspension.until if suspension else None,
        incident=scene.incidents.get(key),
        scaling=scaling,
    )


def _wanted(scene: _Scene, environment: str, model: str) -> Release | None:
    """What Git wants there: the release that the placement pins, else the one that the file declares."""
    declared = scene.declared.models.get(model) if scene.declared else None
    placement = declared.spec.environments.get(environment) if declared is not None and declared.spec else None
    if placement is None or placement.commit is None:
        return scene.releases.get(model)
    try:
        return scene.world.releases.release(model, placement.commit)
    except NotFoundError:
        return None


def _live_release(scene: _Scene, live: Deployment | None) -> Release | None:
    if live is None:
        return None
    wanted = scene.releases.get(live.model)
    if wanted is not None and wanted.digest == live.digest:
        return wanted
    try:
        return scene.world.releases.release(live.model, live.release.rpartition("@")[2])
    except NotFoundError:
        return None


def _health(scene: _Scene, key: Key, replicas: int) -> tuple[int, Health]:
    live, found = scene.live.get(key), scene.found.get(key)
    digest = live.digest if live else ""
    states = [each.state for each in found.servers if digest in {"", each.labels.get("release")}] if found else []
    ready = states.count(ServerState.READY) if live else 0
    if replicas == 0:
        return ready, Health.STOPPED
    if live is None:
        return ready, Health.STARTING if ServerState.STARTING in states else Health.PENDING
    if ready >= replicas:
        return ready, Health.HEALTHY
    if ready or ServerState.SILENT in states:
        return ready, Health.DEGRADED
    return ready, Health.STARTING if ServerState.STARTING in states else Health.DOWN


def _verdict(scene: _Scene, environment: str, model: str, wanted: Release | None) -> Verdict:
    """Of the newest check of what Git declares; `insufficient` while nobody has checked it."""
    declared = scene.declared.models.get(model) if scene.declared else None
    if declared is not None and any(each.severity is Severity.ERROR for each in declared.findings):
        return Verdict.FAIL
    return known_verdict(scene.verdicts, model, wanted.digest, environment) if wanted else Verdict.INSUFFICIENT


def _environments(scene: _Scene) -> tuple[Environment, ...]:
    workspace = scene.declared.workspace if scene.declared else None
    return workspace.environments if workspace else ()


def _owner(scene: _Scene, model: str) -> str:
    declared: DeclaredModel | None = scene.declared.models.get(model) if scene.declared else None
    return declared.spec.owner if declared and declared.spec else ""


def _endpoint(scene: _Scene, environment: str, release: Release | None) -> str:
    place = next((each for each in _environments(scene) if each.name == environment), None)
    if place is None or release is None:
        return ""
    path = "/openai/v1" if release.spec.serving.protocol == "openai" else f"/v2/models/{release.model}/infer"
    return f"http://{place.target.address}:{place.target.port}{path}"


def _stake(row: FleetRow) -> Decimal:
    """Money at stake: what the model costs in a month, as far as it is known."""
    known = row.expected or row.month
    return known.amount if known else Decimal(0)


def _freshness(world: World, scene: _Scene) -> Freshness:
    holder, fetched = world.holder(), world.state.fact(FETCHED)
    return Freshness(
        "running" if holder else "stopped", holder, parse_iso(fetched) if fetched else None, scene.figures.metered
    )
