"""Policy repositories, cloned into a cache of their own and read at the commit that the workspace pins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fairlead.domain.gate import PolicyRepository
from fairlead.drivers.git import GitRepository
from fairlead.flows.judging.rulebook import Shelf
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.errors import NotFoundError
from fairlead.ports import Tree

__all__ = ["cache_folder", "policy_shelf"]


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where what can be had again is kept: `fairlead` under XDG_CACHE_HOME."""
    home = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME", "/")) / ".cache")
    return Path(home) / "fairlead"


def policy_shelf(cache: Path) -> Shelf:
    """A shelf whose clones lie below `cache`. Only a commit that is not there yet is asked of the network."""

    def open_at(repository: PolicyRepository) -> Tree:
        mirror = cache / f"{sha256_hex(repository.url.encode())[:16]}.git"
        found = GitRepository(repository.url, mirror, branch="HEAD")
        try:
            return found.tree(repository.commit)
        except NotFoundError:
            found.fetch()
            return found.tree(repository.commit)

    return open_at
