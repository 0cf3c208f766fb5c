"""Releases, deployments and commits: what runs, since when, by whose change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.lock import Lock
from fairlead.domain.model import ModelSpec
from fairlead.kernel.digests import digest_of

__all__ = ["SHORT", "Commit", "Deployment", "Release", "release_digest"]

SHORT = 12
"""Hex digits of a commit that a release shows."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as Git tells it. `approved_by` are `Approved-by` trailers: claimed, not proven."""

    id: str
    author: str
    email: str
    when: datetime
    subject: str
    approved_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """One model as a commit declares it.

    `digest` identifies the content (hex sha256); `commit` is the id of the commit that first declared it.
    """

    model: str
    digest: str
    commit: str
    spec: ModelSpec
    lock: Lock

    @property
    def name(self) -> str:
        """`<model>@<first 12 of the commit>`, what people read."""
        return f"{self.model}@{self.commit[:SHORT]}"

    def replicas_in(self, environment: str, now: ModelSpec | None) -> int:
        """Servers as its own commit places it, else as the model is placed `now`: it may have been promoted since."""
        for spec in (self.spec, now):
            if spec is not None and environment in spec.environments:
                return spec.replicas_in(environment)
        return self.spec.serving.replicas


@dataclass(frozen=True, slots=True)
class Deployment:
    """A release live in an environment from `since` until `until` (None: still), made so by `commit`."""

    environment: str
    model: str
    release: str
    digest: str
    commit: str
    since: datetime
    until: datetime | None = None
    reason: str = "declared"


def release_digest(spec: ModelSpec, lock: Lock) -> str:
    """Identity of a release: canonical shaping part of the spec, and the lock's tree and revision.

    Owner, description, placement, budget and plan prices shape no release: a change of them restarts nothing.
    """
    content = {"spec": spec.shaping(), "revision": lock.revision, "tree": lock.tree}
    return digest_of(content)
