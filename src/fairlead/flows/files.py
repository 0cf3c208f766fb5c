"""A release's verified files on this machine: from the cache, else fetched beside the loop."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from fairlead.domain.release import Release
from fairlead.flows.lock import fetch_artifact
from fairlead.flows.world import World

__all__ = ["Fetcher"]

_PARALLEL = 2
"""Artifacts fetched at once: more would only share the same disk and network."""


class Fetcher:
    """Fetches without holding up the loop; an error comes out at the next look, once."""

    def __init__(self, world: World) -> None:
        """No thread is started before the first fetch."""
        self._world = world
        self._pool = ThreadPoolExecutor(_PARALLEL, thread_name_prefix="fetch")
        self._running: dict[str, Future[Path]] = {}

    def __call__(self, release: Release) -> Path | None:
        """The folder, or None while it is being fetched. Every call verifies what it hands out by the lock."""
        tree = release.lock.tree
        if tree not in self._running:
            self._running[tree] = self._pool.submit(fetch_artifact, self._world, release)
        if not self._running[tree].done():
            return None
        return self._running.pop(tree).result()

    def close(self) -> None:
        """Give up what is still being fetched; a partial file is resumed later."""
        self._pool.shutdown(wait=False, cancel_futures=True)
