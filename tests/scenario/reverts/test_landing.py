"""Where a revert goes: to the branch, or before people; and once, whoever pushes between and whenever it is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from fairlead.drivers.git_commits import GitCommitter
from fairlead.flows import landing
from fairlead.flows.rollouts import reverting
from fairlead.ports import Pushed
from fairlead.testing.state import MemoryState
from tests.contract.github.github_server import TOKEN, GitHubServer, serve
from tests.scenario.reverts.stage import CAUSE, WORKSPACE, Stage


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """An empty shared repository."""
    return Stage(tmp_path)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    """GitHub, and a token for it."""
    with serve() as found:
        monkeypatch.setenv("GITHUB_API_URL", found.address)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        yield found


def on_github(stage: Stage, github: GitHubServer) -> None:
    """The workspace says where it is at home."""
    rules = f"policies: {{approvals: {{github: org/shop, githubApi: '{github.address}'}}}}\n"
    stage.origin.write("fairlead.yaml", WORKSPACE + rules)


def test_a_protected_branch_gets_a_branch_beside_it(stage: Stage) -> None:
    """The hook's own words are told, and the same branch is not pushed twice."""
    good, bad = stage.release("one"), stage.release("two")
    stage.refuse_pushes()
    outcome = stage.revert(bad, good)
    assert (outcome.kind, outcome.branch) == ("branch", f"fairlead/revert-digits-{bad[:12]}")
    assert "the branch is protected" in outcome.explanation
    assert f"merge {outcome.branch} into main" in outcome.explanation
    assert stage.git("rev-parse", outcome.branch) == outcome.commit
    assert stage.revert(bad, good) == outcome
    assert stage.kinds() == ["revert.committed", "revert.proposed"]


def test_nowhere_to_push_is_told_and_tried_again(stage: Stage) -> None:
    """One record for the same reason; when it is mended the very commit goes."""
    good, bad = stage.release("one"), stage.release("two")
    stage.refuse_pushes("*")
    first = stage.revert(bad, good)
    assert (first.kind, first.commit) == ("failed", "")
    assert "nor may it go to fairlead/revert-digits" in first.explanation
    assert stage.revert(bad, good) == first
    assert stage.kinds() == ["revert.committed", "revert.failed"]
    (stage.shared / "hooks/pre-receive").unlink()
    assert stage.revert(bad, good).kind == "pushed"
    assert stage.kinds() == ["revert.committed", "revert.failed", "revert.pushed"]


def test_a_repository_that_cannot_be_reached_is_told(stage: Stage) -> None:
    """And nothing is raised into the loop."""
    arms = [stage.arm(each) for each in (stage.release("one"), stage.release("two"))]
    stage.shared.rename(stage.folder / "gone.git")
    outcome = stage.revert_arms(arms[1], arms[0])
    assert outcome.kind == "failed"
    assert "cannot be read" in outcome.explanation
    assert stage.kinds() == ["revert.failed"]


def test_somebody_else_pushes_between(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Theirs stays below ours."""
    good, bad = stage.release("one"), stage.release("two")
    theirs: list[str] = []

    def between(push: Callable[..., Pushed], *arguments: object) -> Pushed:
        if not theirs:
            stage.origin.write("README", "theirs")
            theirs.append(stage.push("Theirs"))
        return push(*arguments)

    wrap(monkeypatch, GitCommitter, "push", between)
    outcome = stage.revert(bad, good)
    assert outcome.kind == "pushed"
    assert stage.git("rev-parse", "main~1") == theirs[0]
    assert stage.git("show", "main:README") == "theirs"


def test_a_fix_that_is_pushed_between_wins(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The revert is dropped."""
    good, bad = stage.release("one"), stage.release("two")
    fixed: list[str] = []

    def between(push: Callable[..., Pushed], *arguments: object) -> Pushed:
        fixed.append(stage.release("three"))
        return push(*arguments)

    wrap(monkeypatch, GitCommitter, "push", between)
    assert stage.revert(bad, good).kind == "nothing"
    assert stage.git("rev-parse", "main") == fixed[0]


def test_who_always_comes_second_gives_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a bounded number of tries, and says so."""
    good, bad = stage.release("one"), stage.release("two")
    count: list[int] = []

    def between(push: Callable[..., Pushed], *arguments: object) -> Pushed:
        count.append(1)
        stage.origin.write("README", str(len(count)))
        stage.push("Theirs")
        return push(*arguments)

    wrap(monkeypatch, GitCommitter, "push", between)
    assert "somebody else pushed first" in stage.revert(bad, good).explanation
    assert len(count) == 5


def test_a_followed_checkout_is_brought_along_where_it_is_clean(stage: Stage) -> None:
    """The person sees the revert in their files at once."""
    good, bad = stage.release("one"), stage.release("two")
    stage.follow(str(stage.origin.folder))
    stage.origin.write("untracked", "mine")
    outcome = stage.revert(bad, good)
    assert (outcome.kind, stage.origin.git("rev-parse", "HEAD")) == ("pushed", outcome.commit)
    assert stage.origin.git("status", "--porcelain") == "?? untracked"
    assert "one" in (stage.origin.folder / "models/digits/model.yaml").read_text()


def test_a_followed_checkout_with_open_changes_is_left_alone(stage: Stage) -> None:
    """A branch beside it instead, and why."""
    good, bad = stage.release("one"), stage.release("two")
    stage.follow(str(stage.origin.folder))
    stage.origin.write("fairlead.yaml", WORKSPACE + "# mine\n")
    outcome = stage.revert(bad, good)
    assert (outcome.kind, stage.origin.git("rev-parse", "HEAD")) == ("branch", bad)
    assert stage.origin.git("rev-parse", outcome.branch) == outcome.commit
    assert (stage.origin.folder / "fairlead.yaml").read_text().endswith("# mine\n")


def test_on_github_it_becomes_a_pull_request(stage: Stage, github: GitHubServer) -> None:
    """With the commit's subject and the whole reason; asking again opens no second one, nor does a closed one."""
    on_github(stage, github)
    good, bad = stage.release("one"), stage.release("two", "Serve two")
    stage.refuse_pushes()
    branch = f"fairlead/revert-digits-{bad[:12]}"
    first = stage.revert(bad, good)  # the stand-in does not have the branch yet
    assert (first.kind, first.branch) == ("branch", branch)
    assert "no pull request was opened: GitHub does not know it (422)" in first.explanation
    github.branches[branch] = first.commit
    outcome = stage.revert(bad, good)
    assert (outcome.kind, outcome.commit) == ("proposed", first.commit)
    assert outcome.pull_request == "https://github.example/org/shop/pull/20"
    (pull,) = github.pulls
    assert (pull["title"], pull["base"]["ref"]) == ('Revert "Serve two"', "main")
    assert "the branch is protected" in pull["body"]
    assert "Fairlead-Journal: 17" in pull["body"]
    pull["state"] = "closed"
    stage.state = stage.base.state = MemoryState(stage.base.clock)  # the state was lost
    stage.world = replace(stage.world, state=stage.state)
    assert stage.revert(bad, good).pull_request == outcome.pull_request
    assert len(github.pulls) == 1


def test_without_a_token_it_says_so(stage: Stage, github: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The branch is there."""
    monkeypatch.delenv("GITHUB_TOKEN")
    on_github(stage, github)
    good, bad = stage.release("one"), stage.release("two")
    stage.refuse_pushes()
    outcome = stage.revert(bad, good)
    assert outcome.kind == "branch"
    assert "GITHUB_TOKEN is not set" in outcome.explanation
    assert github.requests == []


def wrap(monkeypatch: pytest.MonkeyPatch, where: object, name: str, around: Callable[..., object]) -> None:
    """Let `around(original, *arguments)` be called instead of a function."""
    original = getattr(where, name)
    monkeypatch.setattr(where, name, lambda *arguments, **named: around(partial(original, **named), *arguments))


def _before(_original: Callable[..., object], *_arguments: object) -> object:
    raise Killed


def _after(original: Callable[..., object], *arguments: object) -> object:
    original(*arguments)
    raise Killed


@pytest.mark.parametrize("protected", [False, True])
@pytest.mark.parametrize("moment", [_before, _after], ids=["before", "after"])
@pytest.mark.parametrize(
    ("where", "name"),
    [
        (GitCommitter, "commit"),
        (GitCommitter, "push"),
        (MemoryState, "put_fact"),
        (reverting, "remember"),
        (landing, "propose"),
    ],
)
@pytest.mark.parametrize("lost", [False, True], ids=["state", "no-state"])
def test_killed_at_any_step_it_is_done_once(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    *,
    protected: bool,
    moment: Callable[..., object],
    where: object,
    name: str,
    lost: bool,
) -> None:
    """Each step is killed just before and just after it, at each of its calls in turn; then all is done again."""
    good, bad = stage.release("one"), stage.release("two")
    if protected:
        stage.refuse_pushes()
    for call in range(4):
        calls: list[int] = []

        def maybe(
            original: Callable[..., object], *arguments: object, call: int = call, calls: list[int] = calls
        ) -> object:
            calls.append(1)
            return moment(original, *arguments) if len(calls) == call + 1 else original(*arguments)

        with monkeypatch.context() as patch:
            wrap(patch, where, name, maybe)
            try:
                stage.revert(bad, good)
            except Killed:
                stage.follow(str(stage.shared))
        if lost:
            stage.state = MemoryState(stage.base.clock)
            stage.world = replace(stage.world, state=stage.state)
    outcome = stage.revert(bad, good)
    assert outcome.kind == ("branch" if protected else "pushed")
    made = stage.git("log", "--all", "--format=%H", "--grep=^Fairlead-Reverts").split()
    assert made == [outcome.commit]
    assert CAUSE.journal in stage.git("log", "-1", "--format=%(trailers)", outcome.commit)
    if not lost:
        assert stage.kinds().count("revert.proposed" if protected else "revert.pushed") == 1
