"""`not f(a.b)`: where `a.b` is undefined the whole is undefined, not true.

OPA evaluates the operands of a negated call before the negation; other engines evaluate them within it. The operands
are written before the negation here, so that both do the same. `not a.b == c.d` is an exception in OPA: references that
stand on the sides of `==` and `=` stay within.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from fairlead.check.engines.base import RegoError
from fairlead.check.engines.rego.edits import Edit
from fairlead.check.engines.rego.source import Kind, Source
from fairlead.check.engines.rego.terms import OPERATORS, Span, modifiers_end, operands, parts, term_end

__all__ = ["hoist_operands"]

_RELATIONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "=", ":=", "in", ","})
_EQUALITIES = frozenset({"==", "="})
_OPEN = ("(", "[", "{")


@dataclass(slots=True)
class _Hoist:
    """What is taken out of one negation: names, and the texts that they stand for."""

    source: Source
    names: Iterator[str]
    known: Collection[str]
    taken: list[tuple[str, Span]] = field(default_factory=list)

    def take(self, span: Span) -> None:
        """Take out the operand, unless it cannot be undefined."""
        self.refuse_wildcard(span)
        if self._lists(span):
            # Element by element: the engine mistakes a variable that stands for a list of variables for a pattern.
            for each in parts(self.source, span[0]):
                self.take(each)
        elif self._dynamic(span):
            self.taken.append((next(self.names), span))

    def refuse_wildcard(self, span: Span) -> None:
        """RegoError for `_`, which has no value that a negation could be about; OPA refuses it too."""
        index = span[0]
        while index < span[1]:
            if self.source.word(index) in ("[", "{") and _comprehends(self.source, index):
                index = self.source.mates[index]
            elif self.source.word(index) == "_":
                raise RegoError([self.source.fault("`_` is unsafe within `not`; name a variable before it", index)])
            index += 1

    def _lists(self, span: Span) -> bool:
        whole = self.source.word(span[0]) == "[" and self.source.mates[span[0]] == span[1] - 1
        return whole and not _comprehends(self.source, span[0])

    def _dynamic(self, span: Span) -> bool:
        """Whether the operand refers or calls: a lone variable or scalar is left where it is."""
        source = self.source
        for index in range(*span):
            if source.kind(index) is not Kind.NAME:
                continue
            if source.word(index) in self.known or source.word(index + 1) == ".":
                return True
            if source.word(index + 1) in ("(", "[") and source.joined(index + 1):
                return True
        return False


def hoist_operands(
    source: Source, names: Iterator[str], known: Collection[str], unbraced: Collection[Span]
) -> Iterator[Edit]:
    """The edits for the outermost negations; apply them and ask again until there are none.

    `names` gives fresh variables; `known` are names that are no local variables (rules, imports, `input`, `data`);
    `unbraced` are the spans of bodies without braces, which get some when a statement is added to them.
    """
    ends = dict(unbraced)
    index = 0
    while index < len(source.tokens):
        if source.word(index) != "not" or source.word(index - 1) == ".":
            index += 1
            continue
        hoist = _Hoist(source, names, known)
        end = _negated(hoist, index + 1)
        after = modifiers_end(source, end)
        if hoist.taken:
            yield from _edits(hoist, index, source.flat(end, after), ends.get(index))
            index = after
        else:
            index += 1


def _negated(hoist: _Hoist, index: int) -> int:
    """Look at the expression behind `not`; answers where it ends."""
    spans, between, end = operands(hoist.source, index, commas=True)
    if not between:
        if spans:
            _single(hoist, spans[0])
        return end
    equality = [word for word in between if word in _RELATIONS] in (["=="], ["="])
    for side in _sides(spans, between):
        if equality:
            _reference(hoist, side)
        else:
            hoist.take(side)
    return end


def _sides(spans: list[Span], between: list[str]) -> Iterator[Span]:
    """The spans between relations: `a + b == c` has two sides."""
    if not _RELATIONS.intersection(between):
        yield from spans
        return
    first = spans[0][0]
    for at, word in enumerate(between):
        if word in _RELATIONS:
            yield first, spans[at][1]
            first = spans[at + 1][0] if at + 1 < len(spans) else spans[at][1]
    if first < spans[-1][1]:
        yield first, spans[-1][1]


def _plain(source: Source, span: Span) -> bool:
    """Whether it is a reference without a call, `a.b[c]`, or a name."""
    if source.kind(span[0]) is not Kind.NAME:
        return False
    index = span[0]
    while index < span[1]:
        if source.word(index) in OPERATORS or source.word(index) == "(":
            return False
        index = source.mates[index] + 1 if source.word(index) == "[" else index + 1
    return True


def _single(hoist: _Hoist, span: Span) -> None:
    """A lone term: the arguments of a call, what a bracketed expression holds, or a composite as a whole."""
    source, (first, end) = hoist.source, span
    if source.word(first) == "(" and source.mates[first] == end - 1:
        _negated(hoist, first + 1)
    elif source.word(first) in _OPEN:
        hoist.take(span)
    elif source.word(end - 1) == ")" and _plain(source, (first, source.mates[end - 1])):
        for part in parts(source, source.mates[end - 1]):
            hoist.take(part)
    else:
        _reference(hoist, span)


def _reference(hoist: _Hoist, span: Span) -> None:
    """A term that may stay within the negation as far as it is a reference: `f(x).y` is one to what `f(x)` is."""
    source, (first, end) = hoist.source, span
    if _plain(source, span):
        _keys(hoist, span)
    elif source.kind(first) is Kind.NAME and term_end(source, first) == end:
        hoist.take((first, _last_call(source, span)))
    else:
        hoist.take(span)


def _keys(hoist: _Hoist, span: Span) -> None:
    """What stands in the brackets of a reference: `a[b.c]` is about `b.c` before it is about `a`."""
    index = span[0]
    while index < span[1]:
        if hoist.source.word(index) == "[":
            closer = hoist.source.mates[index]
            hoist.take((index + 1, closer))
            index = closer
        index += 1


def _comprehends(source: Source, opener: int) -> bool:
    """Whether a bracket holds a comprehension: a bar directly within it."""
    index = opener + 1
    while index < source.mates[opener]:
        if source.word(index) == "|":
            return True
        index = source.mates[index] + 1 if source.word(index) in _OPEN else index + 1
    return False


def _last_call(source: Source, span: Span) -> int:
    """After the last call of a chain: `f(x)` in `f(x).y`."""
    index = end = span[0]
    while index < span[1]:
        if source.word(index) in _OPEN:
            closer = source.mates[index]
            end = closer + 1 if source.word(index) == "(" else end
            index = closer
        index += 1
    return end


def _edits(hoist: _Hoist, index: int, modifiers: str, body_end: int | None) -> Iterator[Edit]:
    source = hoist.source
    behind = f" {modifiers}" if modifiers else ""
    before = "".join(f"{name} := {source.slice(*span)}{behind}; " for name, span in hoist.taken)
    at = source.tokens[index].start
    yield Edit(at, at, ("{ " if body_end is not None else "") + before)
    for name, (first, end) in hoist.taken:
        yield Edit(source.tokens[first].start, source.tokens[end - 1].end, name)
    if body_end is not None:
        stop = source.tokens[body_end - 1].end
        yield Edit(stop, stop, " }")
