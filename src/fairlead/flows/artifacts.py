"""A model's files wherever they are: sources joined with the cache and the scanners, for the verbs that need bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from fairlead.domain.lock import Lock
from fairlead.drivers.folder import FolderTree
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import ArtifactCache, Progress, Tree
from fairlead.resolve.sources.base import PointerError, Source, SourceWorld, source_for

__all__ = ["fetch", "open_source", "quiet"]


def quiet(done: int, total: int, label: str) -> None:
    """A Progress that shows nothing."""


def open_source(uri: str, tree: Tree, environ: Mapping[str, str] = os.environ) -> Source:
    """The source that reads `uri` as seen from the workspace's `tree`. PointerError for an unknown scheme."""
    return source_for(uri, SourceWorld(tree, FolderTree, environ))


def fetch(lock: Lock, tree: Tree, cache: ArtifactCache, progress: Progress = quiet) -> Path:
    """A read-only folder with the lock's files, every byte compared with the lock just now.

    What the cache holds is read again; only what is missing or bad there is asked of the source, so that a release
    that ran before needs no network. IntegrityError for wrong bytes, BrokenWorldError where they cannot be had.
    """
    for file in lock.files:
        if cache.verify(file, progress):
            continue
        try:
            source = open_source(lock.uri, tree)
            cache.put(file, partial(source.open, lock, file), progress)
        except PointerError as error:
            raise BrokenWorldError(error.message, where=lock.uri, mend=error.mend) from error
    return cache.materialise(lock)
