"""The CI files of docs/ci.md: valid by the code hosts' own schemas, and their commands do what the page says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.github.github_server import TOKEN, serve
from tests.scenario.check.hooked import BAD, GOOD, Person, with_name

ROOT = Path(__file__).parents[3]
GH = """\
#!/bin/sh
printf '%s\\n' "$*" >> "$GH_LOG"
case "$*" in *--paginate*) cat "$GH_KNOWN" ;; esac
"""


def ci_file(name: str) -> str:
    """The YAML that docs/ci.md shows under that name."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"```yaml\n(# {re.escape(name)}\n.*?)```", text, re.DOTALL)
    return str(found)


def step(name: str) -> dict[str, Any]:
    """A step of the workflow."""
    steps = yaml.safe_load(ci_file(".github/workflows/fairlead.yml"))["jobs"]["check"]["steps"]
    return dict(next(each for each in steps if each.get("name") == name))


@pytest.fixture
def changed(person: Person) -> Person:
    """A branch with one fine commit, beside a main branch that its remote has too."""
    person.write("fairlead.yaml", GOOD)
    person.commit("Begin")
    person.git("remote", "add", "origin", str(person.folder))
    person.git("switch", "--quiet", "--create", "change")
    person.write("fairlead.yaml", with_name("other"))
    person.commit("Change")
    return person


@pytest.mark.parametrize(
    ("name", "schema"),
    [(".github/workflows/fairlead.yml", "vendor.github-workflows"), (".gitlab-ci.yml", "vendor.gitlab-ci")],
)
def test_the_files_are_valid(name: str, schema: str, person: Person) -> None:
    """What the page shows is what the code host takes; a misspelt key would not be."""
    text = ci_file(name)
    person.write("ci.yml", text)
    person.run("check-jsonschema", "--builtin-schema", schema, "ci.yml")
    person.write("ci.yml", re.sub(r"timeout(-minutes)?: 15", r"timeout\1: [15]", text))
    person.run("check-jsonschema", "--builtin-schema", schema, "ci.yml", fails=True)


def test_actions_are_pinned() -> None:
    """Each action is named by a commit, with its version beside."""
    used = re.findall(r"uses: (\S+@\S+)(.*)", ci_file(".github/workflows/fairlead.yml"))
    assert len(used) == 3
    assert all(re.search(r"@[0-9a-f]{40}$", action) and re.search(r"# v\d+\.\d+\.\d+", rest) for action, rest in used)


def test_the_hooks_of_the_page_are_those_that_ship(person: Person) -> None:
    """pre-commit takes both files, and each hook that the page names is in the manifest."""
    person.write(".pre-commit-config.yaml", ci_file(".pre-commit-config.yaml"))
    person.run("pre-commit", "validate-config", ".pre-commit-config.yaml")
    person.run("pre-commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))
    named = {hook["id"] for hook in yaml.safe_load(ci_file(".pre-commit-config.yaml"))["repos"][0]["hooks"]}
    shipped = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    assert named == shipped


def test_the_check_of_the_workflow(changed: Person) -> None:
    """The step gives remarks, a status and both files; also when it fails."""
    script = step("Check")["run"]
    with serve() as github:
        for text, state in ((with_name("fine"), "success"), (BAD, "failure")):
            changed.write("fairlead.yaml", text)
            head = changed.commit(state)
            github.commits.add(head)
            more = {
                "BASE": changed.git("rev-parse", "main"),
                "HEAD": head,
                "GITHUB_TOKEN": TOKEN,
                "GITHUB_REPOSITORY": "org/shop",
                "GITHUB_API_URL": github.address,
            }
            told = replace(changed, more=more).run("bash", "-e", "-c", script, fails=state == "failure")
            assert "::notice title=fairlead check::" in told
            assert github.statuses[-1]["state"] == state
            sarif = json.loads((changed.folder / "fairlead.sarif").read_text())
            assert sarif["runs"][0]["invocations"][0]["exitCode"] == (state == "failure")
            assert (changed.folder / "comment.md").read_text().startswith("<!-- fairlead-check -->")
            changed.git("clean", "--quiet", "--force")


@pytest.mark.parametrize(
    ("known", "method"), [("", "POST repos/org/shop/issues/7"), ("41\n", "PATCH repos/org/shop/issues")]
)
def test_the_comment_is_replaced(changed: Person, tmp_path: Path, known: str, method: str) -> None:
    """A second push edits the comment of the first, and does not add another."""
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(GH)
    program.chmod(0o755)
    log, found = tmp_path / "log", tmp_path / "known"
    found.write_text(known)
    more = {
        "PATH": f"{program.parent}:{changed.environ['PATH']}",
        "GITHUB_REPOSITORY": "org/shop",
        "NUMBER": "7",
        "GH_LOG": str(log),
        "GH_KNOWN": str(found),
    }
    replace(changed, more=more).run("bash", "-e", "-c", step("Comment")["run"])
    asked, written = log.read_text().splitlines()
    assert 'startswith("<!-- fairlead-check -->")' in asked
    assert f"--method {method}" in written
    assert written.endswith("/comments/41 --field body=@comment.md" if known else "/comments --field body=@comment.md")


def test_the_script_of_gitlab(changed: Person) -> None:
    """The job compares with the target branch as it stands, and leaves both reports also when it fails."""
    script = "\n".join(yaml.safe_load(ci_file(".gitlab-ci.yml"))["fairlead"]["script"])
    for text, fails in ((with_name("fine"), False), (BAD, True)):
        changed.write("fairlead.yaml", text)
        head = changed.commit("Change")
        more = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_COMMIT_SHA": head}
        replace(changed, more=more).run("bash", "-e", "-c", script, fails=fails)
        issues = json.loads((changed.folder / "gl-code-quality-report.json").read_text())
        assert bool(issues) == fails
        assert "<testsuites" in (changed.folder / "fairlead.xml").read_text()
        changed.git("clean", "--quiet", "--force")
