"""`fairlead check --running`: what runs, judged by the rules that stand now; since when each violation is known."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from fairlead.domain.finding import Finding
from fairlead.domain.report import CheckReport, report_of
from fairlead.flows.converging.follow import Followed
from fairlead.flows.converging.ruling import Ruling
from fairlead.flows.converging.violations import VIOLATION
from fairlead.flows.judging.ledger import ledger_facts
from fairlead.flows.world import World
from fairlead.kernel.windows import iso

__all__ = ["check_running"]


def check_running(world: World) -> CheckReport:
    """Judge every running release again. A violation stops nothing: it has an owner, and a moment since when."""
    world.repository.fetch()
    head = world.repository.head()
    declared = world.reader.read(world.repository.tree(head.id))
    live = world.state.deployments(live=True)
    with closing(Ruling(world)) as ruling:
        ruled = ruling.rule(Followed(head, declared), {}, live, ledger_facts(world, declared))
    since = {
        (each.environment, each.model): iso(each.opened)
        for each in world.state.incidents(open_only=True)
        if each.kind == VIOLATION
    }
    owners = {name: model.spec.owner for name, model in declared.models.items() if model.spec}
    found = [
        _told(each, since.get(key, ""), owners.get(key[1], ""))
        for key, findings in ruled.running.items()
        for each in findings
    ]
    models = len({each.model for each in live})
    return report_of(f"what runs by {head.id[:12]}", [*ruled.whole, *found], models, rules=ruled.rules)


def _told(finding: Finding, since: str, owner: str) -> Finding:
    if not finding.blocks:
        return finding
    known = f"in violation since {since}" if since else "in violation, as of now"
    return replace(finding, message=f"{finding.message} ({known}; owner {owner or 'unknown'})")
