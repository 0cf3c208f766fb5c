"""The timeline of a model: its releases, who declared them, what they cost, how they came and went. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import yaml

from fairlead.declare.reader import MODELS
from fairlead.domain.finding import Finding, Verdict
from fairlead.domain.journal import Record
from fairlead.domain.lock import LockedFile
from fairlead.domain.plan import CostComponent, total
from fairlead.domain.price_book import PriceBook
from fairlead.domain.release import Commit, Deployment, Release
from fairlead.flows.declared import declared_workspace
from fairlead.flows.judging.scanning import artifact_findings
from fairlead.flows.judging.verdicts import VERDICTS, known_verdict
from fairlead.flows.metering.figures import model_figures, money
from fairlead.flows.scaling.kept import kept
from fairlead.flows.scaling.view import ScalingView, scaling_view
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.kernel.money import Money
from fairlead.meter.figure_set import ModelFigures
from fairlead.meter.unit_change import unit_cost_change
from fairlead.plan.price import components

__all__ = ["ReleaseView", "TimelineEntry", "history", "release_view"]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One commit's effect on a model in an environment, newest first in a history.

    `state` is `live`, `ended`, `refused` or `rolled-back`; `returned` says that an earlier release came back;
    `recovery_s` is set on the entry that ended a worse release: seconds from that one's start to this one's.
    """

    environment: str
    release: str
    digest: str
    commit: Commit
    state: str
    verdict: Verdict
    since: datetime | None
    until: datetime | None
    returned: bool
    recovery_s: float | None
    expected: Money | None
    cost: Money | None
    requests: int | None
    per_1k: Money | None
    change: float | None
    """Cost per thousand against the release before, as a ratio minus one (0.6 is 60 % dearer); None: not known."""
    message: str
    scaling: ScalingView | None = None
    """Of what is live and scaled: what is ordered now, and within which bounds."""


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """Everything about one release."""

    model: str
    release: str
    digest: str
    commit: Commit
    spec: str
    """The canonical declaration, as YAML."""
    difference: str
    """Unified diff of the model's folder that the commit made."""
    files: tuple[LockedFile, ...]
    revision: str
    uri: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    expected: tuple[CostComponent, ...]
    deployments: tuple[TimelineEntry, ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    world: World
    book: PriceBook | None
    figures: ModelFigures


def history(world: World, model: str, *, environment: str = "") -> tuple[TimelineEntry, ...]:
    """What became of each change of a model, newest first: deployments, and commits that were refused or taken back."""
    past = world.state.deployments(environment=environment, model=model)
    scene = _gather(world, model, {each.environment for each in past})
    never = (*_refused(scene, model, environment, past), *_rolled_back(scene, model, environment, past))
    entries = [*_deployed(scene, past), *never]
    return tuple(sorted(entries, key=lambda each: (each.since or each.commit.when, each.environment), reverse=True))


def release_view(world: World, model: str, release: str) -> ReleaseView:
    """One release, by its name or a commit that declares it. NotFoundError where there is none."""
    named = release.rpartition("@")[2]
    found = world.releases.release(model, named)
    commit = world.repository.commit(named)
    declared = world.reader.model(world.repository.tree(commit.id), model)
    if declared is None or found is None:
        mend = f"fairlead history {model}"
        raise NotFoundError(f"commit {commit.id[:12]} declares no sound release of {model}", mend=mend)
    workspace = declared_workspace(world)
    findings = (*declared.findings, *artifact_findings(world.repository.tree(commit.id), declared))
    return ReleaseView(
        model=model,
        release=found.name,
        digest=found.digest,
        commit=commit,
        spec=_yaml(found),
        difference=world.repository.changed(commit.id, f"{MODELS}/{model}"),
        files=found.lock.files,
        revision=found.lock.revision,
        uri=found.lock.uri,
        verdict=_verdict(world, model, found.digest),
        findings=findings,
        expected=components(
            found.spec.serving, found.spec.serving.replicas, workspace.price_book if workspace else None
        ),
        deployments=tuple(each for each in history(world, model) if each.digest == found.digest),
    )


def _gather(world: World, model: str, environments: set[str]) -> _Scene:
    workspace = declared_workspace(world)
    return _Scene(world, workspace.price_book if workspace else None, model_figures(world, model, environments))


def _deployed(scene: _Scene, past: Sequence[Deployment]) -> Iterator[TimelineEntry]:
    for at, each in enumerate(past):
        earlier = [one for one in past[at + 1 :] if one.environment == each.environment]
        before = earlier[0] if earlier else None
        returned = any(one.digest == each.digest for one in earlier)
        row = scene.figures.releases.get((each.environment, each.digest))
        yield TimelineEntry(
            environment=each.environment,
            release=each.release,
            digest=each.digest,
            commit=_cause(scene.world, each.model, each.commit),
            state="ended" if each.until else "live",
            verdict=_verdict(scene.world, each.model, each.digest, each.environment),
            since=each.since,
            until=each.until,
            returned=returned,
            recovery_s=(each.since - before.since).total_seconds() if returned and before else None,
            expected=_expected(scene, each),
            cost=money(row.amount, row) if row else None,
            requests=row.requests if row else None,
            per_1k=money(row.per_1k, row) if row else None,
            change=_change(scene, each, before),
            message=each.reason,
            scaling=None if each.until else _scaling(scene, each),
        )


def _scaling(scene: _Scene, live: Deployment) -> ScalingView | None:
    """How it is scaled where it is live, as the newest commit declares it."""
    world, key = scene.world, (live.environment, live.model)
    try:
        model = world.reader.model(world.repository.tree(world.repository.head().id), live.model)
    except NotFoundError:
        return None
    return scaling_view(key, model, scene.book, kept(world, key))


def _refused(scene: _Scene, model: str, environment: str, past: Iterable[Deployment]) -> Iterator[TimelineEntry]:
    """Commits that opened an incident for the model and never came live."""
    live = {(each.environment, each.commit) for each in past}
    opened = scene.world.state.search(kind="incident.opened", model=model, environment=environment)
    checked = {each.draft.commit: each for each in scene.world.state.search(kind="release.checked", model=model)}
    refused: dict[tuple[str, str], Record] = {}
    for record in opened:
        key = (record.draft.environment, record.draft.commit)
        if key not in live and record.draft.body["kind"] == "git-not-live":
            refused.setdefault(key, record)
    for (_, commit), record in refused.items():
        entry = _never_live(scene, model, record, "refused")
        verdict = Verdict(checked[commit].draft.body["verdict"]) if commit in checked else Verdict.FAIL
        yield replace(entry, verdict=verdict)


def _rolled_back(scene: _Scene, model: str, environment: str, past: Iterable[Deployment]) -> Iterator[TimelineEntry]:
    """Releases whose rollout was aborted before they had all traffic, the newest time of each."""
    live = {(each.environment, each.commit) for each in past}
    aborted: dict[tuple[str, str], Record] = {}
    for record in scene.world.state.search(kind="rollout.aborted", model=model, environment=environment):
        key = (record.draft.environment, record.draft.commit)
        if key not in live:
            aborted.setdefault(key, record)
    for record in aborted.values():
        entry = _never_live(scene, model, record, "rolled-back")
        digest, place = record.draft.release, record.draft.environment
        row = scene.figures.releases.get((place, digest))
        yield replace(
            entry,
            release=str(record.draft.body["name"]),
            verdict=_verdict(scene.world, model, digest, place),
            cost=money(row.amount, row) if row else None,
            requests=row.requests if row else None,
            per_1k=money(row.per_1k, row) if row else None,
        )


def _never_live(scene: _Scene, model: str, record: Record, state: str) -> TimelineEntry:
    """A commit that never had all traffic in an environment, and why."""
    cause = _cause(scene.world, model, record.draft.commit)
    release = _release(scene.world, model, cause.id)
    return TimelineEntry(
        environment=record.draft.environment,
        release=release.name if release else f"{model}@{cause.id[:12]}",
        digest=release.digest if release else "",
        commit=cause,
        state=state,
        verdict=Verdict.FAIL,
        since=None,
        until=None,
        returned=False,
        recovery_s=None,
        expected=None,
        cost=None,
        requests=None,
        per_1k=None,
        change=None,
        message=str(record.draft.body["message"]),
    )


def _cause(world: World, model: str, commit: str) -> Commit:
    """The newest commit, from `commit` back, that changed the model: what a deployment is due to."""
    try:
        return next(world.repository.history(commit, f"{MODELS}/{model}"), None) or world.repository.commit(commit)
    except NotFoundError:
        return Commit(commit, "", "", world.clock.now(), "(no longer in the repository)")


def _change(scene: _Scene, entry: Deployment, before: Deployment | None) -> float | None:
    """Cost per inference against the release before, where both answered often enough."""
    if before is None:
        return None
    pair = {entry.digest, before.digest}
    rows = [row for row in scene.figures.series.get(entry.environment, ()) if row.key["release"] in pair]
    found = unit_cost_change(entry.model, entry.environment, rows)
    if found.ratio is None or found.new is None:
        return None
    return float(found.ratio) - 1 if found.new.release == entry.digest else 1 / float(found.ratio) - 1


def _expected(scene: _Scene, entry: Deployment) -> Money | None:
    release = _release(scene.world, entry.model, entry.release.rpartition("@")[2])
    if release is None:
        return None
    return total(components(release.spec.serving, release.spec.serving.replicas, scene.book))


def _release(world: World, model: str, commit: str) -> Release | None:
    """What a commit declares; None also where a forced push dropped it."""
    try:
        return world.releases.release(model, commit)
    except NotFoundError:
        return None


def _verdict(world: World, model: str, digest: str, environment: str = "") -> Verdict:
    of_model = f"{VERDICTS}{model}/"
    facts = {f"{model}/{rest}": value for rest, value in world.state.facts(of_model).items()}
    return known_verdict(facts, model, digest, environment)


def _yaml(release: Release) -> str:
    declared = release.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return str(yaml.safe_dump(declared, sort_keys=False, allow_unicode=True))
