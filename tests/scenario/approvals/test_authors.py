"""Whoever brought content into the target had a hand in it, by whatever merges it came, and does not approve it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.domain.finding import Verdict
from fairlead.drivers.git_history import GitHistory
from fairlead.flows.check import check
from tests.scenario.approvals.gated import WAIVER, Gated
from tests.scenario.approvals.people import Person, Shared

MODEL = "models/example/model.yaml"
PATHS = ["models/m"]
SOON = f"{datetime.now(UTC) + timedelta(days=5):%Y-%m-%d}"


@pytest.fixture
def asking(gated: Gated, olga: Person) -> Gated:
    """A release needs one approval."""
    gated.edit("fairlead.yaml", "required: 0", "required: 1")
    gated.commit_by(olga, "Ask one")
    return gated


def memory(gated: Gated, size: str) -> None:
    """Another size in the model's declaration."""
    gated.write(MODEL, re.sub(r"memory: \w+", f"memory: {size}", (gated.folder / MODEL).read_text()))


def tree_with(gated: Gated, commit: str, size: str) -> str:
    """The tree of a commit with another size."""
    gated.git("checkout", "--quiet", commit, "--", "models")
    memory(gated, size)
    gated.git("add", "--all")
    tree = gated.git("write-tree")
    gated.git("reset", "--quiet", "--hard")
    return tree


@pytest.mark.parametrize("swapped", [False, True], ids=["main first", "side first"])
def test_two_crafted_merges_do_not_hide_who_wrote(asking: Gated, bob: Person, carol: Person, *, swapped: bool) -> None:
    """One merge throws the content away so that it counts as known, another takes it up again: Bob wrote it still."""
    main = asking.git("rev-parse", "HEAD")
    asking.git("switch", "--quiet", "--create", "change")
    memory(asking, "300Mi")
    written = asking.commit_by(bob, "Write")
    other = tree_with(asking, written, "301Mi")
    parents = (written, main) if swapped else (main, written)
    hiding = asking.by(bob, "commit-tree", "-S", "-p", parents[0], "-p", parents[1], "-m", "one", other)
    whole = asking.git("rev-parse", f"{written}^{{tree}}")
    taken = asking.by(bob, "commit-tree", "-S", "-p", hiding, "-p", written, "-m", "two", whole)
    asking.git("reset", "--quiet", "--hard", taken)
    asking.approve(bob, "example")
    assert asking.blocked_by() == {"approval/missing"}
    # The same in two pushes, of which the first was let in.
    assert check(asking.folder, base=hiding, commit="HEAD").verdict is Verdict.FAIL
    asking.approve(carol, "example")
    assert asking.blocked_by() == set()


def test_what_somebody_else_goes_on_with_is_still_his(asking: Gated, alice: Person, bob: Person) -> None:
    """Bob writes, Alice adds a comment: he may not approve what she made of it, compared with a base or alone."""
    asking.git("switch", "--quiet", "--create", "change")
    memory(asking, "300Mi")
    asking.commit_by(bob, "Write")
    asking.write("models/example/README.md", "more")
    memory(asking, "310Mi")
    asking.commit_by(alice, "Go on", sign=False)
    asking.approve(bob, "example")
    assert asking.blocked_by() == {"approval/missing"}
    alone = check(asking.folder, commit="HEAD")
    assert "approval/missing" in {each.rule for each in alone.findings if each.blocks}


def test_what_was_approved_before_has_other_authors(asking: Gated, alice: Person, bob: Person, carol: Person) -> None:
    """Carol wrote the release that Bob approved; what Alice changes of it afterwards, Carol may approve."""
    memory(asking, "300Mi")
    asking.commit_by(carol, "Write")
    asking.approve(bob, "example")
    memory(asking, "310Mi")
    asking.commit_by(alice, "Go on", sign=False)
    asking.approve(carol, "example")
    alone = check(asking.folder, commit="HEAD")
    assert "approval/missing" not in {each.rule for each in alone.findings if each.blocks}


def test_a_change_is_followed_to_who_wrote_it(shared: Shared, alice: Person, bob: Person, carol: Person) -> None:
    """Cherry-picks keep their author, octopus merges and merges of main bring what they join, reverts are written."""
    made = Followed(shared)
    base = made.commit(alice, "1")
    shared.git("switch", "--quiet", "--create", "one")
    one = made.commit(bob, "1, one")
    shared.git("switch", "--quiet", "main")
    shared.commit_by(carol, "Elsewhere", readme="2")
    shared.git("switch", "--quiet", "--create", "two", base)
    shared.commit_by(alice, "Else", other="3")
    shared.git("switch", "--quiet", "main")
    shared.by(carol, "merge", "--quiet", "--no-edit", "one", "two")
    assert made.authors(base) == {bob.mail}, "an octopus merge"
    shared.git("reset", "--quiet", "--hard", base)
    shared.by(carol, "cherry-pick", one)
    assert made.authors(base) == {bob.mail, carol.mail}, "a cherry-pick"
    shared.by(alice, "revert", "--no-edit", "HEAD")
    shared.by(carol, "revert", "--no-edit", "HEAD")
    assert made.authors(base) == {carol.mail}, "whoever reverts a revert writes it"
    shared.git("reset", "--quiet", "--hard", base)
    shared.by(carol, "merge", "--quiet", "--squash", "one")
    shared.by(carol, "commit", "--quiet", "-m", "Squash")
    assert made.authors(base) == {carol.mail}, "a squash"
    shared.git("reset", "--quiet", "--hard", base)
    shared.by(carol, "merge", "--quiet", "--no-ff", "-s", "ours", "-m", "Ours", "one")
    assert made.authors(base) == set(), "a merge that throws away brings nothing"
    joined = shared.git("rev-parse", "HEAD")
    shared.git("switch", "--quiet", "one")
    shared.by(carol, "merge", "--quiet", "--no-ff", "-s", "ours", "-m", "Main", "main")
    assert made.authors(joined) == {bob.mail}, "content that the base has thrown away"


class Followed:
    """Who wrote the model's folder at the head of a repository."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.authors: Callable[[str], frozenset[str]] = lambda base: (
            GitHistory(shared.folder).contributors(shared.git("rev-parse", "HEAD"), base, PATHS).mails
        )

    def commit(self, person: Person, text: str) -> str:
        """A commit of the model."""
        return self.shared.commit_by(person, text, models__m__x=text)


@pytest.fixture
def signing(gated: Gated, olga: Person) -> Gated:
    """Each commit of a change has to be signed."""
    gated.edit("fairlead.yaml", "required: 0", "required: 0, signedChanges: true")
    gated.commit_by(olga, "Sign all")
    gated.git("switch", "--quiet", "--create", "change")
    return gated


def test_nobody_agrees_to_a_weakening_whose_author_is_claimed(signing: Gated, alice: Person, olga: Person) -> None:
    """Olga takes a rule away under Alice's name and approves it: only a signature would prove that Alice wrote it."""
    signing.edit("fairlead.yaml", "signedChanges: true", "signedChanges: false")
    signing.commit_by(alice, "Weaken", sign=False)
    signing.approve(olga, "policies")
    assert signing.blocked_by() == {"protection/approvals"}


def test_a_signed_weakening_can_be_agreed_to(signing: Gated, bob: Person, olga: Person) -> None:
    """The same, where who wrote it is proven."""
    signing.edit("fairlead.yaml", "signedChanges: true", "signedChanges: false")
    signing.commit_by(bob, "Weaken")
    signing.approve(olga, "policies")
    assert signing.blocked_by() == set()


@pytest.mark.parametrize("signed", [False, True])
def test_a_waiver_whose_author_is_claimed_sets_nothing_aside(
    signing: Gated, alice: Person, bob: Person, carol: Person, olga: Person, *, signed: bool
) -> None:
    """Bob writes it under Alice's name, and approves it."""
    signing.write("waivers/owner.yaml", WAIVER.format(rule="baseline/owner", expires=SOON))
    signing.commit_by(carol if signed else alice, "Waive", sign=signed)
    for person in (bob, olga):
        assert signing.approve(person, "waiver:waivers/owner.yaml").returncode == 0
    found = signing.blocked_by()
    assert found == (set() if signed else {"protection/waiver", "waiver/unsigned-change"})


def test_whoever_approves_is_told_what_the_gate_will_say(gated: Gated, alice: Person, olga: Person) -> None:
    """Olga moved a port in the file before Alice weakened it: that is no hand in it, for her and for the gate alike."""
    gated.git("switch", "--quiet", "--create", "change")
    gated.edit("fairlead.yaml", "{port: 8801}", "{port: 8811}")
    gated.commit_by(olga, "A port")
    gated.edit("fairlead.yaml", "never: [baseline/locked]", "never: []")
    gated.commit_by(alice, "Weaken", sign=False)
    done = gated.approve(olga, "policies")
    assert (done.returncode, "had a hand in it" in done.stderr) == (0, False)
    assert gated.blocked_by() == set()
