"""A release's verified files on this machine: from the cache, else fetched beside the loop."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

from fairlead.domain.release import Release
from fairlead.flows.lock import fetch_artifact
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError

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
        self._given_up = Event()

    def __call__(self, release: Release) -> Path | None:
        """The folder, or None while it is being fetched. What is handed out was verified by the lock, once."""
        asked = release.digest
        if asked not in self._running:
            self._running[asked] = self._pool.submit(fetch_artifact, self._world, release, self._going_on)
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
