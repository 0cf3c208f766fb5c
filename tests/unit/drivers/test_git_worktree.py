"""A rollback is one commit on what it names, in a checkout where everything else stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.drivers.git import GitRepository
from fairlead.drivers.git_worktree import GitWorktree
from fairlead.kernel.errors import BrokenWorldError, NotFoundError, UsageError
from tests.unit.drivers.origin import Origin


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """Two commits on `models/a`; the second adds a file."""
    made = Origin(tmp_path / "origin")
    made.commit("one", models__a__x="1", other="1")
    made.commit("two", models__a__x="2", models__a__new="2", other="2")
    return made


def worktree(origin: Origin, tmp_path: Path) -> GitWorktree:
    """The origin's own checkout."""
    return GitWorktree(origin.folder, GitRepository(str(origin.folder), tmp_path / "mirror"))


def test_a_folder_goes_back_in_one_commit(origin: Origin, tmp_path: Path) -> None:
    """Files that came later go; other files, staged ones too, are left alone."""
    origin.write("other", "open")
    origin.write("staged", "1")
    origin.git("add", "staged")
    made = worktree(origin, tmp_path).revert_paths(["models/a"], origin.git("rev-parse", "HEAD~1"), "Back", "Why.")
    assert (made.subject, made.id) == ("Back", origin.git("rev-parse", "HEAD"))
    assert origin.git("show", "--name-status", "--format=", "HEAD").split() == ["D", "models/a/new", "M", "models/a/x"]
    assert origin.git("status", "--porcelain").split() == ["M", "other", "A", "staged"]
    assert (origin.folder / "models/a/x").read_text() == "1"


@pytest.mark.parametrize("path", ["models/a/x", "models/a/untracked"])
def test_open_changes_are_never_overwritten(origin: Origin, tmp_path: Path, path: str) -> None:
    """A changed or a new file in the folder stops it, with a mend."""
    origin.write(path, "mine")
    with pytest.raises(UsageError, match="not committed"):
        worktree(origin, tmp_path).revert_paths(["models/a"], origin.git("rev-parse", "HEAD~1"), "Back", "")
    assert (origin.folder / path).read_text() == "mine"


def test_a_commit_without_the_folder_is_refused(origin: Origin, tmp_path: Path) -> None:
    """Also one that the checkout does not have."""
    for commit in ("HEAD", "f" * 40):
        with pytest.raises(NotFoundError):
            worktree(origin, tmp_path).revert_paths(["models/b"], commit, "Back", "")


def test_nothing_to_revert_is_said(origin: Origin, tmp_path: Path) -> None:
    """No empty commit is made."""
    head = origin.git("rev-parse", "HEAD")
    with pytest.raises(UsageError, match="already"):
        worktree(origin, tmp_path).revert_paths(["models/a"], head, "Back", "")
    assert origin.git("rev-parse", "HEAD") == head


def test_a_hook_that_refuses_leaves_the_files(origin: Origin, tmp_path: Path) -> None:
    """The folder is as it was, and the reason is told."""
    hook = origin.folder / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho 'error: not today' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(BrokenWorldError, match="not today"):
        worktree(origin, tmp_path).revert_paths(["models/a"], origin.git("rev-parse", "HEAD~1"), "Back", "")
    assert origin.git("status", "--porcelain") == ""
    assert (origin.folder / "models/a/new").read_text() == "2"


def test_a_workspace_in_a_folder_of_the_repository(origin: Origin, tmp_path: Path) -> None:
    """Paths are those of the workspace."""
    followed = GitRepository(str(origin.folder), tmp_path / "mirror", folder="models")
    GitWorktree(origin.folder / "models", followed).revert_paths(["a"], origin.git("rev-parse", "HEAD~1"), "Back", "")
    assert (origin.folder / "models/a/x").read_text() == "1"


def test_whether_it_is_followed_is_known(origin: Origin, tmp_path: Path) -> None:
    """A clone has to push, the followed checkout itself has not."""
    assert worktree(origin, tmp_path).is_followed()
    origin.git("clone", "--quiet", str(origin.folder), str(tmp_path / "clone"))
    followed = GitRepository(str(origin.folder), tmp_path / "mirror")
    assert not GitWorktree(tmp_path / "clone", followed).is_followed()


def test_an_edit_is_one_commit_of_one_file(origin: Origin, tmp_path: Path) -> None:
    """Its mode stays; open changes elsewhere are left alone."""
    (origin.folder / "models/a/x").chmod(0o755)
    origin.commit("executable")
    origin.write("other", "open")
    made = worktree(origin, tmp_path).edit_file("models/a/x", lambda text: text + b"!", "Edit", "Why.")
    assert (made.subject, origin.git("show", "HEAD:models/a/x")) == ("Edit", "2!")
    assert origin.git("ls-tree", "HEAD", "models/a/x").startswith("100755")
    assert origin.git("status", "--porcelain") == "M other"


def test_an_edit_that_is_refused_leaves_the_file(origin: Origin, tmp_path: Path) -> None:
    """By open changes, by nothing to change, by a hook, and where there is no such file."""
    subject = worktree(origin, tmp_path)
    origin.write("models/a/x", "mine")
    with pytest.raises(UsageError, match="not committed"):
        subject.edit_file("models/a/x", lambda text: text + b"!", "Edit", "")
    origin.git("checkout", "-q", ".")
    with pytest.raises(UsageError, match="already"):
        subject.edit_file("models/a/x", lambda text: text, "Edit", "")
    with pytest.raises(NotFoundError):
        subject.edit_file("models/none", lambda text: text, "Edit", "")
    hook = origin.folder / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(BrokenWorldError):
        subject.edit_file("models/a/x", lambda text: text + b"!", "Edit", "")
    assert (origin.folder / "models/a/x").read_text() == "2"
