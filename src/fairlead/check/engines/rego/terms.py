"""Where terms, expressions and literals end: enough of Rego's grammar to find one's way without a parser."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.check.engines.rego.source import Kind, Source

__all__ = ["OPERATORS", "Span", "expression_end", "literal_end", "operands", "parts", "reference_end", "term_end"]

Span = tuple[int, int]
"""Indexes of the first token and of the one after the last."""

OPERATORS = frozenset({"+", "-", "*", "/", "%", "&", "|", "==", "!=", "<", ">", "<=", ">=", "=", ":=", "in"})


def reference_end(source: Source, index: int) -> int:
    """After the dots, brackets and calls that follow directly upon what ends before `index`."""
    while True:
        word = source.word(index)
        if word == "." and source.kind(index + 1) is Kind.NAME:
            index += 2
        elif word in ("[", "(") and source.joined(index):
            index = source.mates[index] + 1
        else:
            return index


def term_end(source: Source, index: int) -> int:
    """After the operand that begins at `index`; `index` itself where none does."""
    start = index
    while source.word(index) == "-":
        index += 1
    if source.word(index) in ("(", "[", "{"):
        return reference_end(source, source.mates[index] + 1)
    if source.kind(index) in (None, Kind.MARK):
        return start
    return reference_end(source, index + 1)


def operands(source: Source, index: int, *, commas: bool = False) -> tuple[list[Span], list[str], int]:
    """Operands from `index`, the operators between them, and where the expression ends.

    With `commas` one counts as an operator, as in `k, v in xs`.
    """
    spans: list[Span] = []
    between: list[str] = []
    while (end := term_end(source, index)) > index:
        spans.append((index, end))
        word = source.word(end)
        if word not in OPERATORS and not (commas and word == ","):
            return spans, between, end
        between.append(word)
        index = end + 1
    return spans, between, index


def expression_end(source: Source, index: int) -> int:
    """After the expression that begins at `index`."""
    return operands(source, index)[2]


def literal_end(source: Source, index: int) -> int:
    """After one statement of a body: with `not`, `some` and `every` before it, and `with ... as ...` behind it."""
    while source.word(index) in ("not", "some", "every"):
        index += 1
    index = operands(source, index, commas=True)[2]
    if source.word(index) == "{":
        index = source.mates[index] + 1
    return modifiers_end(source, index)


def modifiers_end(source: Source, index: int) -> int:
    """After all `with ... as ...` that begin at `index`."""
    while source.word(index) == "with":
        index = term_end(source, index + 1)
        if source.word(index) == "as":
            index = expression_end(source, index + 1)
    return index


def parts(source: Source, opener: int) -> Iterator[Span]:
    """The spans between the commas of the bracket that opens at `opener`; none where it is empty."""
    index = first = opener + 1
    end = source.mates[opener]
    while index < end:
        if source.word(index) in ("(", "[", "{"):
            index = source.mates[index]
        elif source.word(index) == ",":
            yield first, index
            first = index + 1
        index += 1
    if first < end:
        yield first, end
