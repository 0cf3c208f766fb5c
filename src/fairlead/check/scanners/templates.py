"""Chat templates: Jinja programs that come with a model. Loaders run them in a sandbox, or should.

What a template needs are names, loops, filters and strings; what reaches into Python from there are attributes
with underscores, and ways to build such names.
"""

from __future__ import annotations

import re

from fairlead.check.scanners.base import Place, Problem, shown
from fairlead.domain.finding import Severity

__all__ = ["template_problem"]

_DOUBTFUL = re.compile(
    r"__\w+__|\|\s*attr\b|\bgetattr\b|\bimport_module\b|\bpopen\b|\b(?:os|sys|subprocess)\s*\.|\\x5f|\\u005f|"
    r"\b(?:cycler|joiner|lipsum|url_for|get_flashed_messages|self)\s*\.|\{%-?\s*(?:include|import|extends|from)\b|"
    r"\bformat_map\b|mro\s*\(",
    re.IGNORECASE,
)


def template_problem(text: str, name: str, place: Place) -> Problem | None:
    """A warning where a template reaches for more than a conversation needs."""
    found = _DOUBTFUL.search(text)
    if found is None:
        return None
    message = f"the chat template `{shown(name)}` of `{place.label}` uses `{shown(found.group().strip())}`"
    mend = "render it in a sandbox only, or replace it by the template of the model's author"
    return Problem("scan/chat-template", message, mend, Severity.WARNING)
