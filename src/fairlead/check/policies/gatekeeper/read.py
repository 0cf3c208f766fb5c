"""Templates and constraints of a source, joined by kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairlead.check.policies.gatekeeper.constraint import constraint_findings, constraint_policy, is_constraint
from fairlead.check.policies.gatekeeper.template import TemplateRead, is_template, read_template
from fairlead.check.policies.read import Policies
from fairlead.check.policies.yaml_documents import Document
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.gate import PolicySource

__all__ = ["gatekeeper_policies"]


def gatekeeper_policies(documents: Iterable[tuple[str, Document]], source: PolicySource) -> Policies:
    """A policy for each constraint whose template is there; the others as findings."""
    held = list(documents)
    reads: dict[str, TemplateRead] = {}
    findings: list[Finding] = []
    for path, document in held:
        if is_template(document):
            read = read_template(document, path)
            findings += read.findings
            if reads.setdefault(read.kind, read) is not read and not read.findings:
                message = f"a template of kind {read.kind} is there already"
                mend = "keep one of them"
                findings.append(Finding(path, document.line, 1, "policy/broken-template", message, mend))
    constraints = [(path, each) for path, each in held if is_constraint(each)]
    found = [_judged(path, each, reads, source) for path, each in constraints]
    idle = _idle(reads, {str(each.value.get("kind")) for _, each in constraints})
    return Policies(
        tuple(policy for part in found for policy in part.policies),
        (*findings, *(finding for part in found for finding in part.findings), *idle),
    )


def _judged(path: str, document: Document, reads: dict[str, TemplateRead], source: PolicySource) -> Policies:
    kind = str(document.value.get("kind"))
    read = reads.get(kind)
    if read is None:
        known = ", ".join(sorted(reads)) or "none"
        message = f"no template makes the kind {kind}"
        mend = f"bring its ConstraintTemplate; there are templates for: {known}"
        found = Finding(path, document.line, 1, "policy/broken-constraint", message, mend)
        return Policies(findings=(found,))
    if read.template is None:
        return Policies()
    problems = constraint_findings(document, path, read.template)
    if problems:
        return Policies(findings=problems)
    return Policies((constraint_policy(document, path, read.template, source),))


def _idle(reads: dict[str, TemplateRead], used: Sequence[str] | set[str]) -> list[Finding]:
    templates = [read.template for read in reads.values() if read.template and read.kind not in used]
    mend = "write a constraint of this kind, or remove the template"
    message = "no constraint uses this template, so nothing is judged by it"
    return [
        Finding(each.rule.path, each.rule.line, 1, "policy/idle-template", message, mend, Severity.INFO)
        for each in templates
    ]
