"""`fairlead approve`: signed, pushed, united, and honest about whether it counts."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.approval_note import APPROVALS_REF
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.state import open_state
from fairlead.flows.check import check
from tests.scenario.approvals.gated import WAIVER, Gated
from tests.scenario.approvals.people import Person, run


@pytest.fixture
def wanting(gated: Gated) -> Gated:
    """Two approvals are required."""
    gated.edit("fairlead.yaml", "required: 0", "required: 2")
    gated.commit("Require two")
    return gated


def clone(gated: Gated, person: Person) -> Gated:
    """A clone of that person's own."""
    folder = gated.folder.parent / f"clone-{person.name}"
    run("git", "clone", "--quiet", str(gated.folder), str(folder))
    return Gated(folder)


def answer(done: subprocess.CompletedProcess[str]) -> Any:  # noqa: ANN401 - JSON
    """The JSON that a command answered."""
    return json.loads(done.stdout)


def test_two_approvers_are_counted(wanting: Gated, bob: Person, carol: Person) -> None:
    """By model, and by model and commit; the answer says what is still missing, and the same is the same release."""
    first = answer(wanting.approve(bob, "example", "--format", "json"))
    assert (first["counts"], first["missing"], first["given"]) == (True, 1, [bob.mail])
    assert first["name"] == f"example@{wanting.git('rev-parse', 'HEAD')[:12]}"
    second = answer(wanting.approve(carol, first["name"], "--format", "json"))
    assert (second["counts"], second["missing"], sorted(second["given"])) == (True, 0, [bob.mail, carol.mail])
    assert second["subject"] == first["subject"]
    again = answer(wanting.approve(bob, first["subject"].partition(":")[2], "--format", "json"))
    assert (again["missing"], len(again["given"])) == (0, 2)


def test_an_approval_is_pushed_and_united_with_others(wanting: Gated, bob: Person, carol: Person) -> None:
    """Two people approve in their own clones at the same moment."""
    places = {person: clone(wanting, person) for person in (bob, carol)}
    done: dict[str, subprocess.CompletedProcess[str]] = {}

    def go(person: Person) -> None:
        done[person.name] = places[person].approve(person, "example", "--format", "json")

    threads = [threading.Thread(target=go, args=(person,), daemon=True) for person in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [each.returncode for each in done.values()] == [0, 0], done
    assert all(answer(each)["pushed"] for each in done.values())
    third = answer(wanting.approve(bob, "example", "--format", "json"))
    assert (third["missing"], sorted(third["given"])) == (0, [bob.mail, carol.mail])


def test_whoever_had_a_hand_in_it_is_told(wanting: Gated, bob: Person) -> None:
    """The note is written, does not count, and the command ends with 1."""
    wanting.edit("models/example/model.yaml", "replicas: 1", "replicas: 2")
    wanting.commit_by(bob, "Serve two", sign=False)
    done = wanting.approve(bob, "example")
    assert (done.returncode, "it does not count: bob@example.com had a hand in it" in done.stderr) == (1, True)
    assert "2 more needed" in done.stderr


def test_a_new_release_needs_new_approvals(wanting: Gated, alice: Person, bob: Person) -> None:
    """What was approved is the content; a change that shapes no release leaves it approved."""
    before = answer(wanting.approve(bob, "example", "--format", "json"))
    wanting.edit("models/example/model.yaml", "owner: you@example.com", "owner: us@example.com")
    wanting.commit_by(alice, "Another owner", sign=False)
    same = answer(wanting.approve(bob, "example", "--format", "json"))
    assert same["subject"] == before["subject"]
    wanting.edit("models/example/model.yaml", "replicas: 1", "replicas: 2")
    wanting.commit_by(alice, "Serve two", sign=False)
    other = answer(wanting.approve(bob, "example", "--format", "json"))
    assert other["subject"] != before["subject"]


def test_an_approval_may_be_for_one_environment_and_a_short_time(wanting: Gated, bob: Person) -> None:
    """And never longer than the rules allow."""
    made = answer(wanting.approve(bob, "example", "--environment", "dev", "--expires", "2d", "--format", "json"))
    assert made["environment"] == "dev"
    ends = datetime.fromisoformat(made["expires"])
    assert timedelta(hours=47) < ends - datetime.now(UTC) <= timedelta(days=2)
    longer = answer(wanting.approve(bob, "example", "--expires", "900d", "--format", "json"))
    assert datetime.fromisoformat(longer["expires"]) - datetime.now(UTC) <= timedelta(days=30)
    assert wanting.approve(bob, "example", "--environment", "nowhere").returncode == 2


def test_a_key_that_the_workspace_does_not_know_signs_nothing(wanting: Gated, bob: Person, mallory: Person) -> None:
    """Nor somebody else's, nor one that is not there; no note is written."""
    for person, told in (
        (mallory, "does not know this key"),
        (Person("carol", bob.key), "this key belongs to bob@example.com"),
        (Person("bob", Path("/nowhere/key")), "there is no such key"),
    ):
        done = wanting.approve(person, "example")
        assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert wanting.git("for-each-ref", APPROVALS_REF) == ""


@pytest.mark.parametrize(
    "wanted", ["nothing", "example@00000000", "0" * 64, "waiver:waivers/none.yaml", "example@main", ""]
)
def test_what_is_not_there_cannot_be_approved(wanting: Gated, bob: Person, wanted: str) -> None:
    """The message lists what is."""
    done = wanting.approve(bob, wanted)
    assert done.returncode == 2
    assert "mend:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_remote_that_refuses_is_told(wanting: Gated, bob: Person) -> None:
    """The approval would be known here alone."""
    place = clone(wanting, bob)
    hook = wanting.folder / ".git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho no notes here >&2\nexit 1\n")
    hook.chmod(0o755)
    done = place.approve(bob, "example")
    assert done.returncode == 2
    assert "approvals" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_control_planes_journal_is_told(wanting: Gated, bob: Person, tmp_path: Path) -> None:
    """Where one has a state; another folder is left alone."""
    state = tmp_path / "state"
    wanting.approve(bob, "example", "--state", str(state))
    assert not (state / "state.db").exists()
    begin = [sys.executable, "-m", "fairlead", "suspend", "example", "--reason", "begin a journal"]
    where = ["--workspace", str(wanting.folder), "--state", str(state)]
    run(*begin, *where, environ={"HOME": str(tmp_path / "home"), "GIT_AUTHOR_NAME": "Alice"})
    made = wanting.approve(bob, "example", "--state", str(state), "--reason", "read it twice", "--format", "json")
    store = open_state(state, SystemClock())
    (record,) = store.search(kind="approval")
    store.close()
    assert (record.draft.kind, record.draft.model, record.draft.actor.claimed) == ("approval.given", "example", False)
    assert record.draft.body["subject"] == answer(made)["subject"]
    assert bob.mail not in str(record)


def waived(gated: Gated, alice: Person, days: int = 5) -> str:
    """Alice breaks a rule, and asks for a waiver of it; the waiver's path."""
    gated.edit("models/example/model.yaml", "owner: you@example.com", "owner: nobody")
    until = f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"
    gated.write("waivers/owner.yaml", WAIVER.format(rule="baseline/owner", expires=until))
    gated.change(alice)
    return "waivers/owner.yaml"


def test_a_waiver_is_blocked_then_approved_then_seen(gated: Gated, alice: Person, bob: Person, olga: Person) -> None:
    """Both the approver whom it names and a policy owner agree; then the finding is waived, and still shown."""
    path = waived(gated, alice)
    assert gated.blocked_by() == {"protection/waiver", "baseline/owner", "waiver/unproven"}
    assert gated.approve(bob, f"waiver:{path}").returncode == 0
    assert gated.blocked_by() == {"protection/waiver", "baseline/owner"}
    assert gated.approve(olga, f"waiver:{path}").returncode == 0
    assert gated.blocked_by() == set()
    report = gated.check()
    assert {each.waiver for each in report.findings if each.rule == "baseline/owner"} == {path}
    assert report.waived == 2, "once for each environment"


def test_a_waiver_that_is_edited_is_unproven_again(gated: Gated, alice: Person, bob: Person, olga: Person) -> None:
    """What was approved is the file, byte by byte."""
    path = waived(gated, alice)
    for person in (bob, olga):
        gated.approve(person, f"waiver:{path}")
    gated.edit(path, "The owner is being looked for.", "The owner is being looked for, still.")
    gated.change(alice)
    assert gated.blocked_by() == {"protection/waiver", "baseline/owner", "waiver/unproven"}


def test_whoever_writes_a_waiver_does_not_approve_it(gated: Gated, bob: Person, olga: Person) -> None:
    """Bob writes what he is said to approve."""
    path = waived(gated, bob)
    for person in (bob, olga):
        gated.approve(person, f"waiver:{path}")
    assert gated.blocked_by() == {"baseline/owner", "waiver/own-approval"}


def test_a_model_without_enough_approvals_is_blocked(gated: Gated, alice: Person, bob: Person, carol: Person) -> None:
    """From a blocked change to a pass, by two signatures; the mend names the command."""
    gated.edit(
        "fairlead.yaml",
        "    baseline:\n",
        "    peer-review: {rules: {signed-commit: {enforcement: 'off'}}}\n    baseline:\n",
    )
    gated.edit("fairlead.yaml", "required: 0", "required: 2")
    gated.commit("Review")
    gated.edit("models/example/model.yaml", "replicas: 1", "replicas: 2")
    gated.change(alice)
    assert "peer-review/approvals" in gated.blocked_by()
    gated.approve(bob, "example")
    assert "peer-review/approvals" in gated.blocked_by()
    gated.approve(carol, "example")
    assert gated.blocked_by() == set()


def test_an_owner_of_the_changed_paths_has_to_agree(gated: Gated, alice: Person, bob: Person, carol: Person) -> None:
    """Carol's approval is one, and not that of the owner."""
    gated.write("CODEOWNERS", "/models/ bob@example.com\n")
    gated.git("add", "--all")
    gated.git("commit", "--quiet", "--amend", "--no-edit")
    gated.edit("models/example/model.yaml", "replicas: 1", "replicas: 2")
    gated.change(alice)
    assert gated.blocked_by() == {"approval/code-owner"}
    gated.approve(carol, "example")
    assert gated.blocked_by() == {"approval/code-owner"}
    gated.approve(bob, "example")
    assert gated.blocked_by() == set()


def test_what_the_target_branch_has_needs_no_new_approval(gated: Gated, alice: Person, bob: Person) -> None:
    """A change of something else is not held up by releases that are there; a new place for one of them is."""
    gated.edit("fairlead.yaml", "required: 0", "required: 1")
    gated.edit("models/example/model.yaml", "  prod: {}\n", "")
    gated.git("add", "--all")
    gated.git("commit", "--quiet", "--amend", "--no-edit")
    gated.edit("fairlead.yaml", "kind: Workspace", "kind: Workspace # changed")
    gated.change(alice)
    assert gated.blocked_by() == set()
    gated.edit("models/example/model.yaml", "  dev: {}\n", "  dev: {}\n  prod: {}\n")
    gated.change(alice)
    assert gated.blocked_by() == {"approval/missing"}
    gated.approve(bob, "example", "--environment", "prod")
    assert gated.blocked_by() == set()


def test_a_commit_is_not_hidden_by_the_next_one(gated: Gated, alice: Person) -> None:
    """Without a base nothing counts as settled: the release that the commit before brought is asked for too."""
    gated.edit("fairlead.yaml", "required: 0", "required: 1")
    gated.git("add", "--all")
    gated.git("commit", "--quiet", "--amend", "--no-edit")
    gated.edit("models/example/model.yaml", "replicas: 1", "replicas: 2")
    gated.change(alice)
    gated.write("README.md", "harmless")
    gated.change(alice)
    assert "approval/missing" in {each.rule for each in check(gated.folder, commit="HEAD").findings}
