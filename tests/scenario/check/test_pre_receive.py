"""The pre-receive hook on a real bare repository: what is pushed is judged while git still holds it in quarantine."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenario.check.hooked import BAD, GOOD, Person, with_name

HOOK = Path(__file__).parents[3] / "examples" / "hooks" / "pre-receive"


@pytest.fixture
def server(person: Person, tmp_path: Path) -> Person:
    """A bare repository with the hook, which holds the person's first commit."""
    bare = replace(person, folder=tmp_path / "server.git")
    bare.folder.mkdir()
    bare.git("init", "--quiet", "--bare", "--initial-branch", "main")
    person.git("remote", "add", "origin", str(bare.folder))
    person.write("fairlead.yaml", GOOD)
    person.commit("Begin")
    shutil.copy(HOOK, bare.folder / "hooks" / "pre-receive")
    assert "pass: no findings" in person.git("push", "origin", "main")
    return bare


def refs(server: Person) -> list[str]:
    """Names of what the server has."""
    return server.git("for-each-ref", "--format=%(refname)").split()


def test_a_push_is_blocked_and_then_accepted(person: Person, server: Person) -> None:
    """A commit with a mistake does not arrive, the person reads the mend, and the mended commit arrives."""
    begin = server.git("rev-parse", "main")
    person.write("fairlead.yaml", BAD)
    person.commit("A mistake")
    told = person.git("push", "origin", "main", fails=True)
    assert "remote: fairlead.yaml:4:1 error declare/unknown-field" in told
    assert "pre-receive hook declined" in told
    assert server.git("rev-parse", "main") == begin
    person.write("fairlead.yaml", with_name("mended"))
    mended = person.commit("Mended")
    person.git("push", "origin", "main")
    assert server.git("rev-parse", "main") == mended


@pytest.mark.usefixtures("server")
def test_the_commit_is_judged_and_not_the_checkout(person: Person) -> None:
    """What lies uncommitted in the pusher's folder changes nothing."""
    person.write("fairlead.yaml", with_name("other"))
    person.commit("Fine")
    person.write("fairlead.yaml", BAD)
    person.git("push", "origin", "main")
    person.commit("A mistake")
    person.write("fairlead.yaml", GOOD)
    assert "declare/unknown-field" in person.git("push", "origin", "main", fails=True)


def test_a_new_branch_is_judged_from_the_default_branch(person: Person, server: Person) -> None:
    """A branch that the server does not have is compared with the default branch, and may be refused."""
    person.git("switch", "--quiet", "--create", "fine")
    person.write("fairlead.yaml", with_name("fine"))
    person.commit("Fine")
    assert "compared with" in person.git("push", "origin", "fine")
    person.git("switch", "--quiet", "--create", "wrong")
    person.write("fairlead.yaml", BAD)
    person.commit("A mistake")
    person.git("push", "origin", "wrong", fails=True)
    assert refs(server) == ["refs/heads/fine", "refs/heads/main"]


def test_of_several_refs_one_bad_one_refuses_all(person: Person, server: Person) -> None:
    """A push is one act: a good branch beside a bad one does not arrive without it, and arrives alone."""
    person.git("branch", "good")
    person.git("switch", "--quiet", "--create", "bad")
    person.write("fairlead.yaml", BAD)
    person.commit("A mistake")
    told = person.git("push", "origin", "good", "bad", fails=True)
    assert "remote: fairlead: bad" in told
    assert "remote: fairlead: good" in told
    assert refs(server) == ["refs/heads/main"]
    person.git("push", "origin", "good")
    assert refs(server) == ["refs/heads/good", "refs/heads/main"]


def test_deletions_tags_and_notes_go_through(person: Person, server: Person) -> None:
    """Nothing runs from them, so they are not judged; approvals arrive as notes."""
    person.git("push", "origin", "main:refs/heads/old")
    person.write("fairlead.yaml", BAD)
    person.commit("A mistake")
    person.git("tag", "v1")
    person.git("notes", "--ref", "fairlead/approvals", "add", "--message", "approved")
    person.git("push", "origin", ":refs/heads/old", "v1", "refs/notes/fairlead/approvals")
    assert refs(server) == ["refs/heads/main", "refs/notes/fairlead/approvals", "refs/tags/v1"]


@pytest.mark.usefixtures("server")
def test_a_rewritten_branch_is_judged(person: Person) -> None:
    """A forced push is compared with what the branch held before."""
    person.write("fairlead.yaml", BAD)
    person.git("add", "--all")
    person.git("commit", "--quiet", "--amend", "--message", "Begin otherwise")
    assert "declare/unknown-field" in person.git("push", "--force", "origin", "main", fails=True)


@pytest.mark.usefixtures("server")
def test_a_large_file_is_read_in_quarantine(person: Person) -> None:
    """A blob that is streamed by git itself is found although the push is not accepted yet."""
    (person.folder / "models" / "m").mkdir(parents=True)
    (person.folder / "models" / "m" / "model.lock").write_text("{" + " " * (9 << 20) + "}")
    person.commit("A large lock")
    assert "remote: models/m" in person.git("push", "origin", "main", fails=True)
    assert "defect" not in person.git("push", "origin", "main", fails=True)


def test_without_an_answer_the_push_is_refused(person: Person, server: Person) -> None:
    """A gate that cannot be asked is shut."""
    person.write("fairlead.yaml", with_name("other"))
    person.commit("Fine")
    away = replace(person, more={"FAIRLEAD": str(server.folder / "no-such-program")})
    assert "the push is refused" in away.git("push", "origin", "main", fails=True)
    assert os.access(HOOK, os.X_OK)


@pytest.mark.usefixtures("server")
def test_a_push_cannot_switch_the_gate_off(person: Person) -> None:
    """The rules are those that the branch has: a push that turns a pack off is judged by it, and refused for it."""
    person.write("fairlead.yaml", f"{GOOD}policies:\n  packs:\n    baseline: {{}}\n  owners: [eve@example.com]\n")
    person.commit("Judge by the baseline")
    person.git("push", "origin", "main")
    person.write("fairlead.yaml", GOOD)
    person.commit("Judge by nothing")
    told = person.git("push", "origin", "main", fails=True)
    assert "fairlead.yaml error protection/pack-off" in told
    person.git("switch", "--quiet", "--create", "quietly")
    person.git("push", "origin", "quietly", fails=True)
