"""A person's rollback restores the same paths as fairlead's own, in their checkout and by their name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.journal import Actor, Draft
from fairlead.domain.release import Deployment
from fairlead.drivers.git import GitRepository
from fairlead.drivers.git_worktree import GitWorktree
from fairlead.flows.rollback import RollbackResult, rollback
from tests.scenario.reverts.stage import Stage, model_text

ACTOR = Actor("Ada")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A person's checkout that is followed itself."""
    made = Stage(tmp_path)
    made.follow(str(made.origin.folder))
    followed = GitRepository(str(made.origin.folder), tmp_path / "state" / "mirror.git", "main")
    made.world = replace(made.world, worktree=GitWorktree(made.origin.folder, followed))
    return made


def went_live(stage: Stage, *commits: str) -> None:
    """Releases went live in production, one after the other."""
    for at, commit in enumerate(commits):
        arm = stage.arm(commit)
        since = stage.base.clock.now() + timedelta(hours=at)
        deployment = Deployment("prod", "digits", arm.name, arm.digest, commit, since)
        stage.state.go_live(deployment, Draft("deployment.live", ACTOR, "prod", "digits"))


def back(stage: Stage, to: str = "") -> RollbackResult:
    """Roll digits back."""
    return rollback(stage.world, "digits", to=to, reason="Too dear.", actor=ACTOR)


def test_data_that_only_the_model_names_comes_back_too(stage: Stage) -> None:
    """In one commit by the person, with trailers that name both releases."""
    more = "data: [{name: own, uri: 'file:data/own.csv'}]"
    stage.origin.write("data/own.csv", "1")
    first = stage.release("one", more=more)
    stage.origin.write("data/own.csv", "2")
    second = stage.release("two", "Serve two", more=more)
    went_live(stage, first, second)
    done = back(stage)
    assert stage.origin.git("rev-parse", "HEAD") == done.commit
    assert (stage.origin.folder / "data/own.csv").read_text() == "1"
    message = stage.origin.git("log", "-1", "--format=%an: %B")
    assert message.startswith('Ada: Revert "Serve two"\n\nToo dear.\n\n')
    assert message.endswith(f"Fairlead-Release: digits@{first[:12]}\nFairlead-Reverts: digits@{second[:12]}")


def test_a_promotion_is_undone_by_its_pin(stage: Stage) -> None:
    """Back to how Git wanted the release before, not to when it was first declared."""
    first = stage.release("one", environments="{dev: {}}")
    places = "{{dev: {{}}, prod: {{commit: {}}}}}"
    second = stage.release("two", environments=places.format(first))
    stage.release("two", "Promote digits to prod", environments=places.format(second))
    went_live(stage, first, second)
    back(stage)
    text = (stage.origin.folder / "models/digits/model.yaml").read_text()
    assert text == model_text("two", environments=places.format(first))
    assert stage.origin.git("log", "-1", "--format=%s") == 'Revert "Promote digits to prod"'


def test_a_commit_that_is_named_decides(stage: Stage) -> None:
    """As it is there."""
    first = stage.release("one")
    second, third = stage.release("two"), stage.release("three")
    went_live(stage, first, second, third)
    assert back(stage, to=first).release == f"digits@{first[:12]}"
    assert stage.origin.git("rev-parse", "HEAD:models/digits") == stage.origin.git(
        "rev-parse", f"{first}:models/digits"
    )
