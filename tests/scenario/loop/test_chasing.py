"""Reverts that people undo: fairlead takes a release back by itself once, and from then on asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.domain.rollout import Phase
from fairlead.flows.rollouts.kept import kept
from fairlead.flows.rollouts.quarantine import ROLLED_BACK, quarantines
from tests.scenario.loop.test_rollouts import _CANARY, Canary


class Chase(Canary):
    """A bad release, the control plane that reverts it, and somebody who knows better."""

    def by_fairlead(self) -> list[str]:
        """Subjects of the commits on the followed branch that fairlead made, newest first."""
        return self.git("log", "--author=fairlead", "--format=%s", "main").splitlines()

    def branches(self) -> list[str]:
        """Branches of fairlead's own."""
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads/fairlead/").splitlines()

    def condemned(self, name: str) -> None:
        """Requests come until the rollout of that release is aborted."""
        for at in range(80):
            found = kept(self.world, "prod", "digits")
            if found is not None and found.rollout.new.name == name and found.rollout.phase is Phase.ABORTED:
                return
            if found is not None and found.rollout.new.name == name:
                self.ask(400, bad=0.3, seed=at)
            self.look()
        raise AssertionError(f"not aborted: {self.rollout()}")

    def rest(self, condition: Callable[[], bool]) -> None:
        """Look until it holds; reverts are written beside the loop, in real time."""
        for _ in range(200):
            self.look()
            if condition():
                return
            time.sleep(0.02)
        raise AssertionError(f"{self.incidents()} {self.git('log', '--oneline', '--all')}")

    def is_calm(self) -> bool:
        """Git equals live, nothing is refused and no incident is open."""
        return not quarantines(self.world) and self.incidents() == [] and self.look().synced

    def told(self) -> str:
        """What the incident says of what was taken back."""
        found = [each for each in self.state.incidents(open_only=True) if each.kind == ROLLED_BACK]
        return found[0].message if found else ""


@pytest.fixture
def scene(tmp_path: Path) -> Chase:
    """`first` is live, `bad` came and was reverted by fairlead itself."""
    made = Chase.judged(tmp_path)
    made.bring("first")
    made.settle()
    commit = made.bring("bad", subject="Make digits worse")
    made.condemned(f"digits@{commit[:12]}")
    made.rest(made.is_calm)
    assert made.by_fairlead() == ['Revert "Make digits worse"']
    return made


def test_the_revert_of_a_revert_is_only_proposed_to_be_taken_back(scene: Chase) -> None:
    """The same release gets its canary again, is stopped again, and then a person decides: Git is left as it is."""
    first = scene.routed()["digits"]
    bad = scene.git("rev-parse", "HEAD~1")[:12]
    scene.git("revert", "--no-edit", "HEAD")
    scene.rest(lambda: not scene.rollout().phase.final)
    theirs = scene.git("rev-parse", "HEAD")
    scene.condemned(f"digits@{bad}")
    scene.rest(lambda: "waits on branch" in scene.told())
    assert scene.routed() == {"digits": first}
    assert f"digits@{bad} was reverted before" in scene.told()
    assert "somebody brought it back since" in scene.told()
    assert scene.branches() == [f"fairlead/revert-digits-{theirs[:12]}"]
    for _ in range(40):
        scene.look()
    assert scene.git("rev-parse", "main") == theirs
    assert scene.by_fairlead() == ['Revert "Make digits worse"']
    assert len(scene.branches()) == 1
    assert scene.routed() == {"digits": first}


def test_merging_the_proposal_ends_it_and_undoing_that_asks_again(scene: Chase) -> None:
    """However often people go to and fro, each of their commits gets one proposal at most, and none is pushed."""
    first, bad = scene.routed()["digits"], scene.git("rev-parse", "HEAD~1")[:12]
    for turn in (1, 2):
        scene.git("revert", "--no-edit", "HEAD")
        scene.rest(lambda: not scene.rollout().phase.final)
        scene.condemned(f"digits@{bad}")
        scene.rest(lambda: "waits on branch" in scene.told())
        assert len(scene.branches()) == turn
        newest = f"fairlead/revert-digits-{scene.git('rev-parse', 'HEAD')[:12]}"
        scene.git("merge", "--quiet", "--ff-only", newest)
        scene.rest(scene.is_calm)
        assert scene.routed() == {"digits": first}
    assert [each.draft.kind for each in scene.state.search(kind="revert")].count("revert.pushed") == 1


def test_a_fix_on_top_opens_the_way_again(scene: Chase) -> None:
    """Another release has its own canary, and is reverted by fairlead itself where it is bad as well."""
    first = scene.routed()["digits"]
    worse = scene.bring("worse", subject="Mend digits")
    scene.condemned(f"digits@{worse[:12]}")
    scene.rest(scene.is_calm)
    assert scene.routed() == {"digits": first}
    assert scene.by_fairlead() == ['Revert "Mend digits"', 'Revert "Make digits worse"']
    assert scene.branches() == []


def test_a_conflict_is_explained_in_the_incident(scene: Chase) -> None:
    """Later edits of the lines that come back: the branch holds the good release, and a person sees what is lost."""
    first = scene.routed()["digits"]
    scene.declare("digits", "fast")
    file = scene.repo / "models" / "digits" / "model.yaml"
    plain = file.read_text()
    file.write_text(plain.replace('"{port}"]', '"{port}", fast]') + _CANARY)
    bad = scene.commit("Serve faster")
    for _ in range(20):
        scene.look()
    assert scene.rollout().new.name == f"digits@{bad[:12]}"
    file.write_text(plain.replace('"{port}"]', '"{port}", "fast"]') + _CANARY)
    spelt = scene.commit("Quote it")
    scene.condemned(f"digits@{bad[:12]}")
    scene.rest(lambda: "waits on branch" in scene.told())
    assert "conflict with the revert in models/digits/model.yaml: here they are lost" in scene.told()
    assert scene.git("rev-parse", "main") == spelt
    assert scene.routed() == {"digits": first}
    (branch,) = scene.branches()
    assert scene.git("show", f"{branch}:models/digits/model.bin") == "first"
    scene.git("merge", "--quiet", "--ff-only", branch)
    scene.rest(scene.is_calm)
    assert scene.routed() == {"digits": first}
