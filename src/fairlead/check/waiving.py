"""Waivers set findings aside: visibly, counted, until their day. Pure: who approved was proven before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from fairlead.domain.approval import Approval, Waiver, WaiverScope
from fairlead.domain.finding import Finding, Severity
from fairlead.kernel.path_patterns import path_fits

__all__ = ["WARNED", "Backing", "apply_waivers", "backing_findings", "covers", "expiry_findings", "subject_of"]

WARNED = timedelta(days=14)
"""How long before its end the owner is warned."""


@dataclass(frozen=True, slots=True)
class Backing:
    """What stands behind the waivers: proven approvals of each by path, who wrote each, and who has the role approver.

    E-mail addresses. `claimed` are commits by path whose author nobody has proven, where the rules demand it. An
    approval lives as long as the waiver that it is of: whoever gave it has read the day.
    """

    approvals: Mapping[str, Sequence[Approval]] = field(default_factory=dict)
    authors: Mapping[str, Collection[str]] = field(default_factory=dict)
    approvers: Collection[str] = ()
    claimed: Mapping[str, Sequence[str]] = field(default_factory=dict)


def subject_of(waiver: Waiver) -> str:
    """What is approved: this file, byte by byte."""
    return f"waiver:{waiver.digest}"


def apply_waivers(
    findings: Iterable[Finding], waivers: Sequence[Waiver], refused: Collection[str], today: date
) -> tuple[Finding, ...]:
    """The findings, those that a waiver covers marked with its path.

    `refused` are paths of waivers with a finding against them: they set nothing aside. Where a waiver has ended, the
    finding blocks again and says since when.
    """
    by_rule: dict[str, list[Waiver]] = {}
    for waiver in sorted(waivers, key=lambda each: (each.spec.expires, each.path), reverse=True):
        by_rule.setdefault(waiver.spec.rule, []).append(waiver)
    return tuple(_waived(each, by_rule.get(each.rule, ()), refused, today) for each in findings)


def backing_findings(waivers: Iterable[Waiver], backing: Backing, today: date) -> Iterator[Finding]:
    """Waivers that nobody who may has provably approved; an ended one is past asking."""
    approvers = {each.strip().casefold() for each in backing.approvers}
    for waiver in waivers:
        if waiver.spec.expires <= today:
            continue
        person = waiver.spec.approved_by.strip().casefold()
        authors = {each.strip().casefold() for each in backing.authors.get(waiver.path, ())}
        if person not in approvers:
            message = f"{waiver.spec.approved_by} does not have the role approver"
            yield _finding(waiver, "waiver/no-approver", message, "have an approver named in fairlead.yaml agree")
        elif person in authors:
            message = f"{waiver.spec.approved_by} wrote the waiver that they are said to approve"
            yield _finding(waiver, "waiver/own-approval", message, "have another approver agree")
        elif claimed := backing.claimed.get(waiver.path):
            message = f"who wrote {', '.join(each[:12] for each in claimed[:5])} is claimed, not proven"
            mend = "commit the waiver under a new name, with a signature by a key of the allowed signers"
            yield _finding(waiver, "waiver/unsigned-change", message, mend)
        elif not any(_proves(each, waiver, person) for each in backing.approvals.get(waiver.path, ())):
            message = f"that {waiver.spec.approved_by} agreed is not proven"
            mend = f"they run: fairlead approve waiver:{waiver.path}"
            yield _finding(waiver, "waiver/unproven", message, mend, Severity.INSUFFICIENT)


def expiry_findings(waivers: Iterable[Waiver], today: date) -> Iterator[Finding]:
    """Warnings of what ends soon, for the owner of the model that it is about."""
    for waiver in waivers:
        if today < waiver.spec.expires <= today + WARNED:
            days = (waiver.spec.expires - today).days
            message = f"the waiver of `{waiver.spec.rule}` ends in {days} days, on {waiver.spec.expires}"
            mend = "mend what the rule finds, or ask for the waiver again"
            found = _finding(waiver, "waiver/expires-soon", message, mend, Severity.WARNING)
            models = waiver.spec.scope.models
            yield replace(found, model=models[0]) if len(models) == 1 else found


def covers(scope: WaiverScope, finding: Finding) -> bool:
    """Whether every field of the scope that is given fits the finding."""
    fits_model = not scope.models or finding.model in scope.models
    fits_environment = not scope.environments or finding.environment in scope.environments
    return fits_model and fits_environment and (not scope.paths or any(path_fits(p, finding.path) for p in scope.paths))


def _waived(finding: Finding, waivers: Iterable[Waiver], refused: Collection[str], today: date) -> Finding:
    ended = None
    for waiver in waivers:
        if waiver.path in refused or not covers(waiver.spec.scope, finding):
            continue
        if waiver.spec.expires > today:
            return replace(finding, waiver=waiver.path)
        ended = ended or waiver
    if ended is None:
        return finding
    return replace(finding, message=f"{finding.message} (its waiver {ended.path} ended on {ended.spec.expires})")


def _proves(approval: Approval, waiver: Waiver, person: str) -> bool:
    ended = approval.expires is not None and approval.expires.date() < waiver.spec.expires
    of_it = approval.subject == subject_of(waiver) and approval.approver.strip().casefold() == person
    return of_it and not approval.vouched_by and not ended


def _finding(waiver: Waiver, rule: str, message: str, mend: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(waiver.path, 1, 1, rule, message, mend, severity)
