"""Commits of fairlead's own: trees made of trees, and signatures that OpenSSH's own program accepts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pygit2
import pytest

from fairlead.drivers.git import GitRepository
from fairlead.drivers.git_commits import GitCommitter
from fairlead.drivers.git_surgery import graft, pick
from fairlead.drivers.signing import KeyFile
from fairlead.drivers.ssh_signature import allowed_signer, ssh_signature
from fairlead.kernel.errors import BrokenWorldError, NotFoundError
from fairlead.testing.time import ManualClock
from tests.unit.drivers.origin import Origin


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """A folder with a neighbour, and a file in its way later."""
    made = Origin(tmp_path / "origin")
    made.commit("one", a__b__x="1", a__b__y="1", a__c="1", top="1")
    return made


def committer(origin: Origin, tmp_path: Path) -> GitCommitter:
    """A committer on the mirror of the origin."""
    followed = GitRepository(str(origin.folder), tmp_path / "mirror", "main")
    followed.fetch()
    return GitCommitter(followed, KeyFile(tmp_path / "key"), ManualClock())


def trees(origin: Origin, *commits: str) -> tuple[pygit2.Repository, list[pygit2.Tree]]:
    """The repository, and the trees of commits."""
    repository = pygit2.Repository(str(origin.folder))
    return repository, [repository[each].peel(pygit2.Tree) for each in commits]


def listed(origin: Origin, tree: pygit2.Tree) -> list[str]:
    """Paths of a tree."""
    return origin.git("ls-tree", "-r", "--name-only", str(tree.id)).split()


def test_what_is_picked_stands_at_its_place(origin: Origin) -> None:
    """And what is not there is left out, also below a file."""
    repository, (tree,) = trees(origin, origin.git("rev-parse", "HEAD"))
    assert listed(origin, pick(repository, tree, ["a/b", "top", "none", "top/below"])) == ["a/b/x", "a/b/y", "top"]
    assert len(pick(repository, tree, ["none/at/all"])) == 0


def test_what_is_grafted_replaces_adds_and_removes(origin: Origin) -> None:
    """A folder that empties goes; a file that stands where a folder was gives way only to something."""
    first = origin.git("rev-parse", "HEAD")
    for path in ("a/b/x", "a/b/y"):
        (origin.folder / path).unlink()
    (origin.folder / "a/b").rmdir()
    second = origin.commit("two", a__b="a file now", new__deep="2")
    repository, (one, two) = trees(origin, first, second)
    assert listed(origin, graft(repository, two, one, ["a/b"])) == ["a/b/x", "a/b/y", "a/c", "new/deep", "top"]
    assert listed(origin, graft(repository, one, two, ["a/b", "new/deep"])) == ["a/b", "a/c", "new/deep", "top"]
    assert listed(origin, graft(repository, two, one, ["new/deep"])) == ["a/b", "a/c", "top"]
    assert graft(repository, two, one, ["a/b/none"]).id == two.id
    assert graft(repository, one, one, ["a", "top"]).id == one.id


def test_openssh_verifies_a_signature(tmp_path: Path) -> None:
    """With the line for the allowed signers; not of other bytes, nor in the namespace of approvals."""
    signer = KeyFile(tmp_path / "key")
    (tmp_path / "allowed").write_text(allowed_signer(signer, "bot@example.com") + "\n")

    def holds(data: bytes, namespace: str, signed: str) -> bool:
        (tmp_path / "sig").write_text(ssh_signature(signer, b"the bytes", signed) + "\n")
        place = ["-f", str(tmp_path / "allowed"), "-s", str(tmp_path / "sig")]
        command = ["ssh-keygen", "-Y", "verify", "-I", "bot@example.com", "-n", namespace, *place]
        return subprocess.run(command, input=data, capture_output=True, check=False).returncode == 0

    assert holds(b"the bytes", "git", "git")
    assert not holds(b"other bytes", "git", "git")
    assert not holds(b"the bytes", "fairlead", "fairlead")


def test_a_merge_touches_its_paths_only(origin: Origin, tmp_path: Path) -> None:
    """What else lies between the two commits stays as it is at the head; conflicts are named."""
    base = origin.git("rev-parse", "HEAD")
    theirs = origin.commit("theirs", a__b__x="2", a__c="2", top="2")
    origin.git("checkout", "-q", "-b", "head", base)
    head = origin.commit("head", a__b__y="3", a__c="3")
    made = committer(origin, tmp_path)
    done = made.merged(head, base, theirs, ["a/b"])
    assert done.conflicts == ()
    shown = {path: origin_blob(tmp_path, done.tree, path) for path in ("a/b/x", "a/b/y", "a/c", "top")}
    assert shown == {"a/b/x": "2", "a/b/y": "3", "a/c": "3", "top": "1"}
    conflict = made.merged(head, base, theirs, ["a/c"])
    assert conflict.conflicts == ("a/c",)
    assert origin_blob(tmp_path, conflict.tree, "a/c") == "2"


def origin_blob(tmp_path: Path, tree: str, path: str) -> str:
    """A file of a tree that only the mirror has."""
    command = ["git", "-C", str(tmp_path / "mirror"), "show", f"{tree}:{path}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_file_keeps_its_mode(origin: Origin, tmp_path: Path) -> None:
    """And a new one is a plain file."""
    (origin.folder / "a/c").chmod(0o755)
    head = origin.commit("executable")
    made = committer(origin, tmp_path)
    tree = made.with_file(head, "a/c", b"9")
    command = ["git", "-C", str(tmp_path / "mirror"), "ls-tree", "-r", tree]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "100755 blob" in next(line for line in told.splitlines() if line.endswith("a/c"))
    assert origin_blob(tmp_path, made.with_file(head, "new/file", b"n"), "new/file") == "n"


def test_a_push_that_reaches_nobody_is_told(origin: Origin, tmp_path: Path) -> None:
    """With a mend; it is no refusal."""
    head = origin.git("rev-parse", "HEAD")
    made = committer(origin, tmp_path)
    commit = made.commit(head, made.with_file(head, "top", b"2"), "x").id
    origin.folder.rename(tmp_path / "gone")
    with pytest.raises(BrokenWorldError, match="cannot push"):
        made.push(commit, "main")
    with pytest.raises(NotFoundError):
        made.message("f" * 40)
