"""Objects that a push has brought and git keeps apart until its pre-receive hook has decided: who judges sees them."""

from __future__ import annotations

import os

import pygit2

__all__ = ["QUARANTINE", "see_quarantine"]

QUARANTINE = "GIT_QUARANTINE_PATH"
"""The variable by which git tells a hook where they are."""


def see_quarantine(repository: pygit2.Repository) -> None:
    """Let an open repository find what is in quarantine; nothing where none is."""
    if place := os.environ.get(QUARANTINE):
        repository.odb.add_disk_alternate(place)
