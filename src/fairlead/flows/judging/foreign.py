"""Somebody else's repository: what runs from its manifests, with which pins, at what price, and what the packs find."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from fairlead.declare.manifests.reader import read_manifests
from fairlead.declare.manifests.usage import DeclaredUsage
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.gate import PackSetting
from fairlead.domain.infrastructure import Infrastructure, Manifests
from fairlead.domain.report import CheckReport, Rules, report_of
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.git_local import Changed
from fairlead.drivers.kustomize import kustomizer
from fairlead.flows.judging.ground import Ground
from fairlead.flows.judging.infrastructure import Prices, gather
from fairlead.flows.judging.judge import Judge, policy_data
from fairlead.flows.judging.rulebook import foreign_rulebook
from fairlead.plan.list_prices import list_price_book
from fairlead.ports import Clock, ListPrices, Progress

__all__ = ["PACKS", "check_foreign"]

PACKS = {"baseline": PackSetting()}
"""What a repository that chose nothing is judged by."""


def check_foreign(
    on: Ground,
    plans: Sequence[Infrastructure],
    usage: DeclaredUsage,
    policies: Sequence[Path],
    prices: ListPrices,
    clock: Clock,
    progress: Progress,
) -> CheckReport:
    """Check manifests and plans by the baseline, or by `policies` beside it. `prices` are what clouds publish."""
    kustomize = kustomizer(Path(on.tree.label)) if isinstance(on.tree, FolderTree) else None
    read = read_manifests(on.tree, kustomize=kustomize, progress=progress)
    around = gather(
        read.documents, plans, Prices(list_price_book(prices), prices, clock.now().date()), usage.assumptions
    )
    book = foreign_rulebook(PACKS, {str(path): FolderTree(path) for path in policies})
    with closing(Judge()) as judge:
        judged = [*judge.judge(book, around.subjects, policy_data(book, clock.now(), {}, None), progress)]
    findings = [*read.findings, *around.findings, *usage.findings, *book.findings, *judged]
    if not around.subjects:
        findings.append(_nothing())
    if on.compared and on.changed is not None:
        findings = _of_the_change(findings, on.changed, read, plans)
    rules = Rules(packs=book.packs, digest=book.digest, judged=len({each.rule.id for each in book.policies}))
    base = on.base[:12] if on.compared else ""
    return report_of(on.tree.label, findings, 0, base=base, rules=rules, costs=around.costs, running=around.running)


def _of_the_change(
    findings: Sequence[Finding], changed: Changed, read: Manifests, plans: Sequence[Infrastructure]
) -> list[Finding]:
    """Without what is found in manifests that the change leaves alone.

    What was named on the command line, and what is wrong with the rules themselves, is told whatever has changed.
    """
    named = {each.path for plan in plans for each in plan.findings}
    named |= {each.path for plan in plans for each in plan.manifests}
    named |= {each.path for plan in plans for each in plan.resources}
    alone = {each.path for each in read.documents} | {each.path for each in read.findings}
    alone -= named.union(changed.paths)
    return [each for each in findings if each.path not in alone]


def _nothing() -> Finding:
    message = "there is no fairlead.yaml here, and no Kubernetes manifest"
    mend = "name the folder that holds them, give a plan with --iac, or run `fairlead init`"
    return Finding("", 0, 0, "foreign/nothing-found", message, mend, Severity.INSUFFICIENT)
