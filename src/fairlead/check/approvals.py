"""Who has agreed to something, as far as it counts: distinct people, none of whom had a hand in it, in time. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.approval import Approval
from fairlead.domain.code_owners import OwnerRule, owners_of
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.gate import ApprovalRules

__all__ = [
    "Refused",
    "Standing",
    "Uncovered",
    "approval_finding",
    "reviews_as_approvals",
    "standing_approvals",
    "uncovered_paths",
    "unknown_owners",
]


@dataclass(frozen=True, slots=True)
class Refused:
    """An approval that is proven and does not count, and why: `author`, `no approver`, `expired`, `stale`, ..."""

    approval: Approval
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`given` are approvals that count, one for each person; `missing` is how many more are needed."""

    given: tuple[Approval, ...]
    refused: tuple[Refused, ...]
    missing: int

    @property
    def stale(self) -> tuple[Approval, ...]:
        """Approvals that counted once: too old now, or older than the last change."""
        return tuple(each.approval for each in self.refused if each.why in {"expired", "stale"})


def standing_approvals(
    approvals: Iterable[Approval],
    *,
    authors: Collection[str],
    approvers: Collection[str],
    rules: ApprovalRules,
    now: datetime,
    environment: str = "",
    changed_after: datetime | None = None,
) -> Standing:
    """What counts of proven `approvals` of one subject.

    `authors` had a hand in it, `approvers` have the role (both e-mail addresses). `environment`: where it is to run;
    an approval for another one does not count. `changed_after`: the moment of the last change, where the subject is
    not bound to its content. One key is one person, and one person counts once.
    """
    mine, known = _folded(authors), _folded(approvers)
    given: dict[str, Approval] = {}
    keys: dict[str, str] = {}
    refused: list[Refused] = []
    # Their own signatures go first, so that nobody is vouched for who signed as well; then the newest.
    ordered = sorted(approvals, key=lambda each: (bool(each.vouched_by), -each.when.timestamp(), each.source))
    for each in ordered:
        person = each.approver.strip().casefold()
        why = _refusal(each, mine, known, rules, now) or _misplaced(each, environment, changed_after)
        if not why and not each.vouched_by and each.key and keys.setdefault(each.key, person) != person:
            why = "the same key as another approver's"
        if why:
            refused.append(Refused(each, why))
        else:
            given.setdefault(person, each)
    return Standing(tuple(given.values()), tuple(refused), max(0, rules.required - len(given)))


def approval_finding(standing: Standing, subject: str, place: tuple[str, int, int], mend: str) -> Finding | None:
    """What is missing, as a finding at `place`, or None. `subject` is what people call it."""
    if not standing.missing:
        return None
    have = ", ".join(each.approver for each in standing.given)
    refused = "; ".join(f"{each.approval.approver}: {each.why}" for each in standing.refused[:5])
    count = "1 approval is" if standing.missing == 1 else f"{standing.missing} approvals are"
    message = f"{count} missing of {subject}" + (f", beside that of {have}" if have else "")
    message += f" (not counted: {refused})" if refused else ""
    return Finding(*place, "approval/missing", message, mend, Severity.ERROR)


def reviews_as_approvals(
    reviews: Iterable[Approval], handles: Mapping[str, str], head: Collection[str], subject: str
) -> Iterator[Approval]:
    """Reviews, in which a GitHub name stands for the approver and a commit for the subject, as approvals of `subject`.

    `handles` maps GitHub names in lower case to e-mail addresses; `head` are commits at which the subject stands as it
    is meant: a review of another commit is stale.
    """
    for each in reviews:
        mail = handles.get(each.approver.casefold())
        if mail and each.subject.removeprefix("commit:") in head:
            yield Approval(mail, subject, each.proof, each.when, each.source)


def _refusal(
    each: Approval, authors: Collection[str], approvers: Collection[str], rules: ApprovalRules, now: datetime
) -> str:
    person = each.approver.strip().casefold()
    ends = each.when + rules.expires if each.expires is None else min(each.when + rules.expires, each.expires)
    if person in authors:
        return "had a hand in it"
    if person not in approvers:
        return "is no approver"
    if each.vouched_by and not rules.vouched:
        return "somebody else's word does not count here"
    if each.vouched_by and each.vouched_by.strip().casefold() not in approvers:
        return "vouched for by somebody who is no approver"
    return "expired" if ends <= now else ""


def _misplaced(each: Approval, environment: str, changed_after: datetime | None) -> str:
    if each.environment and each.environment != environment:
        return f"for {each.environment} only"
    return "stale" if changed_after is not None and each.when < changed_after else ""


def _folded(mails: Collection[str]) -> frozenset[str]:
    return frozenset(each.strip().casefold() for each in mails)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A changed path that none of its owners agreed to; without owners, a line of CODEOWNERS takes it from all."""

    path: str
    owners: tuple[str, ...]
    line: int


def uncovered_paths(
    changed: Iterable[str], rules: Sequence[OwnerRule], approved: Collection[str], handles: Mapping[str, str]
) -> tuple[Uncovered, ...]:
    """The changed paths (from the repository's root) whose owners have not agreed. A path that no line fits needs none.

    `approved` are the e-mail addresses of those whose approval counts, `handles` addresses by GitHub name in lower
    case. A team's name stands for nobody here: its members have to be named.
    """
    agreed = _folded(approved)
    found = ((path, owners_of(path, rules)) for path in changed)
    return tuple(
        Uncovered(path, rule.owners, rule.line)
        for path, rule in found
        if rule is not None and rule.owners and not agreed & {_mail(each, handles) for each in rule.owners}
    )


def unknown_owners(
    rules: Iterable[OwnerRule], path: str, members: Collection[str], handles: Mapping[str, str]
) -> Iterator[Finding]:
    """Owners who can never agree: behind the name is nobody of `members`, the addresses of all approvers."""
    known = _folded(members)
    for rule in rules:
        for owner in rule.owners:
            if _mail(owner, handles) not in known:
                message = f"`{owner}` is no principal with the role approver, so they can agree to nothing"
                mend = "add them under `principals` in fairlead.yaml (`email`, and `github` for an @name)"
                yield Finding(path, rule.line, 1, "code-owners/unknown-owner", message, mend, Severity.WARNING)


def _mail(owner: str, handles: Mapping[str, str]) -> str:
    name = owner.removeprefix("@").casefold()
    return handles.get(name, "").casefold() if owner.startswith("@") else name
