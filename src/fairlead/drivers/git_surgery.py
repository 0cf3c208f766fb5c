"""Trees made of trees: some paths taken out of one, or put into another. All else keeps its object id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pygit2
from pygit2.enums import FileMode

from fairlead.drivers.git_tree import object_at

__all__ = ["graft", "pick"]

Entry = tuple[pygit2.Oid, FileMode]
"""What stands under a name: the object and its mode, so that links and executables stay what they are."""


def pick(repository: pygit2.Repository, tree: pygit2.Tree, paths: Iterable[str]) -> pygit2.Tree:
    """A tree that holds only `paths` of `tree`, at their places; a path that is not there is left out."""
    empty = repository[repository.TreeBuilder().write()].peel(pygit2.Tree)
    return graft(repository, empty, tree, paths)


def graft(repository: pygit2.Repository, tree: pygit2.Tree, source: pygit2.Tree, paths: Iterable[str]) -> pygit2.Tree:
    """`tree` with each of `paths` as `source` has it: replaced, added, or gone. A folder that empties goes too."""
    for path in paths:
        found = object_at(source, path)
        entry = None if found is None else (found.id, FileMode(found.filemode))
        made = put(repository, tree, path.split("/"), entry)
        tree = repository[made if made is not None else repository.TreeBuilder().write()].peel(pygit2.Tree)
    return tree


def put(
    repository: pygit2.Repository, tree: pygit2.Tree | None, parts: Sequence[str], entry: Entry | None
) -> pygit2.Oid | None:
    """The tree with `entry` at the place that `parts` name (None: with nothing there); None where it is empty then."""
    name, rest = parts[0], parts[1:]
    here = tree[name] if tree is not None and name in tree else None
    if rest:
        below = put(repository, here if isinstance(here, pygit2.Tree) else None, rest, entry)
        if below is None and here is not None and not isinstance(here, pygit2.Tree):
            return tree.id if tree is not None else None  # what stands in the way is no folder: nothing lies below
        entry = None if below is None else (below, FileMode.TREE)
    builder = repository.TreeBuilder(tree) if tree is not None else repository.TreeBuilder()
    if entry is not None:
        builder.insert(name, *entry)
    elif here is not None:
        builder.remove(name)
    return builder.write() if len(builder) else None
