"""Which release of a model is in which environment, and what stands between one environment and the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fairlead.declare.reader import MODEL_FILE, MODELS
from fairlead.deliver.rollout.promotion_windows import next_opening
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.release import Deployment
from fairlead.domain.rollout import Phase
from fairlead.domain.workspace import Environment, WorkspaceSpec
from fairlead.flows.cost_watch.telling import COST_EVENT, holding
from fairlead.flows.declared import declared_now, declared_workspace
from fairlead.flows.lineage import wanted_at
from fairlead.flows.promotion_approvals import given_approvals
from fairlead.flows.rollouts.kept import kept
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["NOTHING_NEW", "NOT_LIVE", "SOAK", "VERDICT", "Station", "standing_between"]

NOT_LIVE, NOTHING_NEW = "promote/not-live", "promote/nothing-new"
"""Rules that nobody can override: there is nothing to promote."""

SOAK, VERDICT = "promote/soak", "promote/verdict"
"""Rules that a person may override, with a reason."""


@dataclass(frozen=True, slots=True)
class Station:
    """A model in one environment, on the way to the next one.

    `release` and `digest` are what is live ('' without any), `since` when; `pinned` is the commit that Git pins here.
    `following` is the next environment on the way ('' for the last), `between` what stands between: findings, all of
    which block; `remaining` is what is left of the soak. `approvals` are required in `following`, and `given` says by
    whom they are given already (e-mail addresses; None: not known here, or nothing is to be promoted). Its next
    promotion window opens at `opens` (now, where one is open; None: never, or there is no next).
    """

    environment: str
    release: str
    digest: str
    since: datetime | None
    pinned: str
    following: str
    between: tuple[Finding, ...]
    remaining: timedelta
    approvals: int
    given: tuple[str, ...] | None
    opens: datetime | None


def standing_between(world: World, model: str, *, also: str = "", reviews: bool = False) -> tuple[Station, ...]:
    """The stations of a model, in the order of fairlead.yaml: where it is placed or live, and `also` one other.

    Without `also` that is the one behind them all: a model may be promoted to where it was never placed. Where reviews
    count as approvals, who gave them is told with `reviews` only: that asks the network.
    """
    declared = declared_now(world)
    workspace = declared.workspace if declared is not None else None
    if declared is None or workspace is None:
        return ()
    found = declared.models.get(model)
    placed = found.spec.environments if found is not None and found.spec is not None else {}
    live = {each.environment: each for each in world.state.deployments(model=model, live=True)}
    here = _on_the_way(workspace.environments, {*placed, *live}, also)
    following: list[Environment | None] = [*here[1:], *[None][: len(here)]]
    stations = []
    for environment, after in zip(here, following, strict=True):
        pin = placed[environment.name].commit if environment.name in placed else None
        station = _station(world, workspace, environment, after, live.get(environment.name), model, pin or "")
        if after is not None and station.approvals and station.release:
            station = replace(station, given=_given(world, station, after, live.get(after.name), reviews=reviews))
        stations.append(station)
    return tuple(stations)


def _on_the_way(known: Sequence[Environment], reached: set[str], also: str) -> list[Environment]:
    if not also:
        last = max((place for place, each in enumerate(known) if each.name in reached), default=len(known))
        also = next((each.name for each in known[last + 1 :]), "")
    return [each for each in known if each.name in {*reached, also}]


def _station(
    world: World,
    workspace: WorkspaceSpec,
    here: Environment,
    after: Environment | None,
    live: Deployment | None,
    model: str,
    pinned: str,
) -> Station:
    now = world.clock.now()
    remaining = max(timedelta(0), here.soak - (now - live.since)) if live is not None else timedelta(0)
    between = _between(world, here, after, live, model, remaining) if after is not None else ()
    return Station(
        environment=here.name,
        release=live.release if live is not None else "",
        digest=live.digest if live is not None else "",
        since=live.since if live is not None else None,
        pinned=pinned,
        following=after.name if after is not None else "",
        between=tuple(between),
        remaining=remaining,
        approvals=_approvals(workspace, after),
        given=None,
        opens=next_opening(after.promotion_windows, now) if after is not None else None,
    )


def _between(
    world: World, here: Environment, after: Environment, live: Deployment | None, model: str, remaining: timedelta
) -> Iterator[Finding]:
    def found(rule: str, message: str, mend: str, severity: Severity) -> Finding:
        return Finding(f"{MODELS}/{model}/{MODEL_FILE}", 0, 0, rule, message, mend, severity, model, after.name)

    if live is None:
        mend = f"wait until a release of it is live in {here.name}"
        yield found(NOT_LIVE, f"no release of {model} is live in {here.name}", mend, Severity.ERROR)
        return
    if not _is_known(world, live):
        message = f"Git does not know the release {live.release} any more, which is live in {here.name}"
        yield found(NOT_LIVE, message, "commit it again", Severity.ERROR)
        return
    if wanted_at(world, after.name, model, world.repository.head().id) == live.digest:
        message = f"Git wants {live.release} in {after.name} already"
        yield found(NOTHING_NEW, message, "nothing is to be done", Severity.ERROR)
        return
    if remaining:
        message = f"{live.release} runs in {here.name} for {_span(here.soak - remaining)} of {_span(here.soak)}"
        yield found(SOAK, message, f"wait for {_span(remaining)}", Severity.INSUFFICIENT)
    for message, mend in _unproven(world, here, live):
        yield found(VERDICT, message, mend, Severity.INSUFFICIENT)


def _unproven(world: World, here: Environment, live: Deployment) -> Iterator[tuple[str, str]]:
    """Why nobody knows yet that the live release is good: message and mend.

    A release that came at once had no rollout; then it is enough that nothing is wrong with it.
    """
    found = kept(world, here.name, live.model)
    if found is not None and found.rollout.new.digest == live.digest and found.rollout.phase is not Phase.COMPLETED:
        phase = found.rollout.phase
        mend = f"fairlead rollout show {live.model}" if phase.final else "wait for its end"
        yield f"the rollout of {live.release} in {here.name} is {phase.value}, not completed", mend
    for each in _open_incidents(world, here.name, live.model):
        yield f"an incident is open in {here.name}: {each}", "fairlead status"
    workspace = declared_workspace(world)
    for event in holding(world, workspace.anomalies, here.name, live.model) if workspace is not None else ():
        mend = f"mend it, or say what it is: `fairlead anomalies expected {event.event.id}`"
        yield f"a cost event holds it in {here.name}: {event.event.sentence}", mend


def _open_incidents(world: World, environment: str, model: str) -> Iterable[str]:
    """Those of a cost event hold nothing by themselves: that is for `anomalies.actions` to say."""
    found = (each for each in world.state.incidents(open_only=True) if not each.kind.startswith(COST_EVENT))
    return (f"{each.kind}: {each.message}" for each in found if (each.environment, each.model) == (environment, model))


def _is_known(world: World, live: Deployment) -> bool:
    try:
        release = world.releases.release(live.model, live.release.rpartition("@")[2])
    except NotFoundError:
        return False
    return release is not None and release.digest == live.digest


def _approvals(workspace: WorkspaceSpec, after: Environment | None) -> int:
    if after is None:
        return 0
    if after.approvals is not None:
        return after.approvals
    return workspace.policies.approvals.required if workspace.policies is not None else 0


def _given(
    world: World, station: Station, after: Environment, before: Deployment | None, *, reviews: bool
) -> tuple[str, ...] | None:
    if any(each.rule in {NOT_LIVE, NOTHING_NEW} for each in station.between):
        return None
    model, _, commit = station.release.rpartition("@")
    release = world.releases.release(model, commit)
    return given_approvals(world, release, after, before, reviews=reviews) if release is not None else None


def _span(span: timedelta) -> str:
    """A length of time in its two largest units, for people."""
    seconds = int(span.total_seconds())
    parts = [(seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    shown = [f"{count}{unit}" for count, unit in parts if count]
    return " ".join(shown[:2]) or "0s"
