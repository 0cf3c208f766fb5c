"""`fairlead policy list` and `explain`: what holds where, why, and how; and a rule as Gatekeeper takes it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.scenario.cli.program import Program

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: 'nginx:latest'}]}\n"
SUITE = """\
kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
tests:
  - name: latest
    template: template.yaml
    constraint: constraint.yaml
    cases:
      - name: latest
        object: pod.yaml
        assertions: [{violations: 1, message: latest}]
      - name: pinned
        object: pinned.yaml
        assertions: [{violations: no}]
"""


def test_rules_are_listed_as_they_hold(program: Program) -> None:
    """By source and environment, tuned as declared; a rule that is off in one holds in the other alone."""
    answer = program.json("policy", "list")
    rules = {(each["id"], tuple(each["environments"])): each for each in answer["rules"]}
    assert rules["baseline/licence", ("dev",)]["enforcement"] == "warn"
    assert rules["baseline/licence", ("prod",)]["enforcement"] == "deny"
    assert ("baseline/owner", ("dev",)) not in rules
    assert rules["house/deny", ()]["source"] == "policies/house.rego"
    assert rules["house/deny", ()]["severity"] == "low"
    assert answer["verdict"] == "pass"
    table = program.run("policy", "list")
    assert "baseline/licence" in table.stdout
    assert "A name is short" in table.stdout


def test_a_wrong_setting_is_found_at_its_line(program: Program) -> None:
    """The command ends with 1, and names the rules that there are."""
    declared = program.workspace / "fairlead.yaml"
    declared.write_text(declared.read_text().replace("licence:", "license:"))
    run = program.run("policy", "list", exit_code=1)
    assert "fairlead.yaml:16:9" in run.stdout
    assert "its rules are" in run.stdout
    assert "licence" in run.stdout


def test_a_workspace_without_rules_says_how_to_begin(program: Program) -> None:
    """Nothing holds, and that is said."""
    declared = program.workspace / "fairlead.yaml"
    lines = (
        declared.read_text()
        .split("policies:\n  packs:")[0]
        .replace("    policies:\n      baseline: {enforcement: deny}\n", "")
    )
    declared.write_text(lines)
    assert "baseline: {}" in program.run("policy", "list").stdout


def test_a_rule_is_explained_as_it_holds_here(program: Program) -> None:
    """Reason, mend and reference; each parameter with its default; and the values in force by environment."""
    answer = program.json("policy", "explain", "baseline/licence")
    assert answer["reason"]
    assert answer["mend"]
    assert answer["reference"]
    assert "apache-2.0" in {each["name"]: each for each in answer["parameters"]}["licences"]["default"]
    assert [(way["environments"], way["enforcement"], way["parameters"]["licences"]) for way in answer["in_force"]] == [
        (["dev"], "warn", ["mit"]),
        (["prod"], "deny", ["mit"]),
    ]
    own = program.run("policy", "explain", "house/deny").stdout
    assert "Dashboards cut long names." in own
    assert "policies/house.rego:8" in own
    assert "does not hold" in program.run("policy", "explain", "finops/price-known").stdout


def test_rules_of_a_policy_repository_are_listed(program: Program, tmp_path: Path) -> None:
    """At the pinned commit, whatever became of its branch."""
    other = Program(tmp_path / "policies", program.home)
    other.workspace.mkdir()
    (other.workspace / "house.rego").write_text((program.workspace / "policies" / "house.rego").read_text())
    other.git("init", "--quiet", "--initial-branch", "main")
    commit = other.commit("Begin")
    (other.workspace / "house.rego").unlink()
    other.commit("Take it back")
    declared = program.workspace / "fairlead.yaml"
    pinned = f"  repository: {{url: {other.workspace}, commit: {commit}, sources: [{{path: house.rego}}]}}\n"
    declared.write_text(declared.read_text().replace("  sources:\n    - {path: policies}\n", pinned))
    answer = program.json("policy", "list")
    assert answer["verdict"] == "pass"
    assert "house/deny" in {each["id"] for each in answer["rules"]}


def test_packs_are_explained_without_a_workspace(program: Program) -> None:
    """One may read before one declares; an unknown rule is refused with those that are near."""
    program = Program(program.home, program.home)
    assert "mend:" in program.run("policy", "explain", "baseline/licence").stdout
    run = program.run("policy", "explain", "baseline/license", exit_code=2)
    assert "did you mean baseline/licence" in run.stderr


def exported(program: Program, rule: str, folder: Path) -> None:
    """A rule's template and constraint, and a suite over them."""
    folder.mkdir()
    text = program.run("policy", "explain", rule, "--format", "gatekeeper").stdout
    template, constraint = text.split("---\n")
    (folder / "template.yaml").write_text(template)
    (folder / "constraint.yaml").write_text(constraint)
    (folder / "pod.yaml").write_text(POD)
    (folder / "pinned.yaml").write_text(POD.replace("latest", "1.29"))
    (folder / "suite.yaml").write_text(SUITE)


def test_a_rule_goes_to_gatekeeper(program: Program, tmp_path: Path) -> None:
    """Template and constraint judge as the rule does, by the same suite that gator would run."""
    exported(program, "baseline/image-latest", tmp_path / "export")
    assert program.json("policy", "test", str(tmp_path / "export"))["summary"]["passed"] == 2


def test_an_export_is_that_of_an_environment(program: Program) -> None:
    """Enforcement and parameters in force there; a name that is not known, or a rule that is off there, is refused."""
    export = ("policy", "explain", "baseline/licence", "--format", "gatekeeper", "--environment")
    assert "enforcementAction: warn" in program.run(*export, "dev").stdout
    prod = program.run(*export, "prod").stdout
    assert "enforcementAction: deny" in prod
    assert "- mit\n" in prod
    assert "dev, prod" in program.run(*export, "production", exit_code=2).stderr
    off = (*export[:2], "baseline/owner", *export[3:])
    assert "does not hold in dev" in program.run(*off, "dev", exit_code=2).stderr


def test_gator_agrees(program: Program, tmp_path: Path, gator: str) -> None:
    """The real one takes the export, and gives the same answers."""
    exported(program, "baseline/image-latest", tmp_path / "export")
    run = subprocess.run([gator, "verify", f"{tmp_path}/export/..."], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_gatekeeper_cannot_judge_is_refused(program: Program) -> None:
    """A rule over the ledger, or one that is a constraint already, says what to do instead."""
    run = program.run("policy", "explain", "finops/budget-left", "--format", "gatekeeper", exit_code=2)
    assert "data.fairlead.ledger" in run.stderr
    run = program.run("policy", "explain", "house/deny", "--format", "gatekeeper", exit_code=2)
    assert "apply policies/house.rego itself" in run.stderr
