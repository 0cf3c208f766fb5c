"""What the embedded engine reads otherwise than OPA does, said so that both read the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from fairlead.check.engines.rego.edits import Edit
from fairlead.check.engines.rego.source import Kind, Source
from fairlead.check.engines.rego.terms import parts, term_end

__all__ = ["OLD_NAMES", "PRELUDE", "PRELUDE_PACKAGE", "mend_calls", "mend_lines", "mend_minus"]

PRELUDE_PACKAGE = "fairlead_prelude"

PRELUDE = """package fairlead_prelude

any(xs) := count([1 | xs[_] == true]) > 0

all(xs) := count([1 | some x in xs; x != true]) == 0

formatted(text, values) := fairlead.format(text, [_shown(value) | some value in values])

_shown(value) := value if {
	is_number(value)
	abs(value) < 9000000000000000000
}

else := value if is_string(value)

else := "set()" if value == set()

else := sprintf("%v", [value])
"""
"""What modules call instead of what the engine lacks. `fairlead.format` is a function of the worker."""

OLD_NAMES: Mapping[str, str] = {
    "any": "data.fairlead_prelude.any",
    "all": "data.fairlead_prelude.all",
    "re_match": "regex.match",
    "net.cidr_overlap": "net.cidr_contains",
}
"""Builtins of version 0 that the engine lacks, and what is called in their place."""

_NO_TERM = frozenset(
    {"if", "in", "contains", "else", "some", "not", "every", "with", "as", "default", "import", "package"}
)


def mend_lines(source: Source) -> Iterator[Edit]:
    """A `;` before a bracket that begins a line: to OPA it begins a statement, to the engine it is a call."""
    open_ones: list[int] = []
    for index, token in enumerate(source.tokens):
        word = source.word(index)
        if word in ("(", "[", "{"):
            if word == "(" and token.fresh and _ends_term(source, index - 1) and open_ones and open_ones[-1]:
                yield Edit(token.start, token.start, "; ")
            open_ones.append(word != "(")
        elif word in (")", "]", "}"):
            open_ones.pop()


def mend_minus(source: Source) -> Iterator[Edit]:
    """`-x` as `(0 - x)`: the engine knows the sign of written numbers only."""
    for index, token in enumerate(source.tokens):
        if source.word(index) != "-" or _ends_term(source, index - 1):
            continue
        if source.kind(index + 1) is Kind.NUMBER or source.word(index + 1) == "-":
            continue
        end = term_end(source, index + 1)
        if end > index + 1:
            stop = source.tokens[end - 1].end
            yield Edit(token.start, token.end, "(0 - ")
            yield Edit(stop, stop, ")")


def _ends_term(source: Source, index: int) -> bool:
    word = source.word(index)
    return source.kind(index) is not Kind.MARK and word not in _NO_TERM if word not in (")", "]", "}") else True


def mend_calls(source: Source, shadowed: Collection[str], *, old: bool) -> Iterator[Edit]:
    """Calls of what the engine lacks. `shadowed` are names that the module gives a meaning of its own.

    `old` says that it is a module of version 0, where builtins that version 1 has dropped are known.
    """
    for index, token in enumerate(source.tokens):
        if token.kind is not Kind.NAME or token.text in shadowed or source.word(index - 1) == ".":
            continue
        if token.text == "sprintf" and _opens_call(source, index + 1):
            yield Edit(token.start, token.end, "data.fairlead_prelude.formatted")
        elif old and token.text in OLD_NAMES and _opens_call(source, index + 1):
            yield Edit(token.start, token.end, OLD_NAMES[token.text])
        elif old and token.text == "set_diff" and _opens_call(source, index + 1):
            yield from _difference(source, index)
        elif old and source.flat(index, index + 3) in OLD_NAMES:
            yield Edit(token.start, source.tokens[index + 2].end, OLD_NAMES[source.flat(index, index + 3)])


def _opens_call(source: Source, index: int) -> bool:
    return source.word(index) == "(" and source.joined(index)


def _difference(source: Source, index: int) -> Iterator[Edit]:
    """`set_diff(a, b)` is `((a) - (b))`."""
    spans = list(parts(source, index + 1))
    if len(spans) != 2:  # noqa: PLR2004 - two sets
        return
    name, comma = source.tokens[index], source.tokens[spans[0][1]]
    closer = source.tokens[source.mates[index + 1]]
    yield Edit(name.start, name.end, "(")
    yield Edit(comma.start, comma.end, ") - (")
    yield Edit(closer.start, closer.end, "))")
