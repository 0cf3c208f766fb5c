"""What the gate said last, kept in the state: page, API and command line tell it without judging anything again.

The gate writes it each time that it has judged; whoever reads it adds what depends on the moment of reading.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from fairlead.declare.reader import Declared
from fairlead.declare.waivers import read_waivers
from fairlead.domain.approval import Waiver
from fairlead.domain.finding import Finding
from fairlead.domain.policy import Policy
from fairlead.domain.report import Rules
from fairlead.flows.converging.ruling import Ruled
from fairlead.flows.policy.listing import RuleInForce, rule_in_force
from fairlead.flows.world import World

__all__ = ["Counted", "Outcome", "keep_outcome", "kept_outcome"]

_FACT = "rules/outcome/1"
"""The number grows with the shape: what another version wrote is not read."""

_MOST = 1_000
"""Findings of running releases that are kept; all are counted."""

_OF_PEOPLE = ("approval/", "peer-review/")


@dataclass(frozen=True, slots=True)
class Counted:
    """A rule as it holds in some environments, and what it finds in what runs there."""

    rule: RuleInForce
    found: int
    waived: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`commit` was judged at `judged` by `rules`.

    `whole` is about the rules and the waivers themselves; `violations` are findings of running releases that would
    block (of `violating` in all), `waiting` those of releases that wait for people. `owners` are those of models.
    """

    judged: datetime
    commit: str
    rules: Rules
    counted: tuple[Counted, ...]
    waivers: tuple[Waiver, ...]
    whole: tuple[Finding, ...]
    violations: tuple[Finding, ...]
    violating: int
    waiting: tuple[Finding, ...]
    owners: dict[str, str]


_FORM = TypeAdapter(Outcome)


def keep_outcome(world: World, ruled: Ruled, declared: Declared, commit: str) -> None:
    """Write down what was just judged."""
    found = [_in(key[0], each) for key, findings in sorted(ruled.running.items()) for each in findings]
    violations = [each for each in found if each.blocks]
    waiting = [
        _in(key[0], each)
        for key, findings in sorted(ruled.new.items())
        for each in findings
        if each.blocks and each.rule.startswith(_OF_PEOPLE)
    ]
    named = {each.model for each in (*violations[:_MOST], *waiting[:_MOST])}
    outcome = Outcome(
        judged=world.clock.now(),
        commit=commit,
        rules=ruled.rules,
        counted=tuple(_counted(ruled.policies, found, _environments(declared))),
        waivers=_waivers(world, ruled.rules.commit),
        whole=ruled.whole,
        violations=tuple(violations[:_MOST]),
        violating=len(violations),
        waiting=tuple(waiting[:_MOST]),
        owners={name: each.spec.owner for name, each in declared.models.items() if each.spec and name in named},
    )
    world.state.put_fact(_FACT, _FORM.dump_json(outcome, by_alias=True).decode())


def kept_outcome(world: World) -> Outcome | None:
    """What was judged last; None where nothing was yet."""
    text = world.state.fact(_FACT)
    return _FORM.validate_json(text) if text else None


def _counted(policies: Iterable[Policy], found: Iterable[Finding], environments: list[str]) -> Iterator[Counted]:
    counts = Counter((each.rule, each.environment, bool(each.waiver)) for each in found)
    rows = (rule_in_force(each) for each in policies)
    for row in sorted(rows, key=lambda each: (each.source, each.id, each.environments)):
        places = row.environments or environments
        open_, waived = (sum(counts[row.id, place, aside] for place in places) for aside in (False, True))
        yield Counted(row, open_, waived)


def _environments(declared: Declared) -> list[str]:
    return [each.name for each in declared.workspace.environments] if declared.workspace else []


def _waivers(world: World, commit: str) -> tuple[Waiver, ...]:
    """The waivers of the commit whose rules stand."""
    tree = world.repository.tree(commit) if commit else None
    workspace = world.reader.workspace(tree) if tree is not None else None
    if tree is None or workspace is None or workspace.policies is None:
        return ()
    return read_waivers(tree, workspace.policies.waivers).waivers


def _in(environment: str, finding: Finding) -> Finding:
    """The finding of a release where it runs; one that names no environment counts in each."""
    return finding if finding.environment else replace(finding, environment=environment)
