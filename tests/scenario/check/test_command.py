"""The command itself: which options go together, where the answer goes, and with which status it ends."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.scenario.check.hooked import BAD, GOOD, Person, with_name

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {owner: ada}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:latest
"""


def test_one_check_serves_all_readers(person: Person) -> None:
    """Each form is written beside the table, also where the check fails, and all tell the same."""
    person.write("fairlead.yaml", BAD)
    forms = ("json", "sarif", "junit", "github", "gitlab", "markdown")
    told = person.run("fairlead", "check", *(f"--output={form}=out.{form}" for form in forms), fails=True)
    assert "fairlead.yaml:4:1 error declare/unknown-field" in told
    texts = {form: (person.folder / f"out.{form}").read_text() for form in forms}
    assert json.loads(texts["json"])["verdict"] == "fail"
    assert json.loads(texts["sarif"])["runs"][0]["results"][0]["ruleId"] == "declare/unknown-field"
    assert ET.fromstring(texts["junit"]).attrib["failures"] == "1"  # noqa: S314 - our own text
    assert texts["github"].startswith("::error file=fairlead.yaml,line=4,col=1,")
    assert json.loads(texts["gitlab"])[0]["check_name"] == "declare/unknown-field"
    assert texts["markdown"].startswith("<!-- fairlead-check -->")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--output", "report.xml"), "write FORM=FILE, with FORM one of json, sarif, junit"),
        (("--output", "yaml=report"), "write FORM=FILE"),
        (("--output", "json="), "write FORM=FILE"),
        (("--publish", "github"), "name it: --commit HEAD"),
        (("--running", "--base", "main"), "leave them out, or --running"),
        (("--branch", "main"), "add --running"),
        (("--base", "nowhere"), "`nowhere` names no commit here"),
        (("--commit", "nowhere"), "`nowhere` names no commit here"),
    ],
)
def test_what_says_nothing_is_refused(person: Person, options: tuple[str, ...], told: str) -> None:
    """Options that do not fit end with the mend, and nothing is checked."""
    person.write("fairlead.yaml", GOOD)
    person.commit("Begin")
    answer = person.run("fairlead", "check", *options, fails=True)
    assert told in " ".join(answer.split())
    assert "pass: " not in answer


def test_the_status_tells_a_finding_from_a_broken_world(person: Person) -> None:
    """0 is a pass, 1 is any other verdict, and 2 means that nothing was judged."""
    script = 'fairlead check "$@"; echo "status $?"'
    person.write("fairlead.yaml", GOOD)
    assert "status 0" in person.run("sh", "-c", script, "sh")
    person.write("fairlead.yaml", BAD)
    assert "status 1" in person.run("sh", "-c", script, "sh")
    assert "status 2" in person.run("sh", "-c", script, "sh", "--base", "main")
    assert "status 2" in person.run("sh", "-c", script, "sh", "--output", "json=no/such/folder/a.json")


def test_a_commit_is_checked_and_not_the_folder(person: Person) -> None:
    """What lies uncommitted changes nothing, in either direction."""
    person.write("fairlead.yaml", BAD)
    person.commit("A mistake")
    person.write("fairlead.yaml", GOOD)
    person.run("fairlead", "check", "--commit", "HEAD", fails=True)
    person.run("fairlead", "check")


def test_only_the_change_is_told(person: Person) -> None:
    """With a base, an old mistake elsewhere is no matter of the change, and the base is named."""
    person.write("fairlead.yaml", GOOD)
    person.write("models/old/model.yaml", "nonsense: true\n")
    base = person.commit("An old mistake")
    person.run("fairlead", "check", fails=True)
    person.write("notes.txt", "nothing")
    person.commit("Notes")
    told = person.run("fairlead", "check", "--base", base, "--commit", "HEAD")
    assert f"compared with {base[:12]}" in told


def test_anybodys_repository(person: Person, tmp_path: Path) -> None:
    """Without fairlead.yaml: what runs with which pins, what the packs find, and extra Rego of one's own."""
    person.write("deploy/web.yaml", MANIFEST)
    answer = json.loads(person.run("sh", "-c", "fairlead check . --format json 2>/dev/null; true"))
    assert [(each["what"], each["pin"]) for each in answer["running"]] == [("registry.example/web:latest", "moving")]
    assert "baseline/image-latest" in {each["rule"] for each in answer["findings"]}
    rego = tmp_path / "policies" / "house.rego"
    rego.parent.mkdir()
    rego.write_text('package house\nimport rego.v1\ndeny contains "not on a Friday"\n')
    assert "not on a Friday" in person.run("fairlead", "check", ".", "--policy", str(rego.parent), fails=True)


def test_a_folder_below_is_its_workspace(person: Person) -> None:
    """PATH may lie within a workspace; all of it is checked."""
    person.write("fairlead.yaml", with_name("other"))
    person.write("models/m/model.yaml", "nonsense: true\n")
    assert "models/m/model.yaml" in person.run("fairlead", "check", "models/m", fails=True)


def test_code_hosts_are_told_paths_from_the_root(person: Person) -> None:
    """A workspace in a folder of a repository: remarks and alerts stand at the file that the code host knows."""
    person.write("ml/fairlead.yaml", BAD)
    person.commit("A mistake")
    for options in ((), ("--commit", "HEAD")):
        script = 'fairlead check ml "$@" --format github --output sarif=a.sarif --output gitlab=a.json; true'
        assert "::error file=ml/fairlead.yaml,line=4" in person.run("sh", "-c", script, "sh", *options)
        (result,) = json.loads((person.folder / "a.sarif").read_text())["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "ml/fairlead.yaml"
        (issue,) = json.loads((person.folder / "a.json").read_text())
        assert issue["location"]["path"] == "ml/fairlead.yaml"


def test_what_is_named_is_judged_whatever_has_changed(person: Person) -> None:
    """With a base, old manifests are left alone; a plan of --iac and a rule that cannot be read are not."""
    person.write("deploy/web.yaml", MANIFEST)
    person.write(".gitignore", "build\n")
    base = person.commit("An old mistake")
    person.write("notes.txt", "nothing")
    person.commit("Notes")
    compared = ("fairlead", "check", ".", "--base", base, "--commit", "HEAD")
    assert "deploy/web.yaml:" not in person.run(*compared, "--format", "github")
    person.write("build/rendered.yaml", MANIFEST)
    told = person.run(*compared, "--iac", "build/rendered.yaml", "--format", "github", fails=True)
    assert "file=build/rendered.yaml,line=11" in told
    person.write("rules/broken.rego", "package broken\ndeny contains {\n")
    assert "broken.rego" in person.run(*compared, "--policy", "rules", fails=True)
