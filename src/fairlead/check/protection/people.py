"""Whose word counts, and how many must agree: approvals, signers, code owners, principals, policy owners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead.check.protection.rules import GateRules
from fairlead.check.protection.weakening import Weakening

__all__ = ["people"]

_FILE = "fairlead.yaml"
_BLANKS = re.compile(r"[ \t]+")


def people(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    """What became easier to agree to, and who was given a say.

    Where no policy owner is named, nobody could agree to the first people: naming them weakens nothing.
    """
    yield from _approvals(before, after)
    yield from _code_owners(before, after)
    if not before.owners:
        return
    yield from _signers(before, after)
    yield from _members(before, after)
    for mail in sorted(after.owners - before.owners):
        yield Weakening(_FILE, "protection/owner", f"{mail} becomes a policy owner")


def _approvals(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    old, new = before.policies.approvals, after.policies.approvals
    if new.required < old.required:
        message = f"{new.required} approvals are required instead of {old.required}"
        yield Weakening(_FILE, "protection/approvals", message)
    for name, required in before.required.items():
        if name in after.environments and after.required.get(name, 0) < required:
            message = f"`{name}` requires {after.required.get(name, 0)} approvals instead of {required}"
            yield Weakening(_FILE, "protection/approvals", message)
    if new.expires > old.expires:
        yield Weakening(_FILE, "protection/approvals", "approvals live longer")
    if new.vouched and not old.vouched:
        yield Weakening(_FILE, "protection/approvals", "approvals count that somebody else vouches for")
    if old.signed_changes and not new.signed_changes:
        yield Weakening(_FILE, "protection/approvals", "commits of a change need no signature any more")
    if new.github and (new.github, new.github_api) != (old.github, old.github_api):
        yield Weakening(_FILE, "protection/approvals", "reviews of another repository or another GitHub count")


def _signers(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    rules = after.policies.approvals
    known = {*_lines(before.signers)}
    for line in _lines(after.signers):
        if line not in known:
            message = f"another key or option is believed: `{line.split()[0][:80]}`"
            yield Weakening(rules.signers, "protection/signers", message)
    if after.keyring.strip() and after.keyring != before.keyring:
        yield Weakening(rules.keyring, "protection/signers", "other GPG keys are believed")


def _code_owners(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    old, new = before.policies.approvals.code_owners, after.policies.approvals.code_owners
    if not old:
        return
    if not new:
        yield Weakening(_FILE, "protection/code-owners", "code owners are no longer asked")
    elif _lines(before.code_owners) != _lines(after.code_owners):
        message = "a path has another owner: the last line that fits a path decides"
        yield Weakening(new, "protection/code-owners", message)


def _members(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    for mail, member in sorted(after.members.items()):
        old = before.members.get(mail)
        if member.approver and not (old and old.approver):
            yield Weakening(_FILE, "protection/approver", f"{mail} becomes an approver")
        elif member.approver and member.github and old and member.github != old.github:
            yield Weakening(_FILE, "protection/approver", f"{mail} is somebody else on GitHub")


def _lines(text: str) -> list[str]:
    """What a file of lines says to the programs that read it: without comments and empty lines, blanks as one."""
    lines = (_BLANKS.sub(" ", line).strip(" ") for line in text.replace("\r\n", "\n").split("\n"))
    return [line for line in lines if line and not line.startswith("#")]
