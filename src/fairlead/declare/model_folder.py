"""One folder under `models/` -> spec, lock and findings. Nothing depends on another folder: it is kept by its id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.declare.document import read_document
from fairlead.declare.file_text import MAX_LOCK, fetch
from fairlead.declare.rules import Location, Places, located, model_breaches
from fairlead.declare.yaml_text import Node
from fairlead.domain.finding import Finding
from fairlead.domain.lock import Lock
from fairlead.domain.lock_text import parse_lock
from fairlead.domain.model import ModelSpec
from fairlead.domain.tree import TreeEntry
from fairlead.ports import Tree

__all__ = ["LOCK_FILE", "MODEL_FILE", "URI", "ModelFolder", "read_folder"]

MODEL_FILE = "model.yaml"
LOCK_FILE = "model.lock"
URI: Location = ("artifact", "uri")

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What one folder declares by itself. `places` are those of environments and plans, for rules that come later."""

    spec: ModelSpec | None
    lock: Lock | None
    findings: tuple[Finding, ...]
    places: Places


def read_folder(tree: Tree, folder: TreeEntry) -> ModelFolder:
    """Read `model.yaml` and `model.lock` of a folder."""
    name = folder.path.rpartition("/")[2]
    files = {each.path.rpartition("/")[2]: each for each in tree.entries(folder.path)}
    findings = list(_folder_findings(folder.path, name, files))
    entry = files.get(MODEL_FILE)
    if entry is None:
        return ModelFolder(None, None, tuple(findings), {})
    document = read_document(ModelSpec, tree, entry, name)
    findings += document.findings
    lock = None
    if LOCK_FILE in files:
        lock, found = _read_lock(tree, files[LOCK_FILE], name)
        findings += found
    spec, node = document.spec, document.node
    if spec is not None and node is not None:
        findings += located(model_breaches(spec), node.place, entry.path, name)
        findings += _pointer_findings(spec, node, entry.path, name, files, lock)
    return ModelFolder(spec, lock, tuple(findings), _places(spec, node))


def _places(spec: ModelSpec | None, node: Node | None) -> Places:
    if spec is None or node is None:
        return {}
    environments: list[Location] = [("environments", name) for name in spec.environments]
    plans: list[Location] = [("plans", index, "segment") for index in range(len(spec.plans))]
    locations = [URI, *environments, *plans]
    return {location: node.place(location) for location in locations}


def _folder_findings(path: str, name: str, files: dict[str, TreeEntry]) -> Iterator[Finding]:
    place = (f"{path}/{MODEL_FILE}", 1, 1)
    if not _NAME.fullmatch(name):
        message = f"`{name}` cannot be a model's name"
        mend = "rename the folder: lower-case letters, digits and hyphens, at most 63"
        yield Finding(*place, "declare/model-name", message, mend, model=name)
    if MODEL_FILE not in files:
        message, mend = f"the folder has no {MODEL_FILE}", f"add {MODEL_FILE}, or remove the folder"
        yield Finding(*place, "declare/no-model-file", message, mend, model=name)
    if "model.yml" in files:
        other = (f"{path}/model.yml", 1, 1)
        message, mend = f"only {MODEL_FILE} is read", f"rename it to {MODEL_FILE}, or remove it"
        yield Finding(*other, "declare/duplicate-model", message, mend, model=name)


def _read_lock(tree: Tree, entry: TreeEntry, model: str) -> tuple[Lock | None, tuple[Finding, ...]]:
    file = fetch(tree, entry, MAX_LOCK, model)
    if file.text is None:
        return None, (file.finding,) if file.finding else ()
    return parse_lock(file.text, entry.path, model)


def _pointer_findings(
    spec: ModelSpec, node: Node, path: str, model: str, files: dict[str, TreeEntry], lock: Lock | None
) -> Iterator[Finding]:
    line, column = node.place(URI)
    mend = f"run `fairlead lock {model}` and commit {LOCK_FILE}"
    if LOCK_FILE not in files:
        message = "the artifact is not pinned: there is no model.lock"
        yield Finding(path, line, column, "resolve/missing-lock", message, mend, model=model)
    elif lock is not None and lock.uri != spec.artifact.uri:
        message = "the lock pins another address than `artifact.uri`"
        yield Finding(path, line, column, "resolve/stale-lock", message, mend, model=model)
