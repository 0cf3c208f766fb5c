"""Budgets in the loop: what reached a threshold is an incident, and what a budget holds does not go live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from fairlead.declare.reader import MODEL_FILE, MODELS, Declared
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.plan import Key
from fairlead.flows.budgets import budget_findings, budget_holds, budget_report, declared_budgets
from fairlead.flows.incidents import close_incident, incidents, open_incident
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError

__all__ = ["BUDGET", "BudgetWatch", "held_releases"]

BUDGET = "budget"
"""Kind of the incidents; whose budget it is stands behind it."""

_EVERY = timedelta(minutes=5)
"""Asking costs CPU that is charged to everybody, and a budget of a month does not move by the minute."""


def held_releases(world: World, declared: Declared, keys: Iterable[Key]) -> Mapping[Key, tuple[Finding, ...]]:
    """Findings by (environment, model) of releases that a budget's `hold` keeps from going live.

    Where a budget says `hold` and nobody can tell what was spent, that is a fault, and holds as well.
    """
    wanted = list(keys)
    if not any(each.action == "hold" for _, _, budget in declared_budgets(declared) for each in budget.thresholds):
        return {}
    try:
        return budget_holds(budget_report(world, declared), declared, wanted)
    except (FairleadError, OSError) as error:
        mend = "see that the ledger can be read: `fairlead budget`"
        message = f"whether a budget holds it cannot be told: {error}"
        places = {key: f"{MODELS}/{key[1]}/{MODEL_FILE}" for key in wanted}
        return {
            key: (Finding(path, 1, 1, "budget/unread", message, mend, Severity.FAULT, key[1]),)
            for key, path in places.items()
        }


class BudgetWatch:
    """Looks at the budgets every few minutes, and keeps one incident for each that has reached a threshold."""

    def __init__(self, world: World) -> None:
        """Nothing is asked before the first look."""
        self._world = world
        self._last: datetime | None = None

    def look(self, declared: Declared) -> None:
        """Open and close incidents, where it is time."""
        now = self._world.clock.now()
        if self._last is not None and now - self._last < _EVERY:
            return
        self._last = now
        known = {each.kind: each for each in incidents(self._world) if each.kind.startswith(f"{BUDGET}-")}
        told: set[str] = set()
        for kind, each in self._found(declared):
            told.add(kind)
            if kind not in known:
                open_incident(
                    self._world, kind, each.message, each.mend, environment=each.environment, model=each.model
                )
        for kind, incident in known.items():
            if kind not in told:
                close_incident(self._world, kind, environment=incident.environment, model=incident.model)

    def _found(self, declared: Declared) -> list[tuple[str, Finding]]:
        try:
            report = budget_report(self._world, declared)
        except (FairleadError, OSError) as error:
            mend = "see that the ledger can be read: `fairlead budget`"
            return [(f"{BUDGET}-unread", Finding("", 0, 0, "budget/unread", str(error), mend))]
        names = [f"{BUDGET}-{each.holder.value}-{each.name}" for each in report.budgets if each.action is not None]
        return list(zip(names, budget_findings(report), strict=True))
