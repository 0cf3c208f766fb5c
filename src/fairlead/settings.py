"""Settings of one control plane: where it looks and where it keeps things. Each field says its default's reason."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fairlead.kernel.digests import sha256_hex

__all__ = ["Settings", "default_state", "price_folder"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a control plane is told from outside."""

    repository: str
    """Path or address of the Git repository."""

    branch: str
    """Branch that is followed."""

    folder: str
    """Folder of the workspace in the repository, '' for its root."""

    state: Path
    """Folder of the state; may be lost, since it is rebuilt from Git and from what runs."""

    poll: timedelta = timedelta(seconds=2)
    """How often the repository is asked for news. Two seconds on one machine cost nothing."""

    tick: timedelta = timedelta(milliseconds=500)
    """How often the machine is looked at, so that a dead server is seen within a second."""

    address: str = "127.0.0.1"
    """Address of page and API: loopback, until a token and TLS are configured."""

    port: int = 8700
    """Port of page and API; 0 takes a free one."""

    spark: str = ""
    """Spark that answers questions of the ledger: `sc://host:port` (Spark Connect) or `local[n]`. Without one it is
    DuckDB in this process, which needs nothing else to run."""


def default_state(repository: str, branch: str, folder: str, environ: Mapping[str, str] = os.environ) -> Path:
    """State folder under XDG_STATE_HOME, keyed by repository, branch and folder."""
    key = sha256_hex(f"{repository}\x00{branch}\x00{folder}".encode())[:16]
    return _states(environ) / key


def price_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Folder of imported price lists: beside the states, since a list belongs to no workspace."""
    return _states(environ) / "prices"


def _states(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".local" / "state")
    return Path(base) / "fairlead"
