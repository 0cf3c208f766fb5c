"""Errors of a broken world. What a user wrote wrongly is a finding (`domain.finding`), not an exception."""

from __future__ import annotations

__all__ = [
    "BrokenWorldError",
    "ConflictError",
    "FairleadError",
    "IntegrityError",
    "NotFoundError",
    "UsageError",
]


class FairleadError(Exception):
    """Something outside of fairlead's power went wrong: says what, where and how to mend it."""

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        """Keep the three parts apart, so that a renderer may lay them out.

        `what` is a sentence without a full stop; `where` a file, address or name; `mend` the next thing to do.
        """
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        """One line: where, what and, after a dash, the mend."""
        located = f"{self.where}: {self.what}" if self.where else self.what
        return f"{located} - {self.mend}" if self.mend else located


class UsageError(FairleadError):
    """The command was used wrongly: an unknown name, an option that does not fit."""


class BrokenWorldError(FairleadError):
    """A disk, a network, a process or a repository did not do what it must."""


class NotFoundError(FairleadError):
    """A named thing does not exist in the world; the message lists what does."""


class IntegrityError(FairleadError):
    """Bytes do not match their digest, or a chain does not match its links. Never retried, never ignored."""


class ConflictError(FairleadError):
    """Somebody else holds what only one may hold: a lock, a port, a branch that moved."""
