"""What the gate does with rules: it keeps out what they refuse, keeps what runs, and cannot be weakened by a push."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.loop.scene import Scene

_POLICIES = """
policies:
  owners: [olga@example.com]
  packs:
    baseline:
      rules:
        RULE: {enforcement: STRENGTH}
"""

_WAIVER = """\
apiVersion: fairlead.dev/v1alpha1
kind: Waiver
rule: baseline/licence
reason: The licence is being asked for.
expires: 2026-01-20
requestedBy: ana@example.com
approvedBy: olga@example.com
"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A workspace with nothing declared yet."""
    return Scene(tmp_path)


def _rules(scene: Scene, rule: str = "owner", strength: str = "deny") -> None:
    """Declare the baseline, one rule of it tuned."""
    path = scene.repo / "fairlead.yaml"
    text = path.read_text().partition("\npolicies:")[0]
    path.write_text(text + _POLICIES.replace("RULE", rule).replace("STRENGTH", strength))


def _licensed(scene: Scene, name: str, licence: str = "mit") -> None:
    path = scene.repo / "models" / name / "model.yaml"
    path.write_text(path.read_text() + f"provenance: {{licence: {licence}}}\n")


def _until(scene: Scene, incidents: list[str]) -> None:
    """What runs is judged beside the loop, in real time: look until these incidents are open."""
    for _ in range(600):
        scene.look()
        if scene.incidents() == incidents:
            return
    pytest.fail(f"open incidents are {scene.incidents()}, and not {incidents}")


def test_what_a_rule_refuses_never_starts(scene: Scene) -> None:
    """A model without a licence is held with the rule's mend; with one it goes live."""
    _rules(scene)
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.settle()
    assert (scene.routed(), scene.running()) == ({}, [])
    (held,) = scene.state.incidents(open_only=True)
    assert (held.kind, held.environment, held.model) == ("git-not-live", "prod", "digits")
    assert "licence" in held.message
    _licensed(scene, "digits")
    commit = scene.commit("Say the licence")
    assert scene.settle().synced
    assert scene.routed() == {"digits": f"digits@{commit[:12]}"}


def test_the_verdict_is_in_the_journal_with_the_rules(scene: Scene) -> None:
    """Which rules said no, as a digest, and what they found."""
    _rules(scene)
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.settle()
    told = [each.draft for each in scene.state.search(kind="release.checked", model="digits")]
    of_rules = [each for each in told if each.environment == "prod"]
    assert [each.body["verdict"] for each in of_rules] == ["insufficient"]
    assert len(of_rules[0].body["rules"]) == 64


def test_stricter_rules_stop_nothing_that_runs(scene: Scene) -> None:
    """What would no longer pass goes on serving, in violation since the commit, until it is mended."""
    scene.declare("digits", "v1")
    first = scene.commit("Add digits")
    scene.settle()
    _rules(scene)
    scene.commit("Turn the baseline on")
    _until(scene, ["in-violation"])
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}
    (told,) = scene.state.incidents(open_only=True)
    assert told.kind == "in-violation"
    assert told.message.startswith("team@example.com: it runs and would not pass: baseline/")
    _licensed(scene, "digits")
    scene.commit("Say the licence")
    scene.settle()
    _until(scene, [])


def test_rules_cannot_be_weakened_by_a_push(scene: Scene) -> None:
    """While a weakening is not approved, nothing new starts, and what runs stays; taken back, work goes on."""
    _rules(scene)
    scene.declare("digits", "v1")
    _licensed(scene, "digits")
    first = scene.commit("Add digits")
    scene.settle()
    _rules(scene, "licence", "warn")
    scene.declare("other", "v1")
    scene.commit("Slip something past the gate")
    scene.settle()
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}
    (held,) = [each for each in scene.state.incidents(open_only=True) if each.model in {"", "digits"}]
    assert "baseline/licence" in held.message
    scene.git("revert", "--no-edit", "HEAD")
    scene.settle()
    assert scene.incidents() == []


def test_a_weakening_is_not_forgotten_by_a_new_process(scene: Scene) -> None:
    """Nor by a lost state folder, nor behind further commits: the walk through the history finds it again."""
    _rules(scene)
    scene.commit("Turn the baseline on")
    scene.settle()
    _rules(scene, "licence", "off")
    scene.commit("Turn a rule off")
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.lose_state()
    scene.settle()
    assert scene.running() == []
    scene.restart()
    scene.settle()
    assert scene.running() == []


def test_a_rewritten_history_brings_no_rules_of_its_own(scene: Scene) -> None:
    """A forced push of a branch that never had rules is compared with the rules that stood."""
    _rules(scene)
    scene.commit("Turn the baseline on")
    scene.settle()
    path = scene.repo / "fairlead.yaml"
    path.write_text(path.read_text().partition("\npolicies:")[0])
    scene.git("checkout", "-q", "--orphan", "clean")
    scene.declare("digits", "v1")
    scene.commit("Begin anew")
    scene.git("branch", "-M", "main")
    scene.settle()
    assert scene.running() == []
    scene.restart()
    scene.settle()
    assert scene.running() == []


def test_a_waiver_that_nobody_approved_sets_nothing_aside(scene: Scene) -> None:
    """It needs a signature that the workspace knows; a name in a file is none."""
    _rules(scene)
    scene.declare("digits", "v1")
    folder = scene.repo / "waivers"
    folder.mkdir()
    (folder / "licence.yaml").write_text(_WAIVER)
    scene.commit("Add digits and a waiver")
    scene.settle()
    assert scene.running() == []
