"""How well each model is delivered, from journal and Git: lead time, frequency, failures, recovery. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.deliver.performance import Change, Ending, Outage, Performance, changes_of, performance
from fairlead.domain.incident import UNHEALTHY
from fairlead.domain.journal import Record
from fairlead.domain.plan import Key
from fairlead.domain.release import Deployment
from fairlead.flows.declared import declared_workspace
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["WINDOW", "DeliveryMetrics", "delivery_metrics"]

WINDOW = timedelta(days=30)
"""How far back the figures look where nobody says it."""

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class DeliveryMetrics:
    """The figures of one model in one environment; the last environment is what DORA calls production.

    `insufficient` names the figures for which there is no data, each of which is null in `figures`.
    """

    environment: str
    model: str
    figures: Performance
    insufficient: tuple[str, ...]


def delivery_metrics(
    world: World,
    model: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    environment: str = "",
) -> tuple[DeliveryMetrics, ...]:
    """Figures of [since, until) by model, then in the order of promotion; without moments, of the last 30 days.

    A model has a row for each environment in which it was ever live or rolled out. Lead time is from the commit that
    first declared a release to its having all traffic; from the training run on it cannot be told, since provenance
    names the run and not its time.
    """
    end = until or world.clock.now()
    window = (since or end - WINDOW, end)
    past: dict[Key, list[Deployment]] = {}
    for each in world.state.deployments(model=model, environment=environment):
        past.setdefault((each.environment, each.model), []).append(each)
    rollouts = _rollouts(world, model, environment)
    outages = _outages(world)
    first = next(iter(world.state.records(limit=1)), None)
    found = []
    for key in sorted(past.keys() | rollouts.keys(), key=_in_order(world)):
        here, walked = past.get(key, []), rollouts.get(key, _Walked({}, []))
        changes = changes_of(here, walked.endings, _reached(here, walked.began))
        committed = _committed(world, key[1], changes, window)
        figures = performance(changes, outages.get(key, ()), committed, window, first.at if first else None)
        found.append(DeliveryMetrics(*key, figures, _insufficient(figures)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Walked:
    """Rollouts of one model in one environment: when each release first got requests, and how some ended."""

    began: dict[str, list[datetime]]
    endings: list[Ending]


def _rollouts(world: World, model: str, environment: str) -> dict[Key, _Walked]:
    """From the journal. Copies of requests (shadow) are answered to nobody: they reach no one."""
    found: dict[Key, _Walked] = {}
    begun: dict[str, datetime] = {}
    for record in _all(world, model, environment):
        draft = record.draft
        kind, rollout = draft.kind.removeprefix("rollout."), str(draft.body.get("rollout", ""))
        if draft.body.get("strategy") == "shadow":
            continue
        here = found.setdefault((draft.environment, draft.model), _Walked({}, []))
        if kind == "step" and draft.body.get("phase") == "stepping" and rollout not in begun:
            begun[rollout] = record.at
            here.began.setdefault(draft.release, []).append(record.at)
        elif kind in {"aborted", "superseded"}:
            met = begun.get(rollout) if int(draft.body.get("requests", 0)) else None
            name = str(draft.body.get("name", ""))
            here.endings.append(Ending(draft.release, name, record.at, met, kind == "aborted"))
    return found


def _all(world: World, model: str, environment: str) -> Iterator[Record]:
    after = 0
    while page := world.state.records(after=after, limit=_PAGE, kind="rollout", model=model, environment=environment):
        yield from page
        after = page[-1].sequence


def _reached(
    deployments: Iterable[Deployment], began: Mapping[str, list[datetime]]
) -> dict[tuple[str, datetime], datetime]:
    """When each deployment first got requests: by the last rollout of its release before it was live."""
    found: dict[tuple[str, datetime], datetime] = {}
    for each in deployments:
        earlier = [moment for moment in began.get(each.digest, ()) if moment <= each.since]
        if earlier:
            found[each.digest, each.since] = earlier[-1]
    return found


def _outages(world: World) -> dict[Key, list[Outage]]:
    found: dict[Key, list[Outage]] = {}
    for each in world.state.incidents(open_only=False):
        if each.kind == UNHEALTHY:
            found.setdefault((each.environment, each.model), []).append(Outage(each.opened, each.closed))
    return found


def _committed(
    world: World, model: str, changes: Iterable[Change], window: tuple[datetime, datetime]
) -> dict[str, datetime]:
    """When each release that went live in the window was committed; one that Git has forgotten is left out."""
    found: dict[str, datetime] = {}
    for each in changes:
        if each.live is not None and window[0] <= each.live < window[1]:
            try:
                found[each.release] = world.repository.commit(each.release.removeprefix(f"{model}@")).when
            except NotFoundError:
                continue  # counted as `unknown_lead`
    return found


def _in_order(world: World) -> _Order:
    workspace = declared_workspace(world)
    return _Order({each.name: place for place, each in enumerate(workspace.environments if workspace else ())})


@dataclass(frozen=True, slots=True)
class _Order:
    """By model, then as the environments are declared; those that no longer are come last."""

    places: Mapping[str, int]

    def __call__(self, key: Key) -> tuple[str, int, str]:
        return key[1], self.places.get(key[0], len(self.places)), key[0]


def _insufficient(figures: Performance) -> tuple[str, ...]:
    told = {
        "deployment-frequency": figures.per_day,
        "lead-time": figures.lead_time.median_s,
        "change-failure-rate": figures.failure_rate,
        "recovery-time": figures.recovery.median_s,
    }
    return tuple(name for name, value in told.items() if value is None)
