"""A release is its content: it keeps its first commit through edits that change nothing, and through a revert."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.declare.reader import Reader
from fairlead.declare.releases import ReleaseIndex
from fairlead.domain.lock_text import render_lock
from fairlead.drivers.git import GitRepository
from fairlead.kernel.errors import NotFoundError
from tests.unit.declare.samples import LOCK, MODEL, WORKSPACE
from tests.unit.drivers.origin import Origin


class Story:
    """A repository that is changed, fetched and asked for the releases of its head."""

    def __init__(self, folder: Path) -> None:
        self.origin = Origin(folder / "origin")
        self.repository = GitRepository(str(self.origin.folder), folder / "mirror", "main")
        self.index = ReleaseIndex(self.repository, Reader())
        self.first = self.declare("one", MODEL)

    def declare(self, message: str, model: str) -> str:
        """Commit a declaration of `digits`."""
        files = {"fairlead.yaml": WORKSPACE, "models__digits__model.lock": render_lock(LOCK)}
        return self.origin.commit(message, **files, **{"models__digits__model.yaml": model})

    def release(self, index: ReleaseIndex | None = None) -> str:
        """The name of the release that the head declares."""
        self.repository.fetch()
        head = self.repository.head().id
        found = (index or self.index).releases(head, Reader().read(self.repository.tree(head)))
        return found["digits"].name if "digits" in found else ""


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """One commit that declares `digits`."""
    return Story(tmp_path)


def name(commit: str) -> str:
    """As people read it."""
    return f"digits@{commit[:12]}"


def test_a_revert_brings_the_same_release_back(story: Story) -> None:
    """Content decides, not the commit that holds it; learned step by step or all at once."""
    assert story.release() == name(story.first)
    second = story.declare("two", MODEL + "serving: {replicas: 3}\n")
    assert story.release() == name(second)
    story.declare("back", MODEL)
    assert story.release() == name(story.first)
    assert story.release(ReleaseIndex(story.repository, Reader())) == name(story.first)


@pytest.mark.parametrize(
    "change", ["description: other\n", "# a comment\n", "budget: {monthly: 5}\n", "serving: {replicas: 1}\n"]
)
def test_what_shapes_nothing_makes_no_release(story: Story, change: str) -> None:
    """A comment, an owner's words, a budget and a stated default restart nothing."""
    story.declare("words", MODEL + change)
    assert story.release() == name(story.first)


def test_a_broken_declaration_has_no_release(story: Story) -> None:
    """Neither as the branch's newest commit nor as the commit that a placement pins."""
    broken = story.declare("broken", "a: [")
    assert story.release() == ""
    story.declare("mended", MODEL)
    assert story.release() == name(story.first)
    assert story.index.release("digits", broken) is None


def test_a_pin_names_the_release_of_its_commit(story: Story) -> None:
    """Promotion runs what that commit declares, under the name it first had, by a short id too."""
    second = story.declare("two", MODEL + "serving: {replicas: 3}\n")
    again = story.declare("words", MODEL + "description: x\n")
    story.release()
    for pin, first in ((second[:8], second), (again, story.first)):
        found = story.index.release("digits", pin)
        assert found is not None
        assert found.name == name(first)
    assert story.index.release("other", second) is None
    with pytest.raises(NotFoundError):
        story.index.release("digits", "f" * 40)


def test_a_forced_push_starts_anew(story: Story) -> None:
    """A commit that is gone from the branch has declared nothing first."""
    dropped = story.declare("dropped", MODEL + "serving: {replicas: 3}\n")
    assert story.release() == name(dropped)
    story.origin.git("reset", "--quiet", "--hard", "HEAD~1")
    instead = story.declare("instead", MODEL + "serving: {replicas: 3}\n# other\n")
    assert story.release() == name(instead)
