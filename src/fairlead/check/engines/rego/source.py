"""A module of Rego as tokens with matched brackets: what every later step of the pass reads.

Nothing here recurses, so that no nesting of brackets, however deep, can exhaust the stack of this process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from fairlead.check.engines.base import Fault, RegoError
from fairlead.domain.policy import Module

__all__ = ["DEPTH", "LARGEST", "Kind", "Source", "Token", "read_source"]

LARGEST = 1 << 20
"""Characters of a module. The embedded engine reads no more, and people write less."""

DEPTH = 200
"""How deep brackets may nest: far more than people write, far less than engines have stack for."""


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    RAW = "raw"
    MARK = "mark"


class Token(NamedTuple):
    """A word or a mark. `gap`: white space or a comment stands before it; `fresh`: one with a line's end."""

    kind: Kind
    text: str
    start: int
    line: int
    gap: bool
    fresh: bool

    @property
    def end(self) -> int:
        """Offset after its last character."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Source:
    """A module's tokens. `mates` answers for a bracket's index the index of the one that closes or opens it."""

    module: Module
    text: str
    tokens: Sequence[Token]
    mates: Mapping[int, int]

    def word(self, index: int) -> str:
        """The text of a token; '' after the last one, and for a string, so that no string is taken for a mark."""
        if index >= len(self.tokens) or index < 0:
            return ""
        token = self.tokens[index]
        return "" if token.kind in (Kind.STRING, Kind.RAW) else token.text

    def plain(self, index: int) -> str:
        """The text of a token; of a string what it says, without quotes and escapes."""
        token = self.tokens[index]
        if token.kind is Kind.STRING:
            try:
                return str(json.loads(token.text, strict=False))
            except ValueError:
                return token.text[1:-1]
        return token.text[1:-1] if token.kind is Kind.RAW else token.text

    def kind(self, index: int) -> Kind | None:
        """What the token is; None after the last one."""
        return self.tokens[index].kind if 0 <= index < len(self.tokens) else None

    def joined(self, index: int) -> bool:
        """Whether the token stands directly behind the one before it."""
        return index < len(self.tokens) and not self.tokens[index].gap

    def slice(self, first: int, end: int) -> str:
        """The text of tokens `first` up to, without, `end`, as it was written."""
        return self.text[self.tokens[first].start : self.tokens[end - 1].end] if end > first else ""

    def flat(self, first: int, end: int) -> str:
        """The same on one line and without comments."""
        words = ((" " if each.gap else "") + each.text for each in self.tokens[first:end])
        return "".join(words).strip()

    def fault(self, message: str, index: int) -> Fault:
        """A fault at a token, in lines of the file that holds the module."""
        token = self.tokens[min(index, len(self.tokens) - 1)] if self.tokens else None
        return Fault(message, self.module.path, self.module.line - 1 + (token.line if token else 1))


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\n]*)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
      | (?P<string>"(?:[^"\\\n]|\\[^\n])*")
      | (?P<raw>`[^`]*`)
      | (?P<mark>:=|==|!=|<=|>=|[-+*/%&|=<>.,:;(){}\[\]])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def read_source(module: Module, text: str | None = None) -> Source:
    """The tokens of a module, or of `text` in its place. RegoError where they cannot be told."""
    told = module.text if text is None else text
    if len(told) > 2 * LARGEST or (text is None and len(told) > LARGEST):
        what = f"the module has {len(told)} characters; at most {LARGEST} are read"
        raise RegoError([Fault(what, module.path, module.line)])
    tokens = _tokens(module, told)
    return Source(module, told, tokens, _mates(module, tokens))


def _tokens(module: Module, text: str) -> list[Token]:
    tokens: list[Token] = []
    line, gap, fresh = 1, False, False
    for match in _TOKEN.finditer(text):
        kind, word = str(match.lastgroup), match.group()
        if kind == "other":
            raise RegoError([Fault(_strange(word), module.path, module.line - 1 + line)])
        if kind == "space":
            gap, fresh = True, fresh or "\n" in word
        else:
            tokens.append(Token(Kind(kind), word, match.start(), line, gap, fresh))
            gap = fresh = False
        line += word.count("\n")
    return tokens


def _strange(word: str) -> str:
    if word in ('"', "`"):
        return "the string is not closed"
    if word == "$":
        return "template strings are not read; use sprintf"
    return f"the character {word!a} does not belong into Rego"


def _mates(module: Module, tokens: Sequence[Token]) -> dict[int, int]:
    mates: dict[int, int] = {}
    open_ones: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind is not Kind.MARK or token.text not in "()[]{}":
            continue
        if token.text in "([{":
            open_ones.append(index)
            if len(open_ones) > DEPTH:
                raise _bracket(module, token, f"brackets nest deeper than {DEPTH}")
        elif not open_ones or tokens[open_ones[-1]].text != _CLOSING[token.text]:
            raise _bracket(module, token, f"`{token.text}` closes nothing")
        else:
            opener = open_ones.pop()
            mates[opener], mates[index] = index, opener
    if open_ones:
        raise _bracket(module, tokens[open_ones[-1]], f"`{tokens[open_ones[-1]].text}` is not closed")
    return mates


def _bracket(module: Module, token: Token, what: str) -> RegoError:
    return RegoError([Fault(what, module.path, module.line - 1 + token.line)])
