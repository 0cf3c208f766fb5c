"""What is asked of the world. Drivers implement these; stages and flows are handed them and know nothing more."""

from __future__ import annotations

from fairlead.ports.ledger import LedgerEngine, LedgerStore
from fairlead.ports.machine import Clock, Gateway, Progress, Secrets, ServerHost, Signer
from fairlead.ports.prices import ListPrices
from fairlead.ports.repository import Committer, Merged, Pushed, Repository, Tree, Worktree, leaves
from fairlead.ports.stores import ArtifactCache, Lake, StateStore

__all__ = [
    "ArtifactCache",
    "Clock",
    "Committer",
    "Gateway",
    "Lake",
    "LedgerEngine",
    "LedgerStore",
    "ListPrices",
    "Merged",
    "Progress",
    "Pushed",
    "Repository",
    "Secrets",
    "ServerHost",
    "Signer",
    "StateStore",
    "Tree",
    "Worktree",
    "leaves",
]
