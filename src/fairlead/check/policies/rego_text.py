"""Rego source as far as reading policies needs it: the package, the heads of its rules, and what it refers to.

The engines parse; this only finds which rules are there to be asked, with their lines. One pass over the text, linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fairlead.domain.policy import Module

__all__ = ["Head", "RegoText", "closure", "read_rego"]

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*"|`[^`]*`)|(?P<open>[{\[(])|(?P<close>[}\])])"""
    r"""|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|(?P<number>[0-9][0-9.eE]*)"""
    r"""|(?P<blank>\s+)|(?P<mark>.)""",
    re.DOTALL,
)
_GO_ON = {"if", "contains", "in", "not", "else", "some", "every", "with", "as", "default", "import", "package"}
"""Words after which a statement goes on."""

_OPENING = {"default", "import", "package"}


@dataclass(frozen=True, slots=True)
class Head:
    """One rule as it begins: its name below the package, the line of the file, and whether it collects values.

    `offset` is where the name stands in the module's text.
    """

    name: str
    line: int
    partial: bool
    offset: int


@dataclass(frozen=True, slots=True)
class RegoText:
    """A module and what stands in it. `package` is dotted, '' where none could be read; `refers` what it names."""

    module: Module
    package: str
    line: int
    heads: tuple[Head, ...]
    refers: frozenset[str]
    """Dotted names below `data`; '' where `data` is used as a whole."""

    def heads_of(self, name: str) -> tuple[Head, ...]:
        """Where the rule of that name begins, once for each of its bodies."""
        return tuple(head for head in self.heads if head.name == name)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int
    offset: int


def read_rego(module: Module) -> RegoText:
    """What stands in a module. Text that is no Rego gives what could be read: the engine says what is wrong."""
    tokens = list(_tokens(module))
    package, line, heads = "", module.line, []
    for place in _statements(tokens):
        token, after = tokens[place], tokens[place + 1 : place + 2]
        if token.text == "package":
            package, line = _package(tokens[place + 1 : place + 40]), token.line
        elif token.text == "default" and after:
            heads.append(Head(after[0].text, after[0].line, partial=False, offset=after[0].offset))
        elif token.text not in _OPENING:
            partial = bool(after) and after[0].text in {"contains", "["}
            heads.append(Head(token.text, token.line, partial, token.offset))
    return RegoText(module, package, line, tuple(heads), frozenset(_refers(tokens)))


def closure(texts: Sequence[RegoText], package: str) -> tuple[RegoText, ...]:
    """The modules that a package needs, itself included: what it refers to, and what these refer to.

    Of copies, letter for letter, one is kept: libraries are often laid beside each policy that imports them.
    """
    by_package: dict[str, list[RegoText]] = {}
    for text in texts:
        by_package.setdefault(text.package, []).append(text)
    needed, waiting = {package}, [package]
    while waiting:
        for text in by_package.get(waiting.pop(), ()):
            found = {each for each in by_package if each not in needed and _is_named(each, text.refers)}
            needed |= found
            waiting.extend(found)
    kept: dict[str, RegoText] = {}
    for text in texts:
        if text.package in needed:
            kept.setdefault(text.module.text, text)
    return tuple(kept.values())


def _is_named(package: str, refers: Iterable[str]) -> bool:
    return any(not name or f"{package}.".startswith(f"{name}.") or name.startswith(f"{package}.") for name in refers)


def _tokens(module: Module) -> Iterator[_Token]:
    line = module.line
    for match in _TOKEN.finditer(module.text):
        kind = match.lastgroup or "mark"
        if kind not in {"comment", "blank"}:
            yield _Token(kind, match[0], line, match.start())
        line += match[0].count("\n")


def _statements(tokens: Sequence[_Token]) -> Iterator[int]:
    """Indexes of the names that begin a statement, outside of all brackets.

    Rego needs neither line nor mark between statements: a name that follows a whole operand begins the next one.
    """
    depth, before = 0, ""
    for place, token in enumerate(tokens):
        if token.kind == "name" and not depth and _may_begin(token.text, before):
            yield place
        depth = max(depth + (token.kind == "open") - (token.kind == "close"), 0)
        before = token.text


def _may_begin(name: str, before: str) -> bool:
    if name in _GO_ON and name not in _OPENING:
        return False
    ended = not before or before[-1].isalnum() or before[-1] in '_}])"`'
    return ended and before not in _GO_ON


def _package(tokens: Sequence[_Token]) -> str:
    """The name after `package`; brackets with plain words in them are parts of it like any other."""
    if not tokens or tokens[0].kind != "name":
        return ""
    parts = [tokens[0].text]
    for place in range(1, len(tokens) - 2, 3):
        opened, word, closed = tokens[place : place + 3]
        if (opened.text, closed.text) != ("[", "]"):
            break
        parts.append(word.text.strip('"`'))
    return ".".join(parts)


def _refers(tokens: Sequence[_Token]) -> Iterator[str]:
    for place, token in enumerate(tokens):
        if token.kind == "name" and (token.text == "data" or token.text.startswith("data.")):
            if place and tokens[place - 1].text == ".":
                continue
            yield token.text[len("data.") :]
