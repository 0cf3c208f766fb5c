"""Ways past the gate that were found and closed: each was open once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fairlead.flows.converging.ruling import Ruled, Ruling
from fairlead.kernel.errors import BrokenWorldError
from tests.scenario.loop.scene import Scene

_BASELINE = """
policies:
  owners: [olga@example.com]
  packs: {baseline: {}}
"""

_BUDGET = """
priceBook:
  currency: USD
  rows: [{resource: cpu, price: 10, source: list, asOf: 2026-01-01, includes: [memory]}]
policies:
  owners: [olga@example.com]
  packs: {finops: {}}
"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A workspace with nothing declared yet."""
    return Scene(tmp_path)


def _rules(scene: Scene, text: str) -> None:
    path = scene.repo / "fairlead.yaml"
    path.write_text(path.read_text().partition("\npolicies:")[0].partition("\npriceBook:")[0] + text)


def _model(scene: Scene, name: str, old: str = "", new: str = "") -> None:
    """Change the text of a model's declaration, or add to it."""
    path = scene.repo / "models" / name / "model.yaml"
    text = path.read_text()
    path.write_text(text.replace(old, new) if old else text + new)


def _look(scene: Scene, times: int = 60) -> None:
    for _ in range(times):  # the rules are asked beside the loop, in real time
        scene.look()


def test_a_pin_of_a_commit_that_knew_no_such_environment_is_judged(scene: Scene) -> None:
    """A placement may name a commit whose model was never declared for the environment: the rules hold all the same."""
    path = scene.repo / "fairlead.yaml"
    more = "environments:\n  - name: dev\n    target: {port: 18781}\n"
    path.write_text(path.read_text().replace("environments:\n", more))
    _rules(scene, _BASELINE)
    scene.declare("digits", "v1")
    _model(scene, "digits", "  prod: {}", "  dev: {}")
    first = scene.commit("A model for dev, without a licence")
    scene.settle()
    _model(scene, "digits", "  dev: {}", f"  prod: {{commit: {first}}}")
    scene.commit("Pin it in prod")
    _look(scene)
    assert scene.running() == []


def test_a_refused_weakening_survives_a_restart(scene: Scene) -> None:
    """The state remembers which rules stand, and that what came after them is refused."""
    _rules(scene, _BASELINE)
    scene.declare("digits", "v1")
    _model(scene, "digits", new="provenance: {licence: mit}\n")
    first = scene.commit("Add digits")
    scene.settle()
    _rules(scene, _BASELINE.replace("{}", "{enforcement: warn}"))
    scene.declare("other", "v1")
    scene.commit("Slip something past the gate")
    _look(scene, 30)
    scene.restart()
    _look(scene)
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}


def test_what_shapes_no_release_is_read_as_it_stands_now(scene: Scene) -> None:
    """An owner that is named later lets the release go that was held without one."""
    _rules(scene, _BASELINE)
    scene.declare("digits", "v1")
    _model(scene, "digits", new="provenance: {licence: mit}\n")
    _model(scene, "digits", "team@example.com", "tbd")
    first = scene.commit("Add digits, and no real owner")
    _look(scene)
    assert scene.running() == []
    _model(scene, "digits", "owner: tbd", "owner: team@example.com")
    scene.commit("Name the owner")
    _look(scene)
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}


def test_more_servers_wait_for_the_rules(scene: Scene) -> None:
    """What shapes no release may still cost more than the budget: the number stays until the rules agree."""
    _rules(scene, _BUDGET)
    scene.declare("digits", "v1")
    _model(scene, "digits", "  replicas: 1\n", "  replicas: 1\n  resources: {cpu: '1', memory: 100Mi}\n")
    _model(scene, "digits", new="budget: {monthly: 8000}\n")
    scene.commit("Add digits")
    _look(scene)
    assert len(scene.running()) == 1
    _model(scene, "digits", "prod: {}", "prod: {replicas: 5}")
    scene.commit("Five times as many")
    _look(scene)
    assert len(scene.running()) == 1
    assert "in-violation" in scene.incidents()
    _model(scene, "digits", "monthly: 8000", "monthly: 80000")
    scene.commit("Pay for it")
    _look(scene)
    assert len(scene.running()) == 5


def test_a_policy_repository_that_comes_back_is_read(scene: Scene, tmp_path: Path) -> None:
    """While it cannot be reached nothing new starts; afterwards nobody has to restart anything."""
    work, address = tmp_path / "policies", tmp_path / "policies.git"
    commit = _policy_repository(work)
    source = f"{{url: '{address}', commit: {commit}, sources: [{{path: rules}}]}}"
    _rules(scene, f"\npolicies:\n  owners: [olga@example.com]\n  repository: {source}\n")
    scene.declare("digits", "v1")
    first = scene.commit("Add digits")
    _look(scene, 40)
    assert scene.running() == []
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(address)], check=True)
    _look(scene)
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}


def test_a_judge_that_broke_is_asked_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens no gate meanwhile, and holds up no look."""
    _rules(scene, _BASELINE)
    scene.declare("digits", "v1")
    _model(scene, "digits", new="provenance: {licence: mit}\n")
    calls: list[int] = []
    real = Ruling.rule

    def once_broken(self: Ruling, *arguments: object) -> Ruled:
        calls.append(1)
        if len(calls) == 1:
            raise BrokenWorldError("a worker died")
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Ruling, "rule", once_broken)
    first = scene.commit("Add digits")
    _look(scene, 80)
    assert len(calls) > 1
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}


def _policy_repository(folder: Path) -> str:
    """A repository with one rule that nothing breaks; the commit's id."""
    (folder / "rules").mkdir(parents=True)
    rule = (
        'package a\n\nimport rego.v1\n\nviolation contains {"msg": "no"} if input.review.object.metadata.name == "x"\n'
    )
    (folder / "rules" / "a.rego").write_text(rule)
    git = ["git", "-C", str(folder), "-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "A rule"]):
        subprocess.run([*git, *command], check=True)
    done = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout.strip()
