"""`fairlead budget`: where every budget of the month stands, and which releases it keeps from going live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.declare.reader import MODEL_FILE, MODELS, WORKSPACE_FILE, Declared
from fairlead.domain.budget import Budget
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.plan import Key
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.flows.budget_spending import spending, team_of
from fairlead.flows.world import World
from fairlead.kernel.money import plain
from fairlead.meter.budget import BudgetStanding, Holder, State, month_of, standing

__all__ = [
    "BudgetReport",
    "budget_facts",
    "budget_findings",
    "budget_holds",
    "budget_report",
    "budgets_now",
    "declared_budgets",
]

_THRESHOLD, _HOLD, _UNKNOWN = "budget/threshold", "budget/hold", "budget/unknown"


@dataclass(frozen=True, slots=True)
class BudgetReport:
    """The budgets of a calendar month (`2026-11`, UTC) as they stand now."""

    month: str
    currency: str
    budgets: tuple[BudgetStanding, ...]

    @property
    def over(self) -> bool:
        """Whether one is used up and more."""
        return any(each.state is State.OVER for each in self.budgets)


def budgets_now(world: World) -> BudgetReport:
    """The budgets that are declared at the followed branch's newest commit."""
    head = world.repository.head()
    return budget_report(world, world.reader.read(world.repository.tree(head.id)))


def budget_report(world: World, declared: Declared) -> BudgetReport:
    """Where each declared budget stands; nothing is asked where none is declared."""
    month = month_of(world.clock.now())
    workspace = declared.workspace
    wanted = list(declared_budgets(declared)) if workspace is not None else []
    book = workspace.price_book if workspace is not None else None
    currency = book.currency if book is not None else ""
    if not wanted or workspace is None:
        return BudgetReport(f"{month.start:%Y-%m}", currency, ())
    spent = spending(world, workspace, month, currency)
    promised = book.commitments if book is not None else ()
    found = (
        standing(
            holder,
            name,
            currency,
            budget,
            spent.get((holder, name)),
            [each for each in promised if getattr(each, holder.value) == name],
            month,
        )
        for holder, name, budget in wanted
    )
    return BudgetReport(f"{month.start:%Y-%m}", currency, tuple(found))


def declared_budgets(declared: Declared) -> Iterator[tuple[Holder, str, Budget]]:
    """Every budget of a workspace, with whose it is."""
    workspace = declared.workspace
    for name, model in sorted(declared.models.items()):
        if model.spec is not None and model.spec.budget is not None:
            yield Holder.MODEL, name, model.spec.budget
    if workspace is None:
        return
    for holder, those in (
        (Holder.ENVIRONMENT, workspace.environments),
        (Holder.TEAM, workspace.teams),
        (Holder.CUSTOMER, workspace.customers),
    ):
        for each in those:
            if each.budget is not None:
                yield holder, each.name, each.budget


def budget_findings(report: BudgetReport) -> Iterator[Finding]:
    """A warning for each budget that has reached a threshold, whatever else follows from it."""
    for each in report.budgets:
        if each.action is not None:
            path = f"{MODELS}/{each.name}/{MODEL_FILE}" if each.holder is Holder.MODEL else WORKSPACE_FILE
            model = each.name if each.holder is Holder.MODEL else ""
            place = each.name if each.holder is Holder.ENVIRONMENT else ""
            yield Finding(path, 0, 0, _THRESHOLD, _told(each), _MEND, Severity.WARNING, model, place)


_MEND = "lower what runs, or have the budget raised by those who pay; `fairlead budget` shows all"


def _told(each: BudgetStanding) -> str:
    share = f" ({plain(each.used_percent)} %)" if each.used_percent is not None else ""
    used = _amount(each)
    promised = f" and committed {plain(each.committed)}" if each.committed else ""
    return (
        f"of the budget of {each.holder} {each.name}, {plain(each.budget)} {each.currency}, "
        f"{used} is spent{promised}{share}"
    )


def _amount(each: BudgetStanding) -> str:
    """What is spent; where some of it is not known, what is known at least."""
    if each.spent is not None:
        return plain(each.spent)
    return f"at least {plain(each.least)}" if each.least else "an unknown amount"


def budget_holds(report: BudgetReport, declared: Declared, keys: Iterable[Key]) -> dict[Key, tuple[Finding, ...]]:
    """What keeps new releases of (environment, model) from going live: budgets whose threshold says `hold`.

    One that is not reached, as far as is known, holds as well where something was spent and nobody can tell how much.
    """
    workspace = declared.workspace
    holding = [each for each in report.budgets if each.action == "hold" or (each.strongest == "hold" and each.unknown)]
    found: dict[Key, tuple[Finding, ...]] = {}
    for key in keys if workspace is not None else ():
        of_key = [each for each in holding if workspace is not None and _concerns(each, key, workspace)]
        if of_key:
            found[key] = tuple(_held(each, key) for each in of_key)
    return found


def _held(each: BudgetStanding, key: Key) -> Finding:
    path = f"{MODELS}/{key[1]}/{MODEL_FILE}"
    if each.action == "hold":
        return Finding(path, 1, 1, _HOLD, f"held: {_told(each)}", _MEND, Severity.ERROR, key[1], key[0])
    message = f"whether a budget holds it cannot be told: {_told(each)}, and {each.unknown}"
    mend = "give what has no price one, and every charge the budget's currency; `fairlead budget` shows all"
    return Finding(path, 1, 1, _UNKNOWN, message, mend, Severity.FAULT, key[1], key[0])


def _concerns(each: BudgetStanding, key: Key, workspace: WorkspaceSpec) -> bool:
    """Whether a release of a model in an environment spends of this budget. A customer's is spent by all."""
    if each.holder is Holder.TEAM:
        return each.name == team_of(key[1], workspace)
    return (each.holder, each.name) in {(Holder.ENVIRONMENT, key[0]), (Holder.MODEL, key[1])}


def budget_facts(report: BudgetReport, declared: Declared) -> dict[str, Any]:
    """As rules ask: by holder and name, and which team a model belongs to. Amounts are plain decimals, or null."""
    facts: dict[str, Any] = {f"{holder.value}s": {} for holder in Holder}
    for each in report.budgets:
        amounts = {
            "budget": each.budget,
            "spent": each.spent,
            "least": each.least,
            "committed": each.committed,
            "landing": each.landing,
        }
        facts[f"{each.holder.value}s"][each.name] = {
            **{name: None if amount is None else plain(amount) for name, amount in amounts.items()},
            "state": each.state.value,
            "action": each.action,
            "reason": each.reason,
            "strongest": each.strongest,
            "unknown": each.unknown,
        }
    workspace = declared.workspace
    teams: Mapping[str, str] = {name: team_of(name, workspace) for name in declared.models} if workspace else {}
    return {**facts, "teamOf": {model: team for model, team in teams.items() if team}}
