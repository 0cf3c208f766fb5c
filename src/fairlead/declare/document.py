"""One declared file -> spec, node and findings: the way that fairlead.yaml and model.yaml share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from fairlead.declare.file_text import MAX_DECLARATION, fetch
from fairlead.declare.literal_secrets import token_findings
from fairlead.declare.shape import read_spec
from fairlead.declare.yaml_text import Node, YamlProblemError, parse_yaml
from fairlead.domain.declaration import Spec
from fairlead.domain.finding import Finding
from fairlead.domain.tree import TreeEntry
from fairlead.ports import Tree

__all__ = ["Document", "read_document"]

S = TypeVar("S", bound=Spec)


@dataclass(frozen=True, slots=True)
class Document(Generic[S]):
    """What a file holds. `spec` is None where anything about its shape is wrong, `node` where it is not even YAML."""

    spec: S | None
    node: Node | None
    findings: tuple[Finding, ...]


def read_document(kind: type[S], tree: Tree, entry: TreeEntry, model: str = "") -> Document[S]:
    """Read, parse and validate one file of `tree`."""
    file = fetch(tree, entry, MAX_DECLARATION, model)
    if file.text is None:
        return Document(None, None, (file.finding,) if file.finding else ())
    secrets = token_findings(file.text, entry.path, model)
    try:
        node = parse_yaml(file.text)
    except YamlProblemError as error:
        mend = "correct the YAML at this place"
        found = Finding(entry.path, error.line, error.column, error.rule, error.message, mend, model=model)
        return Document(None, None, (*secrets, found))
    if node is None:
        mend = "declare something, or remove the file"
        found = Finding(entry.path, 1, 1, "declare/empty-file", "the file is empty", mend, model=model)
        return Document(None, None, (*secrets, found))
    spec, findings = read_spec(kind, node, entry.path, model)
    return Document(spec, node, (*secrets, *findings))
