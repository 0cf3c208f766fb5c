"""Text from a repository inside Markdown: shown as it is, whatever it holds, and calling nobody."""

from __future__ import annotations

import re

from fairlead.show.outputs.text import safe

__all__ = ["clipped", "code", "in_markdown", "length"]

_ACTIVE = re.compile(r"[&<>`*_\[\]\\|~$]|[@#](?=\w)|(?<=\w)://|\bwww\.", re.IGNORECASE)
"""What begins markup (emphasis, links, pictures, tables, HTML, formulas), what notifies a person or links an issue, and
what makes a link of an address."""

_NOTHING = "&#8203;"
"""A space of no width: what stands behind it is an ordinary word."""

_BASIC = 0xFFFF


def in_markdown(text: str) -> str:
    """One line that renders as `text` itself. The word after an `@` or a `#`, and an address, are no links."""
    return _ACTIVE.sub(_quiet, safe(text))


def _quiet(match: re.Match[str]) -> str:
    begins = match[0]
    return f"{begins}{_NOTHING}" if begins in "@#" or len(begins) > 1 else f"&#{ord(begins)};"


def code(text: str) -> str:
    """The same in a fixed-width face."""
    return f"<code>{in_markdown(text)}</code>"


def clipped(text: str, length: int) -> str:
    """`text`, cut to so many characters; a cut is shown by an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def length(text: str) -> int:
    """Characters as GitHub counts them: those beyond the basic plane twice."""
    return len(text) + sum(1 for each in text if ord(each) > _BASIC)
