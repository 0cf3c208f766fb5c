"""Which records are told, as what, how urgently, and that nothing is told twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.notices.records import Journal


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("release.checked", {"verdict": "pass", "findings": []}, None),
        (
            "release.checked",
            {"verdict": "fail", "findings": ["model.yaml error policy/licence: none"]},
            ("refused", "warning"),
        ),
        (
            "release.checked",
            {"verdict": "fail", "findings": ["a.yaml:1:2 error approval/missing: 1 of 2", "b warning x/y: z"]},
            ("pending-approval", "info"),
        ),
        (
            "release.checked",
            {"verdict": "fail", "findings": ["a error approval/missing: 1", "b insufficient scan/unread: z"]},
            ("refused", "warning"),
        ),
        ("release.checked", {"verdict": "error", "findings": []}, ("refused", "warning")),
        ("incident.opened", {"kind": "unhealthy", "message": "m"}, ("incident-opened", "critical")),
        ("incident.opened", {"kind": "git-not-live", "message": "m"}, ("refused", "warning")),
        ("incident.opened", {"kind": "waiting-for-sync", "message": "m"}, ("pending-approval", "info")),
        ("incident.opened", {"kind": "something-new", "message": "m"}, ("incident-opened", "warning")),
        ("incident.opened", {"kind": "notification-failed", "message": "m"}, None),
        ("rollout.aborted", {"message": "m"}, ("rolled-back", "critical")),
        ("revert.pushed", {"message": "m"}, ("rolled-back", "warning")),
        ("revert.proposed", {}, ("rolled-back", "warning")),
        ("revert.committed", {}, None),
        ("revert.failed", {}, ("rolled-back", "critical")),
        ("rollout.completed", {}, ("promoted", "info")),
        ("deployment.live", {"name": "digits@aaaaaaaaaaaa"}, None),
        ("rollout.step", {}, None),
        ("notice.sent", {"title": "x"}, None),
        ("notice.failed", {"message": "x"}, None),
        ("control.started", {}, None),
    ],
)
def test_a_record_is_told_as_what_it_is(kind: str, body: dict[str, Any], told: tuple[str, str] | None) -> None:
    """The table of kinds; what is nobody's business, and what is about the notifier itself, is told to nobody."""
    journal = Journal()
    record = journal.add(kind, **body)
    assert [(each.kind, each.urgency) for each in journal.read()] == ([told] if told else [])
    assert record.sequence == 1


def test_a_notice_bears_what_is_needed_to_look_further() -> None:
    """The record's number and digest, the model's owner, the release by its name, message and mend."""
    journal = Journal()
    record = journal.add("incident.opened", kind="unhealthy", message="it died", mend="fairlead logs digits")
    (notice,) = journal.read()
    assert (notice.sequence, notice.record, notice.at) == (1, record.digest, record.at)
    assert (notice.owner, notice.release, notice.commit) == ("digits@example.com", "digits@aaaaaaaaaaaa", "a" * 40)
    assert (notice.title, notice.message) == ("unhealthy: digits in prod", "it died")
    assert notice.mend == "fairlead logs digits"


def test_a_revert_says_where_it_waits() -> None:
    """The release that was bad, why, and the pull request that somebody has to merge."""
    journal = Journal()
    body = {"bad": "digits@bad", "good": "digits@good", "message": "errors rose", "explanation": "protected"}
    journal.add("revert.proposed", **body, pullRequest="https://git.example.com/7", branch="revert/1")
    (notice,) = journal.read()
    assert notice.title == "a revert of digits@bad waits to be merged in prod"
    assert notice.message == "errors rose\nprotected\nhttps://git.example.com/7\nrevert/1"
    assert notice.mend == "merge it"


def test_a_long_text_is_cut() -> None:
    """A message fits into what chats and mails take; the journal keeps it whole."""
    journal = Journal()
    journal.add("incident.opened", kind="k" * 500, message="m" * 5_000, mend="n" * 5_000)
    (notice,) = journal.read()
    assert (len(notice.title), len(notice.message), len(notice.mend)) == (200, 2_000, 500)
    assert notice.message.endswith("…")


def test_a_renewed_incident_is_told_only_when_all_of_it_is_new() -> None:
    """Neither a further failure of the same commit nor another commit with the same reason wakes anybody again."""
    journal = Journal()
    journal.add("incident.opened", kind="unhealthy", message="failure 1")
    assert len(journal.read()) == 1
    journal.add("incident.opened", kind="unhealthy", message="failure 2")
    journal.add("incident.opened", kind="unhealthy", message="failure 2", commit="b" * 40)
    assert journal.read() == []
    journal.add("incident.opened", kind="unhealthy", message="another reason", commit="c" * 40)
    assert [each.kind for each in journal.read()] == ["incident-opened"]
    journal.add("incident.closed", kind="unhealthy")
    journal.add("incident.closed", kind="unhealthy", environment="dev")
    (closed,) = journal.read()
    assert (closed.kind, closed.urgency, closed.title) == (
        "incident-closed", "critical", "over: unhealthy: digits in prod",
    )  # fmt: skip


def test_an_incident_may_come_back() -> None:
    """After its end the same is news again."""
    journal = Journal()
    for _ in range(2):
        journal.add("incident.opened", kind="unhealthy", message="failure 1")
        journal.add("incident.closed", kind="unhealthy")
    assert [each.kind for each in journal.read()] == ["incident-opened", "incident-closed"] * 2


def test_a_refusal_is_told_once() -> None:
    """A verdict on the bytes, those of environments, and the incident that follows say the same of one commit."""
    journal = Journal()
    failed: dict[str, Any] = {"verdict": "fail", "findings": ["m error policy/x: y"]}
    journal.add("release.checked", environment="", **failed)
    journal.add("release.checked", **failed)
    journal.add("incident.opened", kind="git-not-live", message="m: y")
    assert [each.kind for each in journal.read()] == ["refused"]
    journal.add("release.checked", commit="b" * 40, **failed)
    journal.add("incident.closed", kind="git-not-live")
    assert [each.kind for each in journal.read()] == ["refused", "incident-closed"]


def test_a_promotion_is_told_once() -> None:
    """The end of a rollout and the deployment that it brought are one; a release that comes back later is another."""
    journal = Journal()
    journal.promoted = {"d1", "d2"}
    journal.add("deployment.live", release="d1", name="digits@one")
    journal.add("rollout.completed", release="d1", name="digits@one")
    assert [each.release for each in journal.read()] == ["digits@one"]
    for release in ("d2", "d1"):
        journal.add("deployment.live", release=release, name=f"digits@{release}")
    assert [each.release for each in journal.read()] == ["digits@d2", "digits@d1"]


def test_what_was_told_does_not_grow_without_end() -> None:
    """Years of refusals leave no more behind than a few hundred marks."""
    journal = Journal()
    for number in range(400):
        journal.add("release.checked", commit=f"{number:040}", verdict="fail", findings=[])
        journal.read()
    assert len(journal.told.recent) == 256
