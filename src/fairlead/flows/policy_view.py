"""The rules at a glance: what holds, what of it was refused, who is in violation, what is waived, who is waited for.

One answer for the page, the API and `fairlead policy status`. It is the gate's last answer, read again at this moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from fairlead.check.waiving import WARNED
from fairlead.domain.approval import Waiver
from fairlead.domain.finding import Finding
from fairlead.domain.policy import Enforcement, Rating
from fairlead.domain.release import Commit
from fairlead.flows.converging.desired import NOT_LIVE
from fairlead.flows.converging.outcome import Outcome, kept_outcome
from fairlead.flows.converging.violations import VIOLATION
from fairlead.flows.incidents import incidents
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["HeldRelease", "PolicyView", "RuleShown", "WaiverShown", "WaiverState", "policy_view"]


class WaiverState(StrEnum):
    """How a waiver stands today. Only what holds, or ends soon, sets anything aside."""

    HOLDS = "holds"
    ENDS_SOON = "ends soon"
    UNPROVEN = "unproven"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule as it holds in some environments (none: all). `found` counts in what runs; waived findings beside it."""

    id: str
    title: str
    enforcement: Enforcement
    severity: Rating
    environments: tuple[str, ...]
    source: str
    reference: str
    found: int
    waived: int


@dataclass(frozen=True, slots=True)
class HeldRelease:
    """What a rule says of a model somewhere: of what runs and would not pass, or of what waits for people.

    `since` is None where no incident tells it yet.
    """

    environment: str
    model: str
    owner: str
    rule: str
    message: str
    mend: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class WaiverShown:
    """A waiver, the days until it ends (negative: since then), and why it does not hold, where it does not."""

    path: str
    rule: str
    models: tuple[str, ...]
    environments: tuple[str, ...]
    paths: tuple[str, ...]
    reason: str
    expires: date
    days_left: int
    approved_by: str
    requested_by: str
    state: WaiverState
    why: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class PolicyView:
    """Everything about the rules. `judged` None: nothing was judged yet. `commit` brought the rules that stand.

    `refused` are weakenings that nobody who may has approved, so that the rules before them stand; `troubles` is what
    else is wrong with the rules or the waivers. `violating` counts all `violations`, of which the first are here.
    """

    judged: datetime | None = None
    commit: Commit | None = None
    digest: str = ""
    rules: tuple[RuleShown, ...] = ()
    refused: tuple[Finding, ...] = ()
    troubles: tuple[Finding, ...] = ()
    violations: tuple[HeldRelease, ...] = ()
    violating: int = 0
    waivers: tuple[WaiverShown, ...] = ()
    waiting: tuple[HeldRelease, ...] = ()


def policy_view(world: World) -> PolicyView:
    """The gate's last answer, with the days and the moments that are known now."""
    outcome = kept_outcome(world)
    if outcome is None:
        return PolicyView()
    refused = tuple(each for each in outcome.whole if each.rule.startswith("protection/"))
    today = world.clock.now().date()
    waivers = [_waiver(each, outcome.whole, today) for each in outcome.waivers]
    shown = {each.path for each in waivers}
    since = {(each.kind, each.environment, each.model): each.opened for each in incidents(world)}
    return PolicyView(
        judged=outcome.judged,
        commit=_commit(world, outcome.rules.commit),
        digest=outcome.rules.digest,
        rules=tuple(_rules(outcome)),
        refused=refused,
        troubles=tuple(each for each in outcome.whole if each not in refused and each.path not in shown),
        violations=tuple(_held(outcome.violations, VIOLATION, outcome, since)),
        violating=outcome.violating,
        waivers=tuple(sorted(waivers, key=lambda each: (each.expires, each.path))),
        waiting=tuple(_held(outcome.waiting, NOT_LIVE, outcome, since)),
    )


def _commit(world: World, commit: str) -> Commit | None:
    try:
        return world.repository.commit(commit) if commit else None
    except NotFoundError:
        return None  # a rewritten branch dropped it; the rules stand all the same


def _rules(outcome: Outcome) -> Iterable[RuleShown]:
    for each in outcome.counted:
        rule = each.rule
        yield RuleShown(
            rule.id, rule.title, rule.enforcement, rule.severity, rule.environments, rule.source, rule.reference,
            each.found, each.waived,
        )  # fmt: skip


def _held(
    findings: Iterable[Finding], kind: str, outcome: Outcome, since: Mapping[tuple[str, str, str], datetime]
) -> Iterable[HeldRelease]:
    for each in findings:
        yield HeldRelease(
            each.environment, each.model, outcome.owners.get(each.model, ""), each.rule, each.message, each.mend,
            since.get((kind, each.environment, each.model)),
        )  # fmt: skip


def _waiver(waiver: Waiver, whole: Iterable[Finding], today: date) -> WaiverShown:
    spec = waiver.spec
    wrong = next((each for each in whole if each.path == waiver.path and each.blocks), None)
    return WaiverShown(
        path=waiver.path,
        rule=spec.rule,
        models=spec.scope.models,
        environments=spec.scope.environments,
        paths=spec.scope.paths,
        reason=spec.reason,
        expires=spec.expires,
        days_left=(spec.expires - today).days,
        approved_by=spec.approved_by,
        requested_by=spec.requested_by,
        state=_state(spec.expires, wrong, today),
        why=wrong.message if wrong else "",
        mend=wrong.mend if wrong else "",
    )


def _state(expires: date, wrong: Finding | None, today: date) -> WaiverState:
    if expires <= today:
        return WaiverState.EXPIRED
    if wrong is not None:
        return WaiverState.UNPROVEN if wrong.rule == "waiver/unproven" else WaiverState.REFUSED
    return WaiverState.ENDS_SOON if expires <= today + WARNED else WaiverState.HOLDS
