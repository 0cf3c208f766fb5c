"""The world as flows are handed it: every port once, and the readers of declarations. Built by `bootstrap`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fairlead.declare.reader import Reader
from fairlead.declare.releases import ReleaseIndex
from fairlead.deliver.targets.base import Target
from fairlead.drivers.secrets_redact import Redactor
from fairlead.ports import (
    ArtifactCache,
    Clock,
    Gateway,
    Lake,
    Repository,
    Secrets,
    ServerHost,
    Signer,
    StateStore,
    Worktree,
)
from fairlead.settings import Settings

__all__ = ["World"]


@dataclass(frozen=True, slots=True)
class World:
    """One control plane's world. A driver that a verb does not need is opened only when it is used."""

    settings: Settings
    clock: Clock
    repository: Repository
    state: StateStore
    lake: Lake
    cache: ArtifactCache
    secrets: Secrets
    redactor: Redactor
    signer: Signer
    host: ServerHost
    gateway: Gateway
    target: Target
    reader: Reader
    releases: ReleaseIndex
    worktree: Worktree | None
    """The person's own checkout, where the workspace is one."""
    holder: Callable[[], str]
    """Who runs the control plane over this state ('' where nobody does)."""
