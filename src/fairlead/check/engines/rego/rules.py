"""The statements of a module: its package, its imports, and its rules with their heads and bodies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.check.engines.base import Fault, RegoError
from fairlead.check.engines.rego.source import Kind, Source
from fairlead.check.engines.rego.terms import expression_end, literal_end, reference_end, term_end

__all__ = ["Body", "Import", "Outline", "Rule", "mixed_faults", "outline"]


_PAIR = 2


@dataclass(frozen=True, slots=True)
class Body:
    """What must hold. `first` is its `{`, or its first word where it has no braces; `lead` is `if`, `else` or ''."""

    first: int
    end: int
    braces: bool
    has_if: bool
    chained: bool = False

    @property
    def worded(self) -> bool:
        """Whether `if` stands before it."""
        return self.has_if and self.end > self.first


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `path` holds the parts of its name that are written out; `head` ends where its bodies begin.

    `opener` is the index of the last bracket or dot of a name with two parts, -1 where it has one or more.
    """

    first: int
    head: int
    path: tuple[str, ...]
    opener: int
    parts: int
    arguments: bool
    default: bool
    contains: bool
    value: bool
    bodies: tuple[Body, ...]

    @property
    def old(self) -> bool:
        """Whether only version 0 of Rego reads it."""
        return self.old_set or not all(body.has_if for body in self.bodies)

    @property
    def words(self) -> frozenset[str]:
        """The keywords in it that version 0 knows by an import only."""
        worded = any(body.worded for body in self.bodies)
        return frozenset({"if"} if worded else ()) | frozenset({"contains"} if self.contains else ())

    @property
    def old_set(self) -> bool:
        """Whether it is a partial set as version 0 writes it, `deny[msg]`, without `contains`."""
        plain = not (self.arguments or self.default or self.contains or self.value)
        return plain and self.parts == _PAIR and not (self.bodies and self.bodies[0].has_if)


@dataclass(frozen=True, slots=True)
class Import:
    """What is imported, as a dotted path, and by which name."""

    path: tuple[str, ...]
    alias: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A module's statements."""

    package: tuple[str, ...]
    imports: tuple[Import, ...]
    rules: tuple[Rule, ...]

    @property
    def first_version(self) -> bool:
        """Whether the module is written in version 0 of Rego: a body without `if`, or `deny[msg]` for a set."""
        paths = {each.path for each in self.imports}
        if ("rego", "v1") in paths:
            return False
        if any(each.old for each in self.rules):
            return True
        # Version 0 reads `if` only where it was imported: without that, a module that says `if` is of version 1.
        told = any(path[:2] == ("future", "keywords") for path in paths)
        return told and all(self.imports_word(word) for each in self.rules for word in each.words)

    def imports_word(self, word: str) -> bool:
        """Whether version 0 was told to take this word for a keyword, as version 1 does."""
        paths = {each.path for each in self.imports}
        return bool(paths & {("rego", "v1"), ("future", "keywords"), ("future", "keywords", word)})


def outline(source: Source) -> Outline:
    """The statements of a module. RegoError where a statement is none."""
    if source.word(0) != "package" or source.kind(1) is not Kind.NAME:
        raise RegoError([source.fault("the module does not begin with `package` and a name", 0)])
    index = reference_end(source, 2)
    package = _path(source, 1, index)
    imports, rules = [], []
    while index < len(source.tokens):
        if source.word(index) == ";":
            index += 1
        elif source.word(index) == "import":
            found, index = _import(source, index)
            imports.append(found)
        else:
            rule = _rule(source, index)
            rules.append(rule)
            index = rule.bodies[-1].end if rule.bodies else rule.head
    return Outline(package, tuple(imports), tuple(rules))


def mixed_faults(source: Source, found: Outline) -> Iterator[Fault]:
    """Rules in the way of version 0 in a module that is of version 1, by its import or by its other rules."""
    words = ("if", "contains")
    if ("rego", "v1") in {each.path for each in found.imports} or (
        any(each.words for each in found.rules) and not any(map(found.imports_word, words))
    ):
        what = (
            "this rule is of version 0 of Rego and others of the module are of version 1: it lacks `if` or `contains`"
        )
        yield from (source.fault(what, each.first) for each in found.rules if each.old)


def _path(source: Source, first: int, end: int) -> tuple[str, ...]:
    """The leading parts of a reference that are written out: `a.b["c"][x]` is a, b, c."""
    path = [source.word(first)]
    index = first + 1
    while index < end:
        if source.word(index) == ".":
            path.append(source.word(index + 1))
            index += 2
        elif source.word(index) == "[" and source.kind(index + 1) is Kind.STRING and source.mates[index] == index + 2:
            path.append(source.plain(index + 1))
            index += 3
        else:
            break
    return tuple(path)


def _import(source: Source, index: int) -> tuple[Import, int]:
    end = reference_end(source, index + 2)
    path = _path(source, index + 1, end)
    if source.word(end) == "as":
        return Import(path, source.word(end + 1)), end + 2
    return Import(path, path[-1]), end


def _rule(source: Source, first: int) -> Rule:
    default = source.word(first) == "default" and source.kind(first + 1) is Kind.NAME
    start = first + 1 if default else first
    if source.kind(start) is not Kind.NAME:
        raise RegoError([source.fault(f"`{source.tokens[start].text[:40]}` begins no rule", start)])
    index, opener, count, arguments = _name(source, start)
    path = _path(source, start, index)
    contains = source.word(index) == "contains"
    if contains:
        index = expression_end(source, index + 1)
    value = source.word(index) in ("=", ":=")
    if value:
        index = expression_end(source, index + 1)
    bodies = tuple(_bodies(source, index))
    if index == start or (not bodies and index == start + 1 and not (value or contains)):
        bare = source.fault(f"`{source.tokens[start].text}` is no rule: it has neither a value nor a body", start)
        raise RegoError([bare])
    return Rule(first, index, path, opener, count, arguments, default, contains, value, bodies)


def _name(source: Source, start: int) -> tuple[int, int, int, bool]:
    """A rule's name: the index after it, where its last part opens, how many it has, whether it takes arguments."""
    index, opener, count = start + 1, -1, 1
    while True:
        word = source.word(index)
        if word == "(" and source.joined(index):
            return source.mates[index] + 1, opener, count, True
        if word == "." and source.kind(index + 1) is Kind.NAME:
            opener, index = index, index + 2
        elif word == "[" and source.joined(index):
            opener, index = index, source.mates[index] + 1
        else:
            return index, opener, count, False
        count += 1


def _bodies(source: Source, index: int) -> Iterator[Body]:
    """The bodies that follow a head: its own, those of `else`, and further ones that version 0 chains on."""
    chained = False
    while True:
        if source.word(index) == "else":
            index += 1
            if source.word(index) in ("=", ":="):
                index = expression_end(source, index + 1)
            body = _body(source, index, chained=False)
            if body is None:
                yield Body(index, index, braces=False, has_if=True)
                return
        else:
            body = _body(source, index, chained=chained)
            if body is None or (chained and body.has_if):
                return
        yield body
        index, chained = body.end, True


def _body(source: Source, index: int, *, chained: bool) -> Body | None:
    has_if = source.word(index) == "if"
    first = index + 1 if has_if else index
    if source.word(first) == "{":
        return Body(first, source.mates[first] + 1, braces=True, has_if=has_if, chained=chained)
    if not has_if:
        return None
    end = max(literal_end(source, first), term_end(source, first))
    if end == first:
        raise RegoError([source.fault("nothing follows `if`", index)])
    return Body(first, end, braces=False, has_if=True, chained=chained)
