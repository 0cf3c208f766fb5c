"""A promotion is one commit of one line; what stands between is told, and only what is not known may be overridden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.analysis import DEFAULT_ANALYSIS
from fairlead.domain.incident import Incident
from fairlead.domain.journal import Actor, Draft
from fairlead.domain.release import Deployment
from fairlead.domain.release_strategy import ReleaseStrategy
from fairlead.domain.rollout import Arm, Phase, Rollout
from fairlead.drivers.git_commits import GitCommitter
from fairlead.drivers.git_worktree import GitWorktree
from fairlead.flows.promote import PromotionResult, promote
from fairlead.flows.promotion_standing import standing_between
from fairlead.flows.rollouts.kept import Kept, keep
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.ports import Pushed
from tests.contract.github.github_server import TOKEN, GitHubServer, serve
from tests.scenario.reverts.stage import WORKSPACE, Stage, model_text

ACTOR = Actor("Ada")
HOUR = timedelta(hours=1)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """An empty shared repository."""
    return Stage(tmp_path)


def live(stage: Stage, commit: str, environment: str = "dev", ago: timedelta = 2 * HOUR) -> Arm:
    """The release of a commit went live in an environment some time ago."""
    arm = stage.arm(commit)
    since = stage.base.clock.now() - ago
    deployment = Deployment(environment, "digits", arm.name, arm.digest, commit, since)
    stage.state.go_live(deployment, Draft("deployment.live", ACTOR, environment, "digits"))
    return arm


def run(stage: Stage, *, to: str = "prod", reason: str = "", override: bool = False, **more: bool) -> PromotionResult:
    """Promote digits."""
    return promote(stage.world, "digits", to=to, reason=reason, override=override, actor=ACTOR, **more)


def rules(found: PromotionResult) -> list[str]:
    """The rules that stand between."""
    return [each.rule for each in found.findings]


def test_the_release_moves_on_by_one_line(stage: Stage) -> None:
    """The pin is the release that is live, though the file went on; nothing else of the repository changes."""
    places = "{dev: {}, prod: {replicas: 2}}"
    first = stage.release("one", environments=places)
    arm = live(stage, first)
    last = stage.release("two", environments=places)
    done = run(stage, reason="It is good.")
    assert (done.kind, done.release, done.before, done.branch) == ("pushed", arm.name, "dev", "main")
    assert stage.git("rev-parse", "main~1") == last
    pinned = places.replace("{replicas", f'{{commit: "{first[:12]}", replicas')
    assert stage.shown("main", "models/digits/model.yaml") == model_text("two", environments=pinned).strip()
    assert stage.git("diff", "--name-only", "main~1", "main") == "models/digits/model.yaml"
    message = stage.git("log", "-1", "--format=%B", "main")
    assert message.splitlines()[0] == "Promote digits to prod"
    assert f"{arm.name} moves on from dev." in message
    assert "It is good." in message
    assert f"Fairlead-Release: {arm.name}\nFairlead-Environment: prod" in message
    (record,) = [each.draft for each in stage.state.records() if each.draft.kind == "promotion.committed"]
    assert (record.commit, record.release, record.environment) == (done.commit, arm.digest, "prod")
    assert rules(run(stage)) == ["promote/nothing-new"]


def test_in_a_checkout_it_is_the_persons_commit(stage: Stage) -> None:
    """By their name, in their files; open changes are never committed with it."""
    live(stage, stage.release("one", environments="{dev: {}}"))
    checkout = GitWorktree(stage.origin.folder, stage.base.world.repository)  # type: ignore[arg-type]
    stage.world = replace(stage.world, worktree=checkout)
    stage.origin.write("models/digits/model.yaml", "mine")
    with pytest.raises(UsageError, match="not committed"):
        run(stage)
    stage.origin.git("checkout", "-q", ".")
    stage.origin.write("fairlead.yaml", "mine")
    done = run(stage)
    assert (done.kind, stage.origin.git("rev-parse", "HEAD")) == ("committed", done.commit)
    assert stage.origin.git("log", "-1", "--format=%an") == "Ada"
    assert stage.origin.git("show", "--name-only", "--format=", "HEAD") == "models/digits/model.yaml"
    assert "git push" in done.explanation


def test_a_release_soaks_first(stage: Stage) -> None:
    """What is left is told; with a reason a person may go on, which stays in Git and in the journal."""
    live(stage, stage.release("one", environments="{dev: {}}"), ago=HOUR / 3)
    refused = run(stage)
    assert (refused.kind, rules(refused), refused.commit) == ("refused", ["promote/soak"], "")
    assert refused.findings[0].message.endswith("runs in dev for 20m of 1h")
    assert refused.findings[0].mend == "wait for 40m"
    assert refused.findings[0].blocks
    with pytest.raises(UsageError, match="reason"):
        run(stage, override=True)
    done = run(stage, override=True, reason="Prod is on fire.")
    assert (done.kind, done.overridden) == ("pushed", True)
    assert "Fairlead-Override: promote/soak" in stage.git("log", "-1", "--format=%B", "main")
    assert stage.state.newest(1)[0].draft.body["overridden"] == ["promote/soak"]


def test_a_rollout_must_have_completed(stage: Stage) -> None:
    """One that still retains, and an incident, say that nobody knows yet; another release's rollout says nothing."""
    arm = live(stage, stage.release("one", environments="{dev: {}}"))
    now = stage.base.clock.now()
    rollout = Rollout(
        "1",
        "dev",
        "digits",
        arm,
        Arm("0" * 64, "digits@0"),
        "c",
        ReleaseStrategy(),
        "default",
        now,
        Phase.RETAINING,
        now,
    )
    keep(stage.world, Kept(rollout, DEFAULT_ANALYSIS))
    assert rules(run(stage)) == ["promote/verdict"]
    keep(stage.world, Kept(replace(rollout, new=rollout.old, old=arm, phase=Phase.STEPPING), DEFAULT_ANALYSIS))
    assert standing_between(stage.world, "digits")[0].between == ()
    keep(stage.world, Kept(replace(rollout, phase=Phase.COMPLETED), DEFAULT_ANALYSIS))
    assert standing_between(stage.world, "digits")[0].between == ()
    incident = Incident("dev/digits/unhealthy", "unhealthy", "dev", "digits", "", "it restarts", "look", now)
    stage.state.open_incident(incident, Draft("incident.opened", ACTOR))
    refused = run(stage)
    assert rules(refused) == ["promote/verdict"]
    assert "unhealthy: it restarts" in refused.findings[0].message


def test_nothing_live_is_not_overridden(stage: Stage) -> None:
    """There is nothing to promote, whatever the reason."""
    stage.release("one", environments="{dev: {}}")
    stage.world.repository.fetch()
    refused = run(stage, override=True, reason="please")
    assert (refused.kind, rules(refused), refused.overridden) == ("refused", ["promote/not-live"], False)


def test_names_that_make_no_sense_are_refused(stage: Stage) -> None:
    """An unknown environment with the known ones, and the first one."""
    live(stage, stage.release("one", environments="{dev: {}}"))
    with pytest.raises(NotFoundError, match="dev, prod"):
        run(stage, to="prd")
    with pytest.raises(UsageError, match="before dev"):
        run(stage, to="dev")


def test_an_environment_may_be_new_for_the_model(stage: Stage) -> None:
    """The line is added."""
    first = stage.release("one", environments="\n  dev: {}")
    live(stage, first)
    assert run(stage).kind == "pushed"
    assert stage.shown("main", "models/digits/model.yaml").endswith(f'  dev: {{}}\n  prod: {{commit: "{first[:12]}"}}')


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    """GitHub, and a token for it."""
    with serve() as found:
        monkeypatch.setenv("GITHUB_API_URL", found.address)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        yield found


def test_a_protected_branch_gets_a_pull_request(stage: Stage, github: GitHubServer) -> None:
    """Once, however often it is asked for; who promotes has a hand in it, and cannot approve it."""
    rules = f"policies: {{approvals: {{github: org/shop, githubApi: '{github.address}'}}}}\n"
    people = "principals: [{name: Ada, email: ada@example.com, roles: [operator, approver]}]\n"
    stage.origin.write("fairlead.yaml", WORKSPACE + rules + people)
    first = stage.release("one", environments="{dev: {}}")
    live(stage, first)
    stage.refuse_pushes()
    branch = f"fairlead/promote-digits-prod-{first[:12]}"
    made = run(stage)
    assert (made.kind, made.branch) == ("branch", branch)
    github.branches[branch] = made.commit
    done = run(stage)
    assert (done.kind, done.commit, done.pull_request) == (
        "proposed",
        made.commit,
        "https://github.example/org/shop/pull/20",
    )
    assert "Co-authored-by: Ada <ada@example.com>" in github.pulls[0]["body"]
    assert run(stage).pull_request == done.pull_request
    assert len(github.pulls) == 1
    github.pulls[0]["state"] = "closed"
    assert run(stage).pull_request == "https://github.example/org/shop/pull/21"


def test_a_pull_request_may_be_asked_for(stage: Stage) -> None:
    """Though the branch would take it."""
    head = stage.release("one", environments="{dev: {}}")
    live(stage, head)
    done = run(stage, pull_request=True)
    assert (done.kind, stage.git("rev-parse", "main")) == ("branch", head)
    assert "a pull request was asked for" in done.explanation


def test_somebody_else_pushes_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Theirs stays below ours; here in a workspace that is a folder of its repository."""
    stage = Stage(tmp_path, "ml/shop")
    first = stage.release("one", environments="{dev: {}}")
    live(stage, first)
    original, theirs = GitCommitter.push, list[str]()

    def push(self: GitCommitter, commit: str, branch: str) -> Pushed:
        if not theirs:
            stage.origin.write("README", "theirs")
            theirs.append(stage.push("Theirs"))
        return original(self, commit, branch)

    monkeypatch.setattr(GitCommitter, "push", push)
    done = run(stage)
    assert (done.kind, stage.git("rev-parse", "main~1")) == ("pushed", theirs[0])
    assert stage.git("diff", "--name-only", "main~1", "main") == "ml/shop/models/digits/model.yaml"


def test_the_way_leads_to_where_it_was_never_placed(stage: Stage) -> None:
    """The next environment is a station though the model does not name it yet; what lies behind that is none."""
    stage.origin.write("fairlead.yaml", WORKSPACE + "  - name: far\n    target: {port: 8899}\n")
    first = stage.release("one", environments="{dev: {}}")
    live(stage, first)
    dev, prod = standing_between(stage.world, "digits")
    assert (dev.following, dev.between) == ("prod", ())
    assert (prod.environment, prod.release, prod.following) == ("prod", "", "")


def test_the_way_is_shown(stage: Stage) -> None:
    """Which release is where, and what stands between: soak, approvals, windows."""
    text = WORKSPACE + "    approvals: 2\n    promotionWindows: [{begin: '09:00', end: '09:30'}]\n"
    stage.origin.write("fairlead.yaml", text)
    first = stage.release("one", environments="{dev: {}, prod: {}}")
    pinned = f'{{dev: {{}}, prod: {{commit: "{first[:12]}"}}}}'
    second = stage.release("two", environments=pinned)
    old, new = live(stage, first, "prod"), live(stage, second, ago=HOUR / 4)
    dev, prod = standing_between(stage.world, "digits")
    assert (dev.environment, dev.release, dev.following, dev.pinned) == ("dev", new.name, "prod", "")
    assert (dev.remaining, dev.approvals, dev.given) == (HOUR * 3 / 4, 2, ())
    assert [each.rule for each in dev.between] == ["promote/soak"]
    assert dev.opens is not None
    assert (dev.opens.hour, dev.opens.minute) == (9, 0)
    assert (prod.environment, prod.release, prod.following, prod.pinned) == ("prod", old.name, "", first[:12])
    assert (prod.between, prod.opens) == ((), None)
    assert standing_between(stage.world, "other") == ()
