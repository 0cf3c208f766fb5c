"""The world as flows are handed it: every port once, and the readers of declarations. Built by `bootstrap`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fairlead.declare.reader import Reader
from fairlead.declare.releases import ReleaseIndex
from fairlead.deliver.targets.base import Target
from fairlead.drivers.secrets_redact import Redactor
from fairlead.meter.control_cpu import ControlCpu
from fairlead.meter.figure_set import Figures
from fairlead.meter.flow import MeterFlow
from fairlead.ports import (
    ArtifactCache,
    Clock,
    Gateway,
    Lake,
    LedgerEngine,
    LedgerStore,
    Repository,
    Secrets,
    ServerHost,
    Signer,
    StateStore,
    Worktree,
)
from fairlead.settings import Settings

__all__ = ["Metered", "World"]


@dataclass(slots=True)
class Metered:
    """What this process keeps of the meter: the open window as far as it was read, and its own CPU time if it rules."""

    flow: MeterFlow | None = None
    control: ControlCpu | None = None
    figures: Figures | None = None


@dataclass(frozen=True, slots=True)
class World:
    """One control plane's world. A driver that a verb does not need is opened only when it is used."""

    settings: Settings
    clock: Clock
    repository: Repository
    state: StateStore
    lake: Lake
    ledger: LedgerStore
    engine: LedgerEngine
    """What answers questions of the ledger; it is loaded when it is first asked."""
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
    metered: Metered = field(default_factory=Metered)
