"""Reads a whole tree into `Declared`, and remembers it by object id, so that a commit costs what it changed."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import RLock
from types import MappingProxyType

from fairlead.declare.document import Document, read_document
from fairlead.declare.model_folder import LOCK_FILE, MODEL_FILE, URI, ModelFolder, read_folder
from fairlead.declare.rules import located, placement_breaches, workspace_breaches
from fairlead.domain.finding import Finding
from fairlead.domain.lock import Lock
from fairlead.domain.model import ModelSpec
from fairlead.domain.tree import TreeEntry
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.ports import Progress, Tree

__all__ = ["LOCK_FILE", "MODELS", "MODEL_FILE", "WORKSPACE_FILE", "Declared", "DeclaredModel", "Reader"]

WORKSPACE_FILE = "fairlead.yaml"
MODELS = "models"

_PAST = 4_096
"""Folders of earlier commits that are remembered, about 2 KB each."""

_PROGRESS_STEP = 256


@dataclass(frozen=True, slots=True)
class DeclaredModel:
    """One model as a tree declares it. `spec` and `lock` are None where they cannot be read; `findings` say why.

    `path` is the folder, `folder_id` the tree's object id of it: equal ids declare the same model. `uri_place` is line
    and column of `artifact.uri` in its model.yaml.
    """

    name: str
    path: str
    spec: ModelSpec | None
    lock: Lock | None
    folder_id: str
    findings: tuple[Finding, ...] = ()
    uri_place: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Declared:
    """Everything that a tree declares. `findings` are those of the workspace and of all models, in order of place."""

    workspace: WorkspaceSpec | None
    models: Mapping[str, DeclaredModel]
    findings: tuple[Finding, ...]


class Reader:
    """Reads trees, and keeps what it read between them. Threads take turns."""

    def __init__(self) -> None:
        self._turn = RLock()
        self._folders: dict[tuple[str, str], ModelFolder] = {}
        self._past: OrderedDict[tuple[str, str], ModelFolder] = OrderedDict()
        self._last: tuple[tuple[str, str], Declared] | None = None

    def read(self, tree: Tree, progress: Progress | None = None) -> Declared:
        """The whole declaration of `tree`; what has the same object id as in an earlier read is not read again."""
        with self._turn:
            return self._read(tree, progress)

    def _read(self, tree: Tree, progress: Progress | None) -> Declared:
        workspace, models = tree.entry(WORKSPACE_FILE), tree.entry(MODELS)
        key = (workspace.id if workspace else "", models.id if models else "")
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        document = _read_workspace(tree, workspace)
        folders, findings = _model_folders(tree, models)
        declared: dict[str, DeclaredModel] = {}
        kept: dict[tuple[str, str], ModelFolder] = {}
        with _collector_paused():
            for done, folder in enumerate(folders):
                name = folder.path.rpartition("/")[2]
                read = kept[name, folder.id] = self._folder(tree, folder)
                declared[name] = _declare(name, folder, read, document.spec)
                if progress is not None and done % _PROGRESS_STEP == 0:
                    progress(done, len(folders), "reading models")
        found = [*document.findings, *findings, *(each for model in declared.values() for each in model.findings)]
        answer = Declared(document.spec, MappingProxyType(declared), tuple(sorted(found)))
        self._folders, self._last = kept, (key, answer)
        return answer

    def workspace(self, tree: Tree) -> WorkspaceSpec | None:
        """What `tree` declares for all models, without reading any; None where that cannot be read."""
        return _read_workspace(tree, tree.entry(WORKSPACE_FILE)).spec

    def read_some(self, tree: Tree, names: Iterable[str]) -> Declared:
        """The workspace and only the models of these names, as far as they are there: costs what is asked for."""
        document = _read_workspace(tree, tree.entry(WORKSPACE_FILE))
        declared: dict[str, DeclaredModel] = {}
        findings = list(document.findings)
        for name in sorted(names):
            entry = tree.entry(f"{MODELS}/{name}")
            if entry is None:
                continue
            if entry.kind != "tree":
                findings.append(_no_folder(entry, name))
                continue
            with self._turn:
                declared[name] = _declare(name, entry, self._folder(tree, entry), document.spec)
        found = [*findings, *(each for model in declared.values() for each in model.findings)]
        return Declared(document.spec, MappingProxyType(declared), tuple(sorted(found)))

    def model(self, tree: Tree, name: str) -> DeclaredModel | None:
        """One model of a tree, for example of an earlier commit, without what the workspace says about it."""
        folder = tree.entry(f"{MODELS}/{name}")
        if folder is None or folder.kind != "tree":
            return None
        with self._turn:
            read = self._folder(tree, folder)
            self._past[name, folder.id] = read
            if len(self._past) > _PAST:
                self._past.popitem(last=False)
        return _declare(name, folder, read, None)

    def _folder(self, tree: Tree, folder: TreeEntry) -> ModelFolder:
        key = (folder.path.rpartition("/")[2], folder.id)
        known = self._folders.get(key) or self._past.get(key)
        return read_folder(tree, folder) if known is None else known


@contextmanager
def _collector_paused() -> Iterator[None]:
    """What is read has no cycles, and is kept: looking for garbage meanwhile takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _declare(name: str, folder: TreeEntry, read: ModelFolder, workspace: WorkspaceSpec | None) -> DeclaredModel:
    findings = read.findings
    if read.spec is not None and workspace is not None:
        breaches = placement_breaches(read.spec, workspace)
        path = f"{folder.path}/{MODEL_FILE}"
        findings += located(breaches, lambda location: read.places.get(location, (1, 1)), path, name)
    place = read.places.get(URI, (1, 1))
    return DeclaredModel(name, folder.path, read.spec, read.lock, folder.id, findings, place)


def _read_workspace(tree: Tree, entry: TreeEntry | None) -> Document[WorkspaceSpec]:
    if entry is None:
        mend = "run `fairlead init`, or name the folder that holds it"
        found = Finding(WORKSPACE_FILE, 1, 1, "declare/no-workspace", f"there is no {WORKSPACE_FILE}", mend)
        return Document(None, None, (found,))
    document = read_document(WorkspaceSpec, tree, entry)
    if document.spec is None or document.node is None:
        return document
    found_more = located(workspace_breaches(document.spec), document.node.place, entry.path)
    return replace(document, findings=(*document.findings, *found_more))


def _model_folders(tree: Tree, models: TreeEntry | None) -> tuple[list[TreeEntry], list[Finding]]:
    """The folders below `models/`, and findings for what stands there and is none."""
    if models is None:
        return [], []
    if models.kind != "tree":
        return [], [_no_folder(models, "")]
    entries = {
        name: each for each in tree.entries(MODELS) if not (name := each.path.rpartition("/")[2]).startswith(".")
    }
    folders = [each for each in entries.values() if each.kind == "tree"]
    strays = {name: each for name, each in entries.items() if each.kind in {"link", "commit"} or _is_stray_yaml(each)}
    stray = [_no_folder(each, name) for name, each in strays.items()]
    return folders, [*stray, *_colliding(folders)]


def _is_stray_yaml(entry: TreeEntry) -> bool:
    return entry.kind == "blob" and entry.path.endswith((".yaml", ".yml"))


def _no_folder(entry: TreeEntry, name: str) -> Finding:
    what = {"link": "a symbolic link, which is never followed", "commit": "a submodule, which is not read"}
    message = f"this is {what.get(entry.kind, 'not a folder')}"
    mend = f"declare a model in {MODELS}/NAME/{MODEL_FILE}"
    return Finding(entry.path, 1, 1, "declare/not-a-folder", message, mend, model=name)


def _colliding(folders: list[TreeEntry]) -> Iterator[Finding]:
    """Folders whose names differ in case only: on many systems they are one folder."""
    seen: dict[str, str] = {}
    for folder in folders:
        first = seen.setdefault(folder.path.casefold(), folder.path)
        if first != folder.path:
            message = f"the same model as {first}: the names differ in case only"
            name = folder.path.rpartition("/")[2]
            place = (f"{folder.path}/{MODEL_FILE}", 1, 1)
            yield Finding(*place, "declare/duplicate-model", message, "rename or remove one of them", model=name)
