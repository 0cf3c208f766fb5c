"""A bad release is taken back by one signed commit on what is the model's own, or proposed where that is not for us."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.scenario.reverts.stage import WORKSPACE, Stage, model_text


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """An empty shared repository."""
    return Stage(tmp_path)


def test_a_bad_release_is_taken_back_by_one_commit(stage: Stage) -> None:
    """On the branch, with the reason and the trailers, and nothing else touched."""
    stage.write("other", model_text("o1"), "o1")
    good = stage.release("one")
    stage.write("other", model_text("o2"), "o2")
    bad = stage.release("two", "Serve two")
    outcome = stage.revert(bad, good)
    assert (outcome.kind, outcome.branch) == ("pushed", "main")
    assert stage.git("rev-parse", "main") == outcome.commit
    assert stage.git("rev-parse", "main~1") == bad
    assert stage.git("diff", "--name-only", "main~1", "main").split() == [
        "models/digits/model.bin", "models/digits/model.lock", "models/digits/model.yaml",
    ]  # fmt: skip
    assert stage.git("rev-parse", "main:models/digits") == stage.git("rev-parse", f"{good}:models/digits")
    message = stage.git("log", "-1", "--format=%B", "main")
    assert message.splitlines()[0] == 'Revert "Serve two"'
    assert "out of prod: error-rate is worse: 9.1 % against 1.0 %" in message
    trailers = stage.git("log", "-1", "--format=%(trailers:only)", "main").splitlines()
    assert trailers == [
        f"Fairlead-Release: digits@{good[:12]}",
        f"Fairlead-Reverts: digits@{bad[:12]}",
        "Fairlead-Environment: prod",
        "Fairlead-Metric: error-rate",
        "Fairlead-Evidence: analysis/default#3",
        "Fairlead-Journal: 17",
    ]
    assert stage.git("log", "-1", "--format=%an <%ae>|%cn", "main") == "fairlead <fairlead@localhost>|fairlead"
    assert stage.kinds() == ["revert.committed", "revert.pushed"]


def test_git_itself_verifies_the_commit(stage: Stage) -> None:
    """With the line that fairlead leaves in its state folder for the allowed signers, and not without it."""
    good, bad = stage.release("one"), stage.release("two")
    outcome = stage.revert(bad, good)
    allowed = stage.world.settings.state / "allowed_signers"
    command = ["-c", f"gpg.ssh.allowedSignersFile={allowed}", "verify-commit", outcome.commit]
    told = subprocess.run(
        ["git", "--git-dir", str(stage.shared), *command], check=True, capture_output=True, text=True, env=os.environ
    )
    assert 'Good "git" signature for fairlead@localhost' in told.stderr
    allowed.write_text("")
    with pytest.raises(subprocess.CalledProcessError):
        stage.git(*command)


def test_the_committer_is_who_git_says(stage: Stage) -> None:
    """By Git's own configuration, here that of the mirror."""
    good, bad = stage.release("one"), stage.release("two")
    stage.arm(bad)
    mirror = str(stage.world.repository.directory)
    for key, value in (("name", "Ship's dog"), ("email", "dog@example.com")):
        subprocess.run(["git", "-C", mirror, "config", f"fairlead.{key}", value], check=True)
    stage.revert(bad, good)
    assert stage.git("log", "-1", "--format=%an <%ae>", "main") == "Ship's dog <dog@example.com>"


def test_later_edits_that_shape_nothing_stay(stage: Stage) -> None:
    """A new owner and a note survive; the release is the good one."""
    good = stage.release("one")
    bad = stage.release("two")
    stage.release("two", "New owner", owner="night@example.com")
    stage.origin.write("models/digits/NOTES", "kept")
    stage.push("Note")
    outcome = stage.revert(bad, good)
    assert outcome.kind == "pushed"
    assert stage.shown("main", "models/digits/model.yaml") == model_text("one", owner="night@example.com").strip()
    assert stage.shown("main", "models/digits/NOTES") == "kept"
    assert stage.arm(outcome.commit).digest == stage.arm(good).digest


def test_modes_and_links_come_back_as_they_were(stage: Stage) -> None:
    """An executable, a link, and a file that the bad commit removed; one that it added goes."""
    stage.origin.write("models/digits/run.sh", "#!/bin/sh\n")
    (stage.origin.folder / "models/digits/run.sh").chmod(0o755)
    (stage.origin.folder / "models/digits/link").symlink_to("run.sh")
    good = stage.release("one")
    (stage.origin.folder / "models/digits/run.sh").chmod(0o644)
    (stage.origin.folder / "models/digits/link").unlink()
    stage.origin.write("models/digits/link", "no link")
    stage.origin.write("models/digits/extra/deep", "x")
    bad = stage.release("two")
    assert stage.revert(bad, good).kind == "pushed"
    assert stage.git("ls-tree", "-r", "main") == stage.git("ls-tree", "-r", good)


def test_data_that_only_the_model_names_goes_back_with_it(stage: Stage) -> None:
    """What another model names too stays, and then a person must agree."""
    more = "data: [{name: own, uri: 'file:data/own.csv'}]"
    stage.origin.write("data/own.csv", "1")
    stage.origin.write("data/else.csv", "1")
    good = stage.release("one", more=more)
    stage.origin.write("data/own.csv", "2")
    stage.origin.write("data/else.csv", "2")
    bad = stage.release("two", more=more)
    assert stage.revert(bad, good).kind == "pushed"
    assert (stage.shown("main", "data/own.csv"), stage.shown("main", "data/else.csv")) == ("1", "2")


def test_files_that_others_use_too_are_only_proposed(stage: Stage) -> None:
    """The branch of its own holds them as they were; the followed branch stays."""
    more = "data: [{name: both, uri: 'file:data/both.csv'}]"
    stage.write("other", model_text("o", more=more), "o")
    stage.origin.write("data/both.csv", "1")
    good = stage.release("one", more=more)
    stage.origin.write("data/both.csv", "2")
    bad = stage.release("two", more=more)
    outcome = stage.revert(bad, good)
    assert (outcome.kind, outcome.branch) == ("branch", f"fairlead/revert-digits-{bad[:12]}")
    assert "other models use these files too: data/both.csv" in outcome.explanation
    assert stage.git("rev-parse", "main") == bad
    assert stage.shown(outcome.branch, "data/both.csv") == "1"
    assert stage.kinds() == ["revert.committed", "revert.proposed"]


def test_a_cause_in_the_workspace_file_is_only_proposed(stage: Stage) -> None:
    """The good release was placed where the workspace has nothing any more."""
    good = stage.release("one", environments="{dev: {}, prod: {}}")
    stage.origin.write("fairlead.yaml", WORKSPACE.replace("name: dev", "name: next"))
    bad = stage.release("two", environments="{next: {}, prod: {}}")
    outcome = stage.revert(bad, good)
    assert outcome.kind == "branch"
    assert "the cause is in fairlead.yaml" in outcome.explanation
    assert stage.shown(outcome.branch, "fairlead.yaml") == WORKSPACE.strip()
    assert stage.git("rev-parse", "main") == bad


def test_a_conflict_is_only_proposed_and_explained(stage: Stage) -> None:
    """A later edit in the lines that the revert takes back."""
    good = stage.release("one")
    bad = stage.release("two")
    text = model_text("two").replace('  command: [serve, "{port}", two]', '  command: [serve, "{port}", "two"]')
    stage.origin.write("models/digits/model.yaml", text)
    stage.push("Quote it")
    outcome = stage.revert(bad, good)
    assert outcome.kind == "branch"
    assert "conflict with the revert in models/digits/model.yaml" in outcome.explanation
    assert stage.shown(outcome.branch, "models/digits/model.yaml") == model_text("one").strip()


def test_a_bad_promotion_is_undone_by_undoing_its_pin(stage: Stage) -> None:
    """What went on in development stays."""
    places = "{{dev: {{}}, prod: {{commit: {}}}}}"
    first = stage.release("one", environments="{dev: {}}")
    second = stage.release("two", environments=places.format(first))
    stage.release("two", "Promote digits to prod", environments=places.format(second))
    third = stage.release("three", environments=places.format(second))
    outcome = stage.revert(second, first)
    assert outcome.kind == "pushed"
    assert (
        stage.shown("main", "models/digits/model.yaml")
        == model_text("three", environments=places.format(first)).strip()
    )
    assert stage.git("log", "-1", "--format=%s", "main") == 'Revert "Promote digits to prod"'
    assert stage.arm(outcome.commit).digest == stage.arm(third).digest


def test_a_workspace_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    """What lies beside it stays untouched."""
    stage = Stage(tmp_path, "ml/shop")
    stage.origin.write("README", "1")
    stage.origin.write("models/digits/model.yaml", "not ours")
    good = stage.release("one")
    stage.origin.write("README", "2")
    bad = stage.release("two")
    assert stage.revert(bad, good).kind == "pushed"
    changed = stage.git("diff", "--name-only", "main~1", "main").split()
    assert changed == [f"ml/shop/models/digits/model.{end}" for end in ("bin", "lock", "yaml")]


def test_git_that_wants_something_else_by_now_is_left_alone(stage: Stage) -> None:
    """A fix on top, or a person's own revert: nothing to do, nothing told."""
    good, bad = stage.release("one"), stage.release("two")
    stage.release("one", "Back by hand")
    assert stage.revert(bad, good).kind == "nothing"
    fixed = stage.release("three")
    assert stage.revert(bad, good).kind == "nothing"
    assert (stage.git("rev-parse", "main"), stage.kinds()) == (fixed, [])


def test_two_reverts_never_chase_each_other(stage: Stage) -> None:
    """Whoever brings it back after an automatic revert has a reason: from then on it is only proposed."""
    good, bad = stage.release("one"), stage.release("two")
    assert stage.revert(bad, good).kind == "pushed"
    stage.pull()
    back = stage.release("two", "I know better")
    outcome = stage.revert(bad, good)
    assert outcome.kind == "branch"
    assert "somebody brought it back" in outcome.explanation
    assert stage.git("rev-parse", "main") == back
    assert stage.git("rev-parse", f"{outcome.branch}~1") == back


def test_what_an_automatic_revert_brought_back_is_not_taken_back_by_itself(stage: Stage) -> None:
    """The release that came back is judged bad in its turn: a person decides."""
    good, bad = stage.release("one"), stage.release("two")
    assert stage.revert(bad, good).kind == "pushed"
    outcome = stage.revert(good, bad)
    assert outcome.kind == "branch"
    assert f"digits@{bad[:12]} was itself reverted before" in outcome.explanation


def test_a_history_that_was_rewritten_is_not_pushed_to(stage: Stage) -> None:
    """The good release's commit is gone from the branch; it is proposed as long as the object is known."""
    good = stage.release("one")
    bad = stage.release("two")
    arms = stage.arm(bad), stage.arm(good)
    stage.origin.git("checkout", "-q", "--orphan", "anew")
    stage.origin.git("push", "-q", "--force", "origin", f"{stage.origin.commit('Begin anew')}:main")
    stage.release("two", "The same again")
    anew = stage.git("rev-parse", "main")
    outcome = stage.revert_arms(*arms)
    assert (outcome.kind, stage.git("rev-parse", "main")) == ("branch", anew)
    assert "does not show" in outcome.explanation
