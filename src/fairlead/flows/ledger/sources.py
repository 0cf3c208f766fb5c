"""What a source of bills or of usage may be called: the name is in addresses of pages, in files and in rules."""

from __future__ import annotations

import re

from fairlead.kernel.errors import UsageError

__all__ = ["require_source"]

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def require_source(source: str) -> None:
    """UsageError for what is no name of a source."""
    if not _SOURCE.fullmatch(source):
        raise UsageError(f"{source[:80]!r} is no name of a source", mend="letters, digits, `-`, `_` and `.`, as aws-eu")
