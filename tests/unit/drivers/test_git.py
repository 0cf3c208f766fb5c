"""The followed repository is read as Git tells it, and says clearly when it cannot be."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from fairlead.drivers.git import GitRepository, default_branch
from fairlead.drivers.git_program import GitProgram, plain_address, scrub
from fairlead.kernel.errors import BrokenWorldError, NotFoundError, UsageError
from tests.unit.drivers.origin import Origin


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """A repository with one commit."""
    made = Origin(tmp_path / "origin")
    made.commit("Begin\n\nWhy.\n\nApproved-by: Grace <grace@example.com>\nApproved-by: Joan", a__x="1")
    return made


def follow(origin: Origin, tmp_path: Path, folder: str = "") -> GitRepository:
    """The repository, fetched."""
    repository = GitRepository(str(origin.folder), tmp_path / "mirror", folder=folder)
    repository.fetch()
    return repository


def test_the_branch_is_the_remotes_head(origin: Origin, tmp_path: Path) -> None:
    """Whatever it is called; by path and by file address."""
    origin.git("branch", "--move", "main", "trunk")
    assert follow(origin, tmp_path).branch == "trunk"
    assert default_branch(f"file://{origin.folder}") == "trunk"


def test_a_commit_is_told_with_its_approvals(origin: Origin, tmp_path: Path) -> None:
    """Author, subject and the `Approved-by` trailers; also by a short id."""
    repository = follow(origin, tmp_path)
    head = repository.head()
    assert (head.author, head.email, head.subject) == ("Ada", "ada@example.com", "Begin")
    assert head.approved_by == ("Grace <grace@example.com>", "Joan")
    assert repository.commit(head.id[:7]) == head


@pytest.mark.parametrize("name", ["ffffffffff", "main", "HEAD", "", "zz", "../x", "--all"])
def test_an_unknown_commit_is_not_found(origin: Origin, tmp_path: Path, name: str) -> None:
    """Only ids are commits: a branch moves."""
    with pytest.raises(NotFoundError):
        follow(origin, tmp_path).commit(name)


def test_history_knows_which_commit_touched_what(origin: Origin, tmp_path: Path) -> None:
    """Along first parents, so that a merged branch is its merge."""
    origin.commit("b", b__y="1")
    origin.git("switch", "--quiet", "--create", "side", "HEAD~1")
    origin.commit("side", a__x="2")
    origin.git("switch", "--quiet", "main")
    origin.git("merge", "--quiet", "--no-ff", "-m", "merge", "side")
    origin.commit("gone", b__y="2")
    origin.git("rm", "-r", "--quiet", "a")
    origin.commit("without a")
    repository = follow(origin, tmp_path)
    head = repository.head().id
    assert [each.subject for each in repository.history(head, "a")] == ["without a", "merge", "Begin"]
    assert [each.subject for each in repository.history(head, "b/y")] == ["gone", "b"]
    assert len(list(repository.history(head))) == 5


def test_a_folder_of_a_repository_is_a_workspace(origin: Origin, tmp_path: Path) -> None:
    """Paths are the folder's own; a commit elsewhere does not count."""
    origin.commit("elsewhere", other="1")
    repository = follow(origin, tmp_path, "a")
    head = repository.head().id
    assert [each.path for each in repository.tree(head).entries("")] == ["x"]
    assert [each.subject for each in repository.history(head)] == ["Begin"]
    assert repository.changed(head, "") == ""
    assert repository.changed(origin.git("rev-parse", "HEAD~1"), "").startswith("diff --git a/x b/x")


def test_a_difference_is_shown(origin: Origin, tmp_path: Path) -> None:
    """Against the first parent; the first commit against nothing."""
    first = origin.git("rev-parse", "HEAD")
    second = origin.commit("two", a__x="2")
    repository = follow(origin, tmp_path)
    assert "+1" in repository.changed(first, "a")
    assert "-1" in repository.changed(second, "a/x")
    assert repository.changed(second, "b") == ""


def test_a_forced_push_is_followed_and_seen(origin: Origin, tmp_path: Path) -> None:
    """The dropped commit is no ancestor any more, and can still be read."""
    dropped = origin.commit("dropped", a__x="9")
    repository = follow(origin, tmp_path)
    origin.git("reset", "--quiet", "--hard", "HEAD~1")
    kept = origin.commit("instead", a__x="8")
    repository.fetch()
    assert repository.head().id == kept
    assert not repository.is_ancestor(dropped, kept)
    assert repository.commit(dropped).subject == "dropped"
    assert not repository.is_ancestor("f" * 40, kept)


def test_a_vanished_repository_is_a_broken_world(origin: Origin, tmp_path: Path) -> None:
    """The reason is git's; what was fetched can still be read."""
    repository = follow(origin, tmp_path)
    shutil.rmtree(origin.folder)
    with pytest.raises(BrokenWorldError, match="does not"):
        repository.fetch()
    assert repository.head().subject == "Begin"


def test_an_empty_repository_is_told(tmp_path: Path) -> None:
    """There is nothing to follow before the first commit."""
    empty = Origin(tmp_path / "empty")
    with pytest.raises(BrokenWorldError, match="names no branch"):
        default_branch(str(empty.folder))
    repository = GitRepository(str(empty.folder), tmp_path / "mirror", "main")
    with pytest.raises(NotFoundError, match="branches: none"):
        repository.head()


def test_two_writers_of_notes_lose_nothing(origin: Origin, tmp_path: Path) -> None:
    """The second push is refused by Git, takes the first one in, and is made again."""
    other = origin.commit("two")
    one = follow(origin, tmp_path)
    two = GitRepository(str(origin.folder), tmp_path / "mirror2")
    two.fetch()
    first = origin.git("rev-parse", "HEAD~1")
    one.write_note("refs/notes/fairlead/heads", first, "one")
    two.write_note("refs/notes/fairlead/heads", other, "two")
    one.fetch()
    assert one.read_note("refs/notes/fairlead/heads", first) == "one"
    assert one.read_note("refs/notes/fairlead/heads", other) == "two"
    assert one.read_note("refs/notes/fairlead/none", other) is None


def test_threads_read_at_once(origin: Origin, tmp_path: Path) -> None:
    """Each through its own handle."""
    repository = follow(origin, tmp_path)
    heads: list[str] = []
    threads = [threading.Thread(target=lambda: heads.append(repository.head().id)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heads == [origin.git("rev-parse", "HEAD")] * 4


@pytest.mark.parametrize("address", ["https://me:secret@example.com/x", "--upload-pack=touch /x", "ext::sh -c id", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """A password would be seen in the list of processes; an option would be obeyed. Neither is repeated."""
    with pytest.raises(UsageError) as refused:
        plain_address(address)
    assert "secret" not in str(refused.value)


def test_credentials_are_struck_out() -> None:
    """Also from what git itself says."""
    said = "fatal: unable to access 'https://me:secret@example.com/x/'"
    assert scrub(said) == "fatal: unable to access 'https://***@example.com/x/'"


def test_git_that_hangs_is_ended(tmp_path: Path) -> None:
    """Nobody waits for ever, and nothing is left running."""
    with pytest.raises(BrokenWorldError, match="no answer within"):
        GitProgram(tmp_path).run("-c", "alias.wait=!sleep 60", "wait", seconds=0.2)


def test_a_hooks_environment_does_not_leak(origin: Origin) -> None:
    """`fairlead check` in a pre-commit hook must not write into the hook's index."""
    program = GitProgram(origin.folder, {"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere", "PATH": "/usr/bin:/bin"})
    assert program.must("rev-parse", "--is-inside-work-tree").strip() == "true"
