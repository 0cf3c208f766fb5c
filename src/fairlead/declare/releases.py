"""Releases: which commit first declared what a model is now. Walks the history once, then only what is new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import RLock

from fairlead.declare.reader import MODELS, Declared, DeclaredModel, Reader
from fairlead.domain.release import Release, release_digest
from fairlead.ports import Repository

__all__ = ["ReleaseIndex", "pins"]


def pins(declared: Declared) -> Iterator[tuple[str, str]]:
    """(model, commit) of every placement that names an earlier commit instead of what is declared beside it."""
    for model in declared.models.values():
        for placement in model.spec.environments.values() if model.spec else ():
            if placement.commit:
                yield model.name, placement.commit


class ReleaseIndex:
    """First commits of all releases on one branch. A forced push that drops the known tip starts it anew.

    Threads take turns.
    """

    def __init__(self, repository: Repository, reader: Reader) -> None:
        self._repository = repository
        self._reader = reader
        self._turn = RLock()
        self._tip = ""
        self._first: dict[tuple[str, str], str] = {}
        self._folders: dict[str, str] = {}
        self._newest: dict[str, str] = {}
        self._digests: dict[tuple[str, str], str | None] = {}
        self._known: dict[tuple[str, str], Release | None] = {}
        self._last: tuple[str, Mapping[str, DeclaredModel], Mapping[str, Release]] = ("", {}, {})

    def releases(self, commit: str, declared: Declared) -> Mapping[str, Release]:
        """Release of each model that `declared`, the reading of `commit`, has whole; by model."""
        with self._turn:
            if self._last[0] != commit or self._last[1] is not declared.models:
                self._advance(commit)
                found = ((name, self._release(model, commit)) for name, model in declared.models.items())
                self._last = (commit, declared.models, {name: each for name, each in found if each is not None})
            return self._last[2]

    def newest_change(self, model: str, commit: str) -> str:
        """The newest first parent of `commit`, itself first, that changed the model; '' where none did.

        `commit` is the newest one that was asked about: one walk learns it for all models.
        """
        with self._turn:
            self._advance(commit)
            return self._newest.get(model, "")

    def release(self, model: str, commit: str) -> Release | None:
        """The release that `commit` declares for a model, for example a promotion's pin; None where it declares none.

        NotFoundError where there is no such commit. A commit off the branch's first parents is its own first commit.
        """
        key = (model, commit)
        with self._turn:
            if key in self._known:
                return self._known[key]
        full = self._repository.commit(commit).id
        found = self._reader.model(self._repository.tree(full), model)
        with self._turn:
            known = self._known[key] = None if found is None else self._release(found, full)
            return known

    def _release(self, model: DeclaredModel, commit: str) -> Release | None:
        digest = self._digest(model)
        if digest is None or model.spec is None or model.lock is None:
            return None
        first = self._first.get((model.name, digest), commit)
        return Release(model.name, digest, first, model.spec, model.lock)

    def _digest(self, model: DeclaredModel) -> str | None:
        key = (model.name, model.folder_id)
        if key not in self._digests:
            whole = model.spec is not None and model.lock is not None
            self._digests[key] = release_digest(model.spec, model.lock) if whole else None  # type: ignore[arg-type]
        return self._digests[key]

    def _advance(self, commit: str) -> None:
        """Learn the commits between the known tip and `commit`, oldest first."""
        if self._tip and self._repository.is_ancestor(commit, self._tip):
            return
        if self._tip and not self._repository.is_ancestor(self._tip, commit):
            self._tip, self._folders = "", {}
            self._first.clear()
            self._newest.clear()
        # A name depends on the first commit of its release, which is learned here.
        self._known.clear()
        new = []
        for each in self._repository.history(commit, MODELS):
            if each.id == self._tip:
                break
            new.append(each.id)
        for commit_id in reversed(new):
            self._learn(commit_id)
        self._tip = commit

    def _learn(self, commit: str) -> None:
        tree = self._repository.tree(commit)
        folders = {entry.path.rpartition("/")[2]: entry.id for entry in tree.entries(MODELS) if entry.kind == "tree"}
        for name, folder in folders.items():
            if self._folders.get(name) == folder:
                continue
            self._newest[name] = commit
            model = self._reader.model(tree, name)
            digest = None if model is None else self._digest(model)
            if digest is not None:
                self._first.setdefault((name, digest), commit)
        for name in self._folders.keys() - folders.keys():
            self._newest[name] = commit
        self._folders = folders
