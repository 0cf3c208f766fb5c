"""What one record of the journal says to people: its kind, how urgent it is, and in which words. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from fairlead.domain.finding import Verdict
from fairlead.domain.journal import Record
from fairlead.domain.notification import Notice, NoticeKind, Urgency
from fairlead.domain.release import SHORT

__all__ = ["NOT_TOLD", "URGENCY", "notice_of"]

NOT_TOLD = "notification-failed"
"""Kind of the incident that says that somebody cannot be told. It is told to nobody: it would go round for ever."""

URGENCY: Mapping[str, Urgency] = {
    "gateway-down": "critical",
    "unhealthy": "critical",
    "in-violation": "critical",
    "log-lost": "critical",
    "git-not-live": "warning",
    "repository-unreachable": "warning",
    "github-unreachable": "warning",
    "suspended": "info",
    "waiver-ends-soon": "info",
}
"""How urgent an incident is, by its kind; those that do not stand here are warnings."""

_WAITING = frozenset({"waiting-for-sync", "removal-unconfirmed"})
"""Kinds of incidents that wait for nothing but a person's word."""

_REVERTS: Mapping[str, tuple[Urgency, str, str]] = {
    "revert.pushed": ("warning", "{release} was reverted in Git", ""),
    "revert.proposed": ("warning", "a revert of {release} waits to be merged", "merge it"),
    "revert.failed": ("critical", "{release} could not be reverted in Git", "revert the commit by hand"),
}
"""What became of a revert; that it is on its way (`revert.committed`) is nobody's business."""

_BLOCKING = re.compile(r" (?:error|fault|insufficient) (\S+): (.*)", re.DOTALL)
_OF_PEOPLE = ("approval/", "peer-review/")
_TITLE, _MESSAGE, _MEND = 200, 2_000, 500


def notice_of(record: Record, owner: Callable[[str], str]) -> Notice | None:
    """What is told of a record, or None; `owner` answers who answers for a model ('' where nobody is known)."""
    kind = record.draft.kind
    if kind == "release.checked":
        return _checked(record, owner)
    if kind in {"incident.opened", "incident.closed"}:
        return _incident(record, owner, opened=kind == "incident.opened")
    if kind == "rollout.aborted":
        title = f"the rollout of {_release(record)} was aborted{_where(record)}"
        return _notice(record, owner, "rolled-back", "critical", title)
    if kind in _REVERTS:
        urgency, title, mend = _REVERTS[kind]
        told = (str(record.draft.body.get(each, "")) for each in ("message", "explanation", "pullRequest", "branch"))
        message = "\n".join(each for each in told if each)
        return _notice(
            record,
            owner,
            "rolled-back",
            urgency,
            f"{title.format(release=_release(record))}{_where(record)}",
            message,
            mend,
        )
    if kind in {"rollout.completed", "deployment.live"}:
        return _notice(record, owner, "promoted", "info", f"{_release(record)} is live{_where(record)}")
    return None


def _checked(record: Record, owner: Callable[[str], str]) -> Notice | None:
    """A verdict that keeps a release out. Where only people's agreement is missing, that is what is told."""
    body = record.draft.body
    if body.get("verdict") == Verdict.PASS:
        return None
    blocking = [found for each in body.get("findings", ()) if (found := _BLOCKING.search(str(each)))]
    told = "\n".join(str(each) for each in body.get("findings", ()))
    if blocking and all(found[1].startswith(_OF_PEOPLE) for found in blocking):
        title = f"{_release(record)} waits for approval{_where(record)}"
        mend = f"fairlead approve {record.draft.model}"
        return _notice(record, owner, "pending-approval", "info", title, told, mend)
    title = f"{_release(record)} is refused{_where(record)}: {body.get('verdict', '')}"
    return _notice(record, owner, "refused", "warning", title, told, "fairlead check")


def _incident(record: Record, owner: Callable[[str], str], *, opened: bool) -> Notice | None:
    sort = str(record.draft.body.get("kind", ""))
    if sort == NOT_TOLD:
        return None
    urgency: Urgency = "info" if sort in _WAITING else URGENCY.get(sort, "warning")
    about = record.draft.model or "the workspace"
    title = f"{sort}: {about}{_where(record)}" if opened else f"over: {sort}: {about}{_where(record)}"
    if not opened:
        return _notice(record, owner, "incident-closed", urgency, title)
    kind: NoticeKind = "incident-opened"
    if sort in _WAITING:
        kind = "pending-approval"
    elif sort == "git-not-live":
        kind = "refused"
    return _notice(record, owner, kind, urgency, title)


def _notice(
    record: Record,
    owner: Callable[[str], str],
    kind: NoticeKind,
    urgency: Urgency,
    title: str,
    message: str = "",
    mend: str = "",
) -> Notice:
    draft = record.draft
    return Notice(
        sequence=record.sequence,
        record=record.digest,
        at=record.at,
        kind=kind,
        urgency=urgency,
        environment=draft.environment,
        model=draft.model,
        owner=owner(draft.model) if draft.model else "",
        release=_release(record) if draft.model else "",
        commit=draft.commit,
        title=_cut(title, _TITLE),
        message=_cut(message or str(draft.body.get("message", "")), _MESSAGE),
        mend=_cut(mend or str(draft.body.get("mend", "")), _MEND),
    )


def _release(record: Record) -> str:
    """What people call the release: its name where the record says it, else the model at the commit."""
    draft = record.draft
    named = str(draft.body.get("name") or draft.body.get("bad") or "")
    return named or (f"{draft.model}@{draft.commit[:SHORT]}" if draft.commit else draft.model)


def _where(record: Record) -> str:
    return f" in {record.draft.environment}" if record.draft.environment else ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
