"""`fairlead policy test`: real suites of Gatekeeper's library and real Rego tests, without a workspace."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.scenario.cli.program import Program
from tests.scenario.policy.conftest import DATA

SUITES = DATA / "library"


def test_the_excerpt_is_unchanged() -> None:
    """Every file is as the library published it, and none is missing or added."""
    lines = (DATA / "SHA256SUMS").read_text().splitlines()
    wanted = {name.removeprefix("./"): digest for digest, name in (line.split("  ") for line in lines)}
    own = {"README.md", "SHA256SUMS"}
    there = {path.relative_to(DATA).as_posix(): path for path in DATA.rglob("*") if path.is_file()}
    assert {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items() if name not in own
    } == wanted


def test_suites_of_the_library_pass(program: Program) -> None:
    """Templates with libraries, parameters, inventory and v0 Rego; the answer has a fixed form."""
    answer = program.json("policy", "test", str(SUITES))
    assert answer["schema_version"] == 1
    assert answer["summary"] == {"passed": len(answer["cases"]), "failed": 0, "errors": 0}
    assert len(answer["cases"]) == sum(path.read_text().count("object:") for path in SUITES.rglob("suite.yaml"))
    assert all(list(case) == ["suite", "test", "case", "expected", "got", "pass"] for case in answer["cases"])
    assert set(answer) == {"schema_version", "cases", "summary"}


@pytest.mark.usefixtures("opa")
def test_both_engines_agree(program: Program) -> None:
    """Case by case, message by message, over suites and unit tests."""
    embedded = program.json("policy", "test", str(DATA), "--engine", "regorus")
    assert program.json("policy", "test", str(DATA), "--engine", "opa") == embedded
    assert {case["pass"] for case in embedded["cases"]} == {True}
    assert any(case["test"] == "k8spspprivileged" for case in embedded["cases"])


def test_the_whole_library_passes(program: Program, public_data: Path) -> None:
    """All of its cases, where a copy of open-policy-agent/gatekeeper-library is at hand."""
    library = public_data / "gatekeeper-library" / "library"
    if not library.is_dir():
        pytest.skip(f"{library} is not there")
    summary = program.json("policy", "test", str(library))["summary"]
    assert summary == {"passed": 270, "failed": 0, "errors": 0}


def test_a_case_that_fails_fails_the_command(program: Program, tmp_path: Path) -> None:
    """Exit 1, and the table shows what was expected and what came."""
    suite = tmp_path / "requiredlabels"
    shutil.copytree(SUITES / "general" / "requiredlabels", suite)
    text = (suite / "suite.yaml").read_text()
    (suite / "suite.yaml").write_text(text.replace("violations: no", "violations: 3", 1))
    run = program.run("policy", "test", str(suite), exit_code=1)
    assert "exactly 3 violations" in run.stdout
    assert "no violations" in run.stdout
    assert "5 cases: 4 passed, 1 failed, 0 errors (regorus)" in run.stderr
    (suite / "template.yaml").unlink()
    answer = program.json("policy", "test", str(suite / "suite.yaml"), exit_code=1)
    assert answer["summary"] == {"passed": 0, "failed": 0, "errors": 5}


def test_nothing_to_run_is_wrong_use(program: Program, tmp_path: Path) -> None:
    """A folder that was renamed is no pass: exit 2, with the mend."""
    (tmp_path / "empty").mkdir()
    run = program.run("policy", "test", str(tmp_path / "empty"), exit_code=2)
    assert "there is no case to run" in run.stderr
    assert "kind: Suite" in run.stderr
    program.run("policy", "test", str(tmp_path / "nowhere"), exit_code=2)


def test_folders_too_deep_are_refused(program: Program, tmp_path: Path) -> None:
    """What lies deeper than is looked at was not tried: exit 2, never a pass of the rest."""
    shutil.copytree(SUITES / "general" / "requiredlabels", tmp_path / "cases")
    (tmp_path / "cases" / Path(*"d" * 40)).mkdir(parents=True)
    run = program.run("policy", "test", str(tmp_path / "cases"), exit_code=2)
    assert "folders are nested deeper than 32" in run.stderr


def test_a_suite_may_name_files_beside_its_folder(program: Program) -> None:
    """Anything in the repository around it, and nothing beyond."""
    folder = program.workspace / "gate" / "tests"
    shutil.copytree(SUITES / "general" / "requiredlabels", folder)
    shutil.move(folder / "template.yaml", folder.parent / "template.yaml")
    suite = folder / "suite.yaml"
    suite.write_text(suite.read_text().replace("template: template.yaml", "template: ../template.yaml"))
    assert program.json("policy", "test", "gate/tests")["summary"]["passed"] == 5
    suite.write_text(suite.read_text().replace("../template.yaml", "../../../template.yaml"))
    assert program.json("policy", "test", "gate/tests", exit_code=1)["summary"]["errors"] == 5
