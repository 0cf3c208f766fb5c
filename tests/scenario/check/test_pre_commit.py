"""The hooks for pre-commit, run by the real pre-commit, which installs them from this checkout as from any repository.

Installing takes a minute, so what it built is kept in `.tools/` until the sources change.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenario.check.hooked import BAD, GOOD, Person, with_name

ROOT = Path(__file__).parents[3]
KEPT = ROOT / ".tools" / "pre-commit"
SHIPPED = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "src")
POLICY = """\
package acme
import rego.v1
deny contains "no owner" if not input.owner
test_owner if count(deny) == 0 with input as {"owner": "ada"}
"""

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def shipped_files() -> list[Path]:
    """The files of this checkout that a hook is installed from, as they lie there."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", *SHIPPED]
    names = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
    return [ROOT / name for name in sorted(names) if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def source() -> tuple[str, str]:
    """A repository with this checkout's sources as its only commit: its path, and the commit."""
    files = shipped_files()
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    place = KEPT / digest.hexdigest()[:16]
    if not (place / ".git" / "refs" / "heads" / "main").exists():
        shutil.rmtree(KEPT, ignore_errors=True)
        for file in files:
            copy = place / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)
        made = Person(place, KEPT)
        made.git("init", "--quiet", "--initial-branch", "main")
        made.commit("Everything")
    return str(place), Person(place, KEPT).git("rev-parse", "HEAD")


@pytest.fixture
def hooked(person: Person, source: tuple[str, str]) -> Person:
    """A workspace whose commits go through the hooks."""
    path, commit = source
    made = replace(person, more={"PRE_COMMIT_HOME": str(KEPT / "home")})
    hooks = "\n".join(f"      - id: {name}" for name in ("fairlead-check", "fairlead-policy-test"))
    made.write(".pre-commit-config.yaml", f"repos:\n  - repo: {path}\n    rev: {commit}\n    hooks:\n{hooks}\n")
    made.run("pre-commit", "install", "--install-hooks", seconds=500)
    made.write("fairlead.yaml", GOOD)
    made.commit("Begin")
    return made


def test_a_commit_is_blocked_and_then_accepted(hooked: Person) -> None:
    """A mistake does not become a commit, its mend is told, and the mended one passes."""
    hooked.write("fairlead.yaml", BAD)
    hooked.git("add", "--all")
    told = hooked.git("commit", "--message", "A mistake", fails=True)
    assert "fairlead.yaml:4:1 error declare/unknown-field" in told
    assert "mend: " in told
    assert hooked.git("log", "--format=%s") == "Begin"
    hooked.write("fairlead.yaml", with_name("other"))
    hooked.commit("Mended")
    assert hooked.git("log", "--format=%s") == "Mended\nBegin"


def test_what_is_staged_is_judged(hooked: Person) -> None:
    """pre-commit puts aside what is not staged: it neither blocks a good commit nor saves a bad one."""
    hooked.write("fairlead.yaml", with_name("staged"))
    hooked.git("add", "--all")
    hooked.write("fairlead.yaml", BAD)
    hooked.git("commit", "--quiet", "--message", "Good, with a mistake beside it")
    hooked.git("add", "--all")
    hooked.write("fairlead.yaml", with_name("mended"))
    assert "declare/unknown-field" in hooked.git("commit", "--message", "A mistake, mended beside", fails=True)
    assert (hooked.folder / "fairlead.yaml").read_text() == with_name("mended")


def test_a_change_of_something_else_is_not_asked(hooked: Person) -> None:
    """A commit that touches nothing that the hooks judge does not wait for them."""
    hooked.write("notes.txt", "nothing")
    hooked.git("add", "--all")
    told = hooked.git("commit", "--message", "Notes")
    assert told.count("(no files to check)Skipped") == 2


def test_a_policy_that_fails_its_tests_is_blocked(hooked: Person) -> None:
    """Whoever changes a rule hears at once when its tests disagree."""
    hooked.write("policies/owner.rego", POLICY)
    hooked.commit("A rule")
    hooked.write("policies/owner.rego", POLICY.replace("== 0", "== 1"))
    hooked.git("add", "--all")
    assert "test_owner" in hooked.git("commit", "--message", "A wrong test", fails=True)
