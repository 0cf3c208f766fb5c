"""The plan at the newest commit: steps, expected cost before and after, findings, verdict. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import replace

from fairlead.declare.reader import Declared
from fairlead.domain.finding import judge
from fairlead.domain.outlook import Outlook
from fairlead.domain.plan import CostComponent, Desired, Expected, Key, Observed, Plan, Step
from fairlead.domain.price_book import PriceBook
from fairlead.flows.budgets import budget_findings, budget_report
from fairlead.flows.converging.desired import Wanted, want
from fairlead.flows.converging.follow import Followed
from fairlead.flows.converging.gate import Gate
from fairlead.flows.converging.requests import holds
from fairlead.flows.prices import stale_prices
from fairlead.flows.rollouts.analyses import analysis_of
from fairlead.flows.rollouts.outlook import outlook, outlook_findings
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.plan.diff import model_steps
from fairlead.plan.price import components

__all__ = ["make_plan"]


def make_plan(world: World, *, model: str = "") -> Plan:
    """What the control plane would do now for `model` ('' is all), and what it would cost in a month."""
    world.repository.fetch()
    head = world.repository.head()
    declared = world.reader.read(world.repository.tree(head.id))
    live = world.state.deployments(live=True)
    with closing(Gate(world)) as gate:
        judged = gate.judged(Followed(head, declared), live, patient=True)
    wanted = want(world, head, judged, live, holds(world, head.id))
    found = {(each.environment, each.model): each for each in world.target.observe()}
    running = {(each.environment, each.model) for each in live}
    keys = sorted(key for key in {*wanted.desired, *found} if model in {"", key[1]})
    stale = stale_prices(world.repository.tree(head.id), declared.workspace, world.clock.now().date())
    spent = budget_findings(budget_report(world, declared))
    outlooks = tuple(each for each in _outlooks(world, declared, wanted) if model in {"", each.model})
    slow = outlook_findings(outlooks)
    findings = tuple(each for each in (*judged.declared.findings, *stale, *spent, *slow) if model in {"", each.model})
    book = declared.workspace.price_book if declared.workspace else None
    plan = Plan(
        commit=head,
        steps=tuple(_steps(keys, wanted, found)),
        expected=tuple(_expected(key, wanted, running, book) for key in keys),
        findings=findings,
        outlooks=outlooks,
    )
    return replace(plan, verdict=judge(findings))


def _outlooks(world: World, declared: Declared, wanted: Wanted) -> Iterator[Outlook]:
    """Of the rollouts that begin: another release is live, and the way from it is judged."""
    for (environment, model), desired in sorted(wanted.desired.items()):
        standing, found = wanted.standing.get((environment, model)), declared.models.get(model)
        if standing is None or found is None or found.spec is None or standing.release.digest == desired.release.digest:
            continue
        strategy = found.spec.release
        try:
            analysis = analysis_of(declared.workspace, strategy.analysis, found.spec)
        except NotFoundError:
            continue  # the rollout tells it, with the known ones
        told = outlook(world, environment, model, strategy, analysis)
        if told is not None:
            yield told


def _steps(keys: Iterable[Key], wanted: Wanted, found: Mapping[Key, Observed]) -> Iterable[Step]:
    for key in keys:
        yield from model_steps(wanted.desired.get(key), found.get(key), wanted.standing.get(key))


def _expected(key: Key, wanted: Wanted, live: AbstractSet[Key], book: PriceBook | None) -> Expected:
    after = wanted.desired.get(key)
    before = wanted.standing.get(key) or (after if key in live else None)
    return Expected(*key, before=_parts(before, book), after=_parts(after, book))


def _parts(desired: Desired | None, book: PriceBook | None) -> tuple[CostComponent, ...]:
    return components(desired.release.spec.serving, desired.replicas, book) if desired else ()
