"""Who asks: the name that this machine's Git states for commits, else the login. A claim, and marked as one.

The name, not the e-mail address: the journal keeps what it is told for ever.
"""

from __future__ import annotations

import getpass
import os
import subprocess

from fairlead.domain.journal import Actor

__all__ = ["claimed_actor"]


def claimed_actor() -> Actor:
    """The person at this terminal, by the name of their commits."""
    return Actor(os.environ.get("GIT_AUTHOR_NAME") or _git_name() or getpass.getuser())


def _git_name() -> str:
    try:
        run = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return run.stdout.strip()
