"""`fairlead sbom`: the bill of materials of a model as it is declared, locked and measured now."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fairlead import __version__
from fairlead.check.bill_of_materials import Material, bill_of_materials
from fairlead.declare.evidence import read_evidence
from fairlead.declare.reader import Reader
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.release import release_digest
from fairlead.flows.judging.supply_chain import dependencies_of
from fairlead.flows.lock import chosen
from fairlead.ports import Tree

__all__ = ["BillResult", "sbom"]


@dataclass(frozen=True, slots=True)
class BillResult:
    """The document's text, or None and the findings that say why there is none.

    With a document, findings say what it could not name: packages that are not pinned, evidence that is stale.
    """

    text: str | None
    findings: tuple[Finding, ...]


def sbom(tree: Tree, model: str) -> BillResult:
    """The bill of one model of `tree`. NotFoundError for an unknown name."""
    declared = chosen(Reader().read(tree), [model])[0]
    if declared.spec is None or declared.lock is None:
        return BillResult(None, declared.findings)
    dependencies, unread = dependencies_of(tree, declared)
    evidence, standing, doubts = read_evidence(tree, declared)
    material = Material(
        name=declared.name,
        release=release_digest(declared.spec, declared.lock),
        spec=declared.spec,
        lock=declared.lock,
        tool=__version__,
        dependencies=dependencies,
        evidence=evidence,
        standing=standing,
    )
    text = json.dumps(bill_of_materials(material), indent=2, ensure_ascii=False, allow_nan=False)
    missing = tuple(each for each in doubts if each.severity is Severity.INSUFFICIENT)
    return BillResult(f"{text}\n", (*unread, *missing))
