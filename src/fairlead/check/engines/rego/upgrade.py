"""Version 0 of Rego written as version 1: `if` before bodies, `contains` in sets, one rule for each chained body."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.check.engines.rego.edits import Edit
from fairlead.check.engines.rego.rules import Outline, Rule
from fairlead.check.engines.rego.source import Source

__all__ = ["old_words", "upgrade"]


def upgrade(source: Source, found: Outline) -> Iterator[Edit]:
    """The edits that make version 1 of a module, rule by rule; what is version 1 already stays as it is."""
    for rule in found.rules:
        if rule.old_set:
            yield from _set_head(source, rule)
        elif not (rule.bodies or rule.value or rule.contains):
            # `allowed("any", _)` alone means that it holds.
            at = source.tokens[rule.head - 1].end
            yield Edit(at, at, " := true")
        for body in rule.bodies:
            if body.chained:
                at = source.tokens[body.first].start
                yield Edit(at, at, f"{_head(source, rule)} if ")
            elif not body.has_if:
                at = source.tokens[body.first].start
                yield Edit(at, at, "if " if source.tokens[body.first].gap else " if ")


def old_words(source: Source, found: Outline) -> Iterator[Edit]:
    """Variables of version 0 that bear names which are keywords in version 1."""
    if not found.first_version:
        return
    words = {word for word in ("every", "if", "in") if not found.imports_word(word)}
    for rule in found.rules:
        for body in rule.bodies:
            for index in range(body.first, body.end):
                token = source.tokens[index]
                if source.word(index) in words and source.word(index - 1) != ".":
                    yield Edit(token.end, token.end, "_")


def _set_head(source: Source, rule: Rule) -> Iterator[Edit]:
    """`deny[msg]` becomes `deny contains msg`; `deny.a`, which meant the same, `deny contains "a"`."""
    opener = source.tokens[rule.opener]
    if opener.text == ".":
        name = source.tokens[rule.opener + 1]
        yield Edit(opener.start, name.end, f' contains "{name.text}"')
    else:
        closer = source.tokens[source.mates[rule.opener]]
        yield Edit(opener.start, opener.end, " contains ")
        yield Edit(closer.start, closer.end, "")


def _head(source: Source, rule: Rule) -> str:
    """The head once more, on one line: a chained body belongs to a rule of its own."""
    if not rule.old_set:
        return " " + source.flat(rule.first, rule.head)
    name = source.flat(rule.first, rule.opener)
    if source.word(rule.opener) == ".":
        return f' {name} contains "{source.word(rule.opener + 1)}"'
    return f" {name} contains {source.flat(rule.opener + 1, source.mates[rule.opener])}"
