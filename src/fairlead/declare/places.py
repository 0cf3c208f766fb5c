"""Lines of a declaration's fields, looked up only when somebody asks: most declarations break no rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from fairlead.declare.file_text import MAX_DECLARATION, fetch
from fairlead.declare.yaml_text import Node, YamlProblemError, parse_yaml
from fairlead.domain.tree import TreeEntry
from fairlead.ports import Tree

__all__ = ["FieldPlaces"]

Location = tuple[str | int, ...]


class FieldPlaces(Mapping[Location, tuple[int, int]]):
    """Line and column by field of the YAML file `path`; a field that is not written has no place.

    `below` is where the file's top stands in the document that is asked for: ("spec",) for a model, which policies see
    as an object with a `spec`.
    """

    def __init__(self, tree: Tree, path: str, below: Location = ()) -> None:
        self._tree = tree
        self._path = path
        self._below = below

    def __getitem__(self, location: Location) -> tuple[int, int]:
        """Where the field is written."""
        if location[: len(self._below)] != self._below or self._node is None:
            raise KeyError(location)
        node, place = self._node, (self._node.line, self._node.column)
        for part in location[len(self._below) :]:
            child = node.children.get(part)
            if child is None:
                raise KeyError(location)
            place = node.keys.get(str(part), (child.line, child.column))
            node = child
        return place

    def __iter__(self) -> Iterator[Location]:
        """All fields that are written."""
        waiting: list[tuple[Location, Node]] = [(self._below, self._node)] if self._node else []
        while waiting:
            location, node = waiting.pop()
            yield location
            waiting += [((*location, part), child) for part, child in node.children.items()]

    def __len__(self) -> int:
        """How many fields are written."""
        return sum(1 for _ in self)

    @cached_property
    def _node(self) -> Node | None:
        entry: TreeEntry | None = self._tree.entry(self._path)
        text = fetch(self._tree, entry, MAX_DECLARATION).text if entry is not None and entry.kind == "blob" else None
        try:
            return None if text is None else parse_yaml(text)
        except YamlProblemError:
            return None  # told where the file is read
