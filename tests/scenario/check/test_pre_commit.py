"""The hooks for pre-commit, run by the real pre-commit, which installs them from this checkout as from any repository.

Installing takes a minute, so what it built is kept in `.tools/` until the sources change.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenario.check.hooked import BAD, GOOD, Person, with_name

ROOT = Path(__file__).parents[3]
KEPT = ROOT / ".tools" / "pre-commit"
SHIPPED = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "src")
HOUR = 3_600
POLICY = """\
package acme
import rego.v1
deny contains "no owner" if not input.owner
test_owner if count(deny) == 0 with input as {"owner": "ada"}
"""

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def shipped() -> dict[str, bytes]:
    """What a hook is installed from, as it lies in this checkout now: content by path."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", *SHIPPED]
    names = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
    found = {}
    for name in sorted(names):
        with suppress(FileNotFoundError):
            found[name] = (ROOT / name).read_bytes()
    return found


@pytest.fixture(scope="module")
def source() -> tuple[Path, str]:
    """A repository with this checkout's sources as its only commit: its path, and the commit."""
    files = shipped()
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0".encode() + hashlib.sha256(content).digest())
    place = KEPT / digest.hexdigest()[:16] / "source"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            forget_old()
            make_source(files, place)
    return place, Person(place, KEPT).git("rev-parse", "HEAD")


def forget_old() -> None:
    """Remove what was built for sources that nobody tested for an hour."""
    for folder in KEPT.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > HOUR:
            shutil.rmtree(folder, ignore_errors=True)


def make_source(files: dict[str, bytes], place: Path) -> None:
    """Write and commit the files beside `place`, and then move them there: it is whole, or not there."""
    draft = Person(place.with_name("draft"), KEPT)
    shutil.rmtree(draft.folder, ignore_errors=True)
    for name, content in files.items():
        copy = draft.folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
    draft.git("init", "--quiet", "--initial-branch", "main")
    draft.commit("Everything")
    draft.folder.rename(place)


@pytest.fixture
def hooked(person: Person, source: tuple[Path, str]) -> Person:
    """A workspace whose commits go through the hooks."""
    path, commit = source
    made = replace(person, more={"PRE_COMMIT_HOME": str(path.parent / "home")})
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
