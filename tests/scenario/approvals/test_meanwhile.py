"""A branch is judged by the rules of the target as they are now, for what the branch itself does."""

from __future__ import annotations

import pytest

from fairlead.flows.check import check
from tests.scenario.approvals.gated import REGO, WAIVER, Gated
from tests.scenario.approvals.people import Person
from tests.scenario.approvals.test_authors import SOON, memory

STRICTER = ("enforcement: warn", "enforcement: deny")


@pytest.fixture
def moved(gated: Gated, alice: Person, bob: Person, carol: Person, olga: Person) -> Gated:
    """After the branch of changes began, the target became stricter: a rule, a policy, a waiver less, a higher risk."""
    gated.write("waivers/owner.yaml", WAIVER.format(rule="baseline/owner", expires=SOON))
    gated.commit_by(carol, "Waive")
    gated.approve(olga, "waiver:waivers/owner.yaml")
    gated.git("switch", "--quiet", "--create", "change")
    memory(gated, "300Mi")
    gated.commit_by(alice, "Change the model", sign=False)
    gated.git("switch", "--quiet", "main")
    gated.edit("fairlead.yaml", *STRICTER)
    gated.write("policies/names.rego", REGO.replace('"bob"', '"b"'))
    gated.git("rm", "--quiet", "waivers/owner.yaml")
    gated.edit("models/example/model.yaml", "duties: [fairness]", "duties: [fairness, oversight]")
    gated.commit_by(bob, "Be stricter")
    gated.approve(olga, "policies")
    gated.git("switch", "--quiet", "change")
    return gated


def weaker(gated: Gated) -> set[str]:
    """What the branch is said to weaken."""
    return {each for each in gated.blocked_by() if each.startswith("protection/")}


def test_what_the_target_did_meanwhile_is_not_the_branchs(moved: Gated) -> None:
    """It takes nothing of it back: merging keeps both."""
    assert weaker(moved) == set()


def test_the_rules_of_now_judge_the_branch(moved: Gated, alice: Person) -> None:
    """By the stricter rule, and without the waiver that was taken back meanwhile."""
    moved.edit("models/example/model.yaml", "licence: Apache-2.0", "licence: Proprietary")
    moved.commit_by(alice, "Another licence", sign=False)
    assert "baseline/licence" in moved.blocked_by()


def test_a_waiver_that_was_taken_back_meanwhile_sets_nothing_aside(moved: Gated, alice: Person, bob: Person) -> None:
    """Also where it was approved."""
    moved.approve(bob, "waiver:waivers/owner.yaml")
    moved.edit("models/example/model.yaml", "owner: you@example.com", "owner: todo")
    moved.commit_by(alice, "Nobody's", sign=False)
    found = [each for each in moved.check().findings if each.rule == "baseline/owner"]
    assert found
    assert not any(each.waiver for each in found)


def test_what_the_branch_weakens_itself_counts(moved: Gated, alice: Person) -> None:
    """At places that the target left alone, and at those that it changed too."""
    moved.write("policies/names.rego", REGO.replace('"bob"', '"nobody"'))
    moved.edit("fairlead.yaml", "never: [baseline/locked]", "never: []")
    moved.commit_by(alice, "Weaken", sign=False)
    assert weaker(moved) == {"protection/policy", "protection/waiver-rules"}


@pytest.mark.parametrize("how", ["merge", "rebase"])
def test_a_conflict_that_is_resolved_for_the_old_rules_counts(moved: Gated, alice: Person, how: str) -> None:
    """The branch has the target's commit, and takes back what it did."""
    if how == "merge":
        moved.by(alice, "merge", "--quiet", "--no-ff", "--no-commit", "main", sign=False)
    else:
        moved.by(alice, "rebase", "--quiet", "main", sign=False)
    moved.edit("fairlead.yaml", *reversed(STRICTER))
    moved.commit_by(alice, "Resolve", sign=False)
    assert weaker(moved) == {"protection/enforcement"}


def test_a_push_that_replaces_the_target_is_judged_as_it_is(moved: Gated, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a hook nothing is merged: a forced push of an old branch takes back what the target did."""
    monkeypatch.setenv("GIT_QUARANTINE_PATH", str(moved.folder / ".git/objects"))
    report = check(moved.folder, base="main", commit="HEAD")
    found = {each.rule for each in report.findings if each.rule.startswith("protection/")}
    assert found >= {"protection/enforcement", "protection/policy"}
