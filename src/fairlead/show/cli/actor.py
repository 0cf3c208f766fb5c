"""Who asks: the name that this machine's Git states for commits, else the login. A claim, and marked as one."""

from __future__ import annotations

import getpass
import os
import subprocess

from fairlead.domain.journal import Actor

__all__ = ["claimed_actor"]


def claimed_actor() -> Actor:
    """The person at this terminal, by the e-mail address of their commits."""
    return Actor(os.environ.get("GIT_AUTHOR_EMAIL") or _git_email() or getpass.getuser())


def _git_email() -> str:
    try:
        run = subprocess.run(["git", "config", "user.email"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return run.stdout.strip()
