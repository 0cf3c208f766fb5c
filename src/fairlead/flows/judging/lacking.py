"""What a release lacks before its people have agreed, as findings: approvals, code owners, signed commits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fairlead.check.approvals import Standing, approval_finding, uncovered_paths, unknown_owners
from fairlead.check.protection import GateRules
from fairlead.declare.code_owners import CodeOwners, read_code_owners
from fairlead.declare.reader import MODEL_FILE
from fairlead.domain.finding import Finding
from fairlead.flows.judging.facts import Candidate

__all__ = ["NOBODY", "code_owner_findings", "lacking", "uncovered", "unowned_findings", "unsigned"]

NOBODY = Standing((), (), 0)
"""Nobody has agreed."""

_SHOWN = 5


def uncovered(changed: Iterable[str], rules: GateRules, standing: Standing) -> tuple[str, ...]:
    """The changed paths, from the repository's root, whose owners by the CODEOWNERS that stands have not agreed."""
    agreed = [each.approver for each in standing.given]
    return tuple(each.path for each in uncovered_paths(changed, _owners(rules).rules, agreed, _handles(rules)))


def code_owner_findings(rules: GateRules) -> tuple[Finding, ...]:
    """What is wrong with the CODEOWNERS that stands: lines that mean nothing, and owners who can never agree."""
    read = _owners(rules)
    path = rules.policies.approvals.code_owners
    return (*read.findings, *unknown_owners(read.rules, path, rules.approvers, _handles(rules)))


def lacking(candidate: Candidate, standing: Standing, paths: tuple[str, ...]) -> Iterator[Finding]:
    """Approvals that are missing, and paths that no owner agreed to."""
    release = candidate.release.name if candidate.release else candidate.model.name
    mend = f"an approver who had no hand in it runs: fairlead approve {release}"
    found = approval_finding(standing, release, _place(candidate), mend)
    if found is not None:
        yield _of(candidate, found)
    if paths:
        message = f"no code owner agreed to the change of {_some(paths)}"
        mend = f"a code owner who had no hand in it runs: fairlead approve {release}"
        yield _of(candidate, Finding(*_place(candidate), "approval/code-owner", message, mend))


def unowned_findings(paths: Iterable[str], commit: str, *, signed: bool) -> Iterator[Finding]:
    """Changed paths of no release that no code owner agreed to; `signed`: only what is signed can be agreed to."""
    more = ", whose commits must be signed as well" if signed else ""
    for path in paths:
        message = f"no code owner agreed to the change of {path}"
        mend = f"a code owner who had no hand in it{more} runs: fairlead approve commit:{commit[:12]}"
        yield Finding(path, 0, 0, "approval/code-owner", message, mend)


def unsigned(candidate: Candidate, commits: tuple[str, ...]) -> Iterator[Finding]:
    """Commits of the change whose author nobody has proven, where the rules demand it."""
    if commits:
        message = f"who wrote {_some(tuple(each[:12] for each in commits))} is claimed, not proven"
        mend = "sign each commit with a key of the allowed signers: git rebase --exec 'git commit --amend -S --no-edit'"
        yield _of(candidate, Finding(*_place(candidate), "approval/unsigned-change", message, mend))


def _owners(rules: GateRules) -> CodeOwners:
    path = rules.policies.approvals.code_owners
    return read_code_owners(rules.code_owners, path) if path else CodeOwners()


def _handles(rules: GateRules) -> dict[str, str]:
    """E-mail addresses by name on GitHub."""
    return {member.github: mail for mail, member in rules.members.items() if member.github}


def _place(candidate: Candidate) -> tuple[str, int, int]:
    return f"{candidate.model.path}/{MODEL_FILE}", 1, 1


def _of(candidate: Candidate, found: Finding) -> Finding:
    return replace(found, model=candidate.model.name, environment=candidate.environment.name)


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
