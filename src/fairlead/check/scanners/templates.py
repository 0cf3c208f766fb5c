"""Chat templates: Jinja programs that come with a model. Loaders run them in a sandbox, or should.

What a template needs are names, loops, filters and texts; what reaches into Python from there are attributes with
underscores, and ways to build such names. A template is parsed into its tree here, and never rendered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes

from fairlead.check.scanners.base import Place, Problem, shown
from fairlead.domain.finding import Severity

__all__ = ["template_problem"]

_DOUBTFUL = re.compile(r"__\w+__|\|\s*attr\b|\\x5f|\\u005f|\bimport_module\b|\bpopen\b", re.IGNORECASE)
"""Searched where a template has tags of its reader's own, so that it cannot be parsed here."""

_PIECE = re.compile(r"\S*__\S*|.*\{[^}]*[.\[]_.*", re.DOTALL)
_ATTRIBUTES = {"popen", "system", "import_module", "mro", "func_globals", "gi_frame", "f_globals", "format_map"}
_LOADS = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


def template_problem(text: str, name: str, place: Place) -> Problem | None:
    """A warning where a template reaches for more than a conversation needs."""
    found = _first(text)
    if found is None:
        return None
    message = f"the chat template `{shown(name)}` of `{place.label}` uses `{shown(found)}`"
    mend = "render it in a sandbox only, or replace it by the template of the model's author"
    return Problem("scan/chat-template", message, mend, Severity.WARNING)


def _first(text: str) -> str | None:
    try:
        tree = Environment(extensions=["jinja2.ext.loopcontrols"], autoescape=True).parse(text)
        return next(_reaching(tree), None)
    except (TemplateSyntaxError, RecursionError):
        found = _DOUBTFUL.search(text)
        return found.group().strip() if found else None


def _reaching(tree: nodes.Template) -> Iterator[str]:
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Getattr) and (node.attr.startswith("_") or node.attr in _ATTRIBUTES):
            yield node.attr
        elif isinstance(node, nodes.Const) and isinstance(node.value, str) and _PIECE.fullmatch(node.value):
            yield node.value
        elif isinstance(node, nodes.Filter) and node.name == "attr":
            yield "|attr"
        elif isinstance(node, _LOADS):
            yield type(node).__name__.lower()
