"""One promise for all trees: a commit's and the working folder's are read alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.drivers.folder import FolderTree
from fairlead.drivers.git import GitRepository
from fairlead.drivers.git_tree import STREAMED
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Tree, leaves
from tests.unit.drivers.origin import Origin

LARGE = b"0123456789abcdef" * (STREAMED // 16 + 1)


@pytest.fixture(params=["folder", "commit"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    """The same files on disk and in a commit."""
    origin = Origin(tmp_path / "origin")
    (origin.folder / "link").symlink_to("a")
    (origin.folder / "out").symlink_to(tmp_path)
    (tmp_path / "secret").write_text("secret")
    commit = origin.commit(a__x="1", a__b__y="22", B=b"", large=LARGE)
    if request.param == "folder":
        return FolderTree(origin.folder)
    repository = GitRepository(str(origin.folder), tmp_path / "mirror")
    repository.fetch()
    return repository.tree(commit)


def test_a_folder_lists_its_children(tree: Tree) -> None:
    """Sorted by path, with kind and size, without Git's own folder."""
    found = [(each.path, each.kind, each.size) for each in tree.entries("") if each.kind != "link"]
    assert found == [("B", "blob", 0), ("a", "tree", 0), ("large", "blob", len(LARGE))]
    assert [each.path for each in tree.entries("a")] == ["a/b", "a/x"]
    assert list(tree.entries("a/x")) == list(tree.entries("none")) == []


def test_links_are_shown_and_not_followed(tree: Tree) -> None:
    """Neither to a folder inside nor out of the tree."""
    assert {each.path for each in tree.entries("") if each.kind == "link"} == {"link", "out"}
    assert tree.entry("link/x") is None
    assert tree.entry("out/secret") is None
    assert list(tree.entries("link")) == []


def test_leaves_come_in_order_of_path(tree: Tree) -> None:
    """Files and links of all depths, no folders; nothing where there is no folder; too deep is refused, not cut off."""
    assert [each.path for each in leaves(tree)] == ["B", "a/b/y", "a/x", "large", "link", "out"]
    assert [each.path for each in leaves(tree, "a/b")] == ["a/b/y"]
    assert list(leaves(tree, "none")) == list(leaves(tree, "link")) == []
    assert len(list(leaves(tree, "", 2))) == 6
    with pytest.raises(BrokenWorldError, match="nested deeper than 1"):
        list(leaves(tree, "", 1))


@pytest.mark.parametrize("path", ["../secret", "a/../a/x", "/etc/passwd", "a//x", "a/", "./a", ".git/config", "\0"])
def test_no_path_leaves_the_root(tree: Tree, path: str) -> None:
    """Only a plain path names an entry."""
    assert tree.entry(path) is None


def test_bytes_come_as_a_stream(tree: Tree) -> None:
    """Small ones and large ones, which are streamed, byte for byte; left early without harm."""
    for path, content in (("a/b/y", b"22"), ("B", b""), ("large", LARGE)):
        entry = tree.entry(path)
        assert entry is not None
        with tree.open(entry) as stream:
            assert stream.read() == content
        with tree.open(entry) as stream:
            assert stream.read(1) == content[:1]


def test_a_folder_has_no_bytes(tree: Tree) -> None:
    """Opening one is a broken world, not an empty file."""
    entry = tree.entry("a")
    assert entry is not None
    with pytest.raises(BrokenWorldError):
        tree.open(entry).read()


def test_ids_tell_content_apart(tree: Tree) -> None:
    """Two entries of one tree have one id only where they are the same."""
    ids = [each.id for each in (*tree.entries(""), *tree.entries("a"))]
    assert len(set(ids)) == len(ids)
