"""A model's files wherever they are: opened, fetched and verified, at once or beside the loop."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

from fairlead.check.scanners.scan import scan_file
from fairlead.domain.finding import Severity
from fairlead.domain.lock import Lock
from fairlead.domain.release import Release
from fairlead.drivers.folder import FolderTree
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError, IntegrityError
from fairlead.ports import ArtifactCache, Progress, Tree
from fairlead.resolve.sources.base import PointerError, Source, SourceWorld, source_for

__all__ = ["Fetcher", "fetch", "open_source", "quiet", "refuse_unsafe"]

_PARALLEL = 2
"""Artifacts fetched at once: more would only share the same disk and network."""


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


def fetch_release(world: World, release: Release, progress: Progress = quiet) -> Path:
    """The verified files of a release; see `fetch`.

    Read from the newest commit that still declares the release, since its bytes may have been added after its lock;
    else from the commit that first declared it.
    """
    head = world.repository.head().id
    declared = world.releases.release(release.model, head)
    commit = head if declared is not None and declared.digest == release.digest else release.commit
    folder = fetch(release.lock, world.repository.tree(commit), world.cache, progress)
    refuse_unsafe(release.lock, folder)
    return folder


def refuse_unsafe(lock: Lock, folder: Path) -> None:
    """IntegrityError for a file that would run code where it is loaded.

    The gate has read what lies in the workspace; what comes from elsewhere is here only now.
    """
    paths = frozenset(file.path for file in lock.files)
    for file in lock.files:
        with (folder / file.path).open("rb") as stream:
            for problem in scan_file(stream, file.path, file.size, paths):
                if problem.severity in {Severity.ERROR, Severity.INSUFFICIENT}:
                    raise IntegrityError(f"{problem.rule}: {problem.message}", where=file.path, mend=problem.mend)


class Fetcher:
    """Fetches without holding up the loop; an error comes out at the next look, once."""

    def __init__(self, world: World) -> None:
        """No thread is started before the first fetch."""
        self._world = world
        self._pool = ThreadPoolExecutor(_PARALLEL, thread_name_prefix="fetch")
        self._running: dict[str, Future[Path]] = {}
        self._given_up = Event()

    def __call__(self, release: Release) -> Path | None:
        """The folder, or None while it is being fetched. What is handed out was verified by the lock, once."""
        asked = release.digest
        if asked not in self._running:
            self._running[asked] = self._pool.submit(fetch_release, self._world, release, self._going_on)
        if not self._running[asked].done():
            return None
        folder = self._running.pop(asked).result()
        # What was fetched for an earlier look that nobody waited for may have been tidied away since.
        return folder if folder.is_dir() else None

    def close(self) -> None:
        """Give up what is still being fetched, or the process could not end; a partial file is resumed later."""
        self._given_up.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _going_on(self, done: int, total: int, label: str) -> None:
        if self._given_up.is_set():
            raise BrokenWorldError(f"given up at {done} of {total} bytes: the control plane ends", where=label)
