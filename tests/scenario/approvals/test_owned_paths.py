"""Code owners are asked for every changed path: also for those that belong to no model."""

from __future__ import annotations

import pytest

from fairlead.domain.finding import Finding
from tests.scenario.approvals.gated import Gated
from tests.scenario.approvals.people import Person

PLAN = "infrastructure/main.tf"


@pytest.fixture
def planned(gated: Gated, alice: Person) -> Gated:
    """Alice changes a plan that is Bob's."""
    gated.git("switch", "--quiet", "--create", "change")
    gated.write(PLAN, "# one machine\n")
    gated.commit_by(alice, "Plan", sign=False)
    return gated


def asked(gated: Gated) -> list[Finding]:
    """What lacks a code owner's word."""
    return [each for each in gated.check().findings if each.rule == "approval/code-owner"]


def test_an_owner_of_a_path_outside_of_models_is_asked(planned: Gated, bob: Person, carol: Person) -> None:
    """At the path, until he and nobody else agrees; what changes elsewhere afterwards needs no second word."""
    assert [each.path for each in asked(planned)] == [PLAN]
    assert "fairlead approve commit:" in asked(planned)[0].mend
    planned.approve(carol, "commit:HEAD")
    assert asked(planned), "Carol owns it not"
    done = planned.approve(bob, "commit:HEAD")
    assert done.returncode == 0, done.stderr
    assert asked(planned) == []
    planned.commit_by(carol, "Elsewhere", README__md="more")
    assert asked(planned) == []
    planned.commit_by(carol, "Another machine", infrastructure__main__tf="two")
    planned.write(PLAN, "# two machines\n")
    planned.commit_by(carol, "And another")
    assert [each.path for each in asked(planned)] != []


def test_an_owner_does_not_agree_to_what_he_wrote(planned: Gated, bob: Person) -> None:
    """Also where somebody else wrote more."""
    planned.write(PLAN, "# two machines\n")
    planned.commit_by(bob, "More")
    planned.approve(bob, "commit:HEAD")
    assert [each.path for each in asked(planned)] == [PLAN]


def test_a_signed_merge_of_the_owner_agrees(planned: Gated, bob: Person) -> None:
    """What he merges, he has seen."""
    planned.git("switch", "--quiet", "--create", "merging", "main")
    planned.by(bob, "merge", "--quiet", "--no-ff", "-m", "Merge", "change")
    assert asked(planned) == []


def test_a_path_that_nobody_owns_asks_nobody(gated: Gated, alice: Person) -> None:
    """Nor does one that did not change."""
    gated.git("switch", "--quiet", "--create", "change")
    gated.commit_by(alice, "Write", sign=False, README="more")
    assert asked(gated) == []
