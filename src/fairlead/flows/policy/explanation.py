"""`fairlead policy explain`: all that is known about one rule, and how it holds here; also as Gatekeeper takes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from fairlead.check.policies.gatekeeper.written import as_gatekeeper, foreign_data
from fairlead.check.policies.packs import pack_names, pack_rules
from fairlead.check.policies.plain_rules import PlainRule
from fairlead.declare.reader import Reader
from fairlead.domain.policy import Enforcement, Policy, Rating, Rule
from fairlead.flows.judging.rulebook import Shelf, read_rulebook
from fairlead.flows.policy.listing import named_environments
from fairlead.kernel.errors import UsageError
from fairlead.ports import Tree

__all__ = ["Explanation", "Parameter", "Way", "explain_rule", "rule_for_gatekeeper"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a rule takes, and what it takes where nobody says anything else."""

    name: str
    default: Any
    description: str


@dataclass(frozen=True, slots=True)
class Way:
    """How the rule holds in some environments (none: everywhere)."""

    environments: tuple[str, ...]
    enforcement: Enforcement
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A rule for its readers. `in_force` is empty where it holds nowhere; `example` tunes or shows it."""

    id: str
    title: str
    severity: Rating
    reason: str
    mend: str
    reference: str
    subjects: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    in_force: tuple[Way, ...]
    example: str
    source: str
    path: str
    line: int
    rego: str = field(default="")


@dataclass(frozen=True, slots=True)
class _Known:
    """The rule as its pack has it, and as it holds in the workspace; one of the two is there."""

    packed: PlainRule | None
    held: tuple[Policy, ...]

    @property
    def policy(self) -> Policy:
        """What is told of it: as it holds first of all, else as it came."""
        if self.held or self.packed is None:
            return self.held[0]
        return self.packed.policy


def explain_rule(rule_id: str, tree: Tree | None, shelf: Shelf) -> Explanation:
    """The rule of that id: of the workspace in `tree`, or of a pack, on or off. UsageError for an unknown one."""
    known = _find(rule_id, tree, shelf)
    policy, rule = known.policy, known.policy.rule
    return Explanation(
        id=rule.id,
        title=rule.title,
        severity=rule.rating,
        reason=rule.reason,
        mend=rule.mend,
        reference=rule.reference,
        subjects=_subjects(policy),
        parameters=_parameters(known),
        in_force=tuple(Way(named_environments(e.environments), e.enforcement, e.parameters) for e in known.held),
        example=_example(known, rule),
        source=policy.source,
        path=rule.path,
        line=rule.line,
        rego=policy.modules[0].text,
    )


def rule_for_gatekeeper(rule_id: str, environment: str, tree: Tree | None, shelf: Shelf) -> str:
    """A ConstraintTemplate and a Constraint that judge in a cluster as the rule does in an environment ('' is any)."""
    known = _find(rule_id, tree, shelf)
    if known.packed is None:
        mend = f"apply {known.policy.rule.path} itself"
        raise UsageError(f"{rule_id} is no rule of a pack", mend=mend)
    foreign = foreign_data(known.packed.policy)
    if foreign:
        message = f"{rule_id} asks for {', '.join(foreign)}, which Gatekeeper does not hold"
        raise UsageError(message, mend="let fairlead judge it: `fairlead check`, before anything reaches the cluster")
    policy = _held_in(environment, known, tree) if environment else known.policy
    return as_gatekeeper(known.packed, policy)


def _held_in(environment: str, known: _Known, tree: Tree | None) -> Policy:
    workspace = Reader().workspace(tree) if tree is not None else None
    names = [each.name for each in workspace.environments] if workspace else []
    if environment not in names:
        mend = f"use one of: {', '.join(names) or 'none is declared here'}"
        raise UsageError(f"there is no environment {environment!r}", mend=mend)
    for policy in known.held:
        if environment in (policy.environments or names):
            return policy
    mend = "turn it on under `policies.packs` in fairlead.yaml, or leave --environment out"
    raise UsageError(f"{known.policy.rule.id} does not hold in {environment}", mend=mend)


def _find(rule_id: str, tree: Tree | None, shelf: Shelf) -> _Known:
    policies: Sequence[Policy] = ()
    if tree is not None:
        policies = read_rulebook(tree, Reader().workspace(tree), shelf).policies
    pack = rule_id.partition("/")[0]
    packed = {each.policy.rule.id: each for each in (pack_rules(pack) if pack in pack_names() else ())}
    held = tuple(each for each in policies if each.rule.id == rule_id)
    if not held and rule_id not in packed:
        raise _unknown(rule_id, [each.rule.id for each in policies])
    return _Known(packed.get(rule_id), held)


def _unknown(rule_id: str, held: Iterable[str]) -> UsageError:
    known = sorted({*held, *(each.policy.rule.id for pack in pack_names() for each in pack_rules(pack))})
    near = get_close_matches(rule_id, known, n=3) or [each for each in known if each.startswith(f"{rule_id}/")]
    mend = f"did you mean {', '.join(near)}?" if near else "see `fairlead policy list`"
    return UsageError(f"there is no rule {rule_id}", mend=mend)


def _subjects(policy: Policy) -> tuple[str, ...]:
    kinds = policy.match.criteria.get("kinds")
    return tuple(str(kind) for each in kinds or () for kind in each.get("kinds") or ())


def _parameters(known: _Known) -> tuple[Parameter, ...]:
    if known.packed is None:
        return tuple(Parameter(name, value, "") for name, value in known.policy.parameters.items())
    notes = known.packed.notes
    return tuple(Parameter(name, value, notes.descriptions.get(name, "")) for name, value in notes.parameters.items())


def _example(known: _Known, rule: Rule) -> str:
    """What its author shows; for a rule of a pack without that, how it is turned on and weakened while it is tried."""
    if known.packed is None:
        return ""
    if known.packed.notes.example:
        return known.packed.notes.example
    pack, _, name = rule.id.partition("/")
    return f"policies:\n  packs:\n    {pack}:\n      rules:\n        {name}:\n          enforcement: warn\n"
