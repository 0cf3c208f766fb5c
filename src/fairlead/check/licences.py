"""Licence expressions -> the choices that they offer, for the gate's licence rule and for bills of materials.

Grammar: SPDX specification 2.3, annex D (`AND`, `OR`, `WITH`, parentheses, `+`); operators and ids in any case. Ids are
those of the SPDX list, asked of `packaging.licenses`, which is installed anyway and keeps the list, and those of the
Hugging Face Hub (`hub_licences`). `packaging` alone refuses the Hub's ids and gives no tree; `license-expression` gives
one, but brings ScanCode's index of 1 MB and simplifies without a bound. So the tree is read here, within stated limits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from fairlead.check.hub_licences import HUB_LICENCES, SILENT

__all__ = ["LicenceTerms", "licence_terms", "spdx_id"]

MAX_LENGTH = 2_000
"""Characters of an expression."""

MAX_WORDS = 100
"""Ids, operators and parentheses of an expression; also bounds the nesting."""

MAX_CHOICES = 256
"""Alternatives that an expression may come to: nested AND of OR multiplies them."""

_WORD = re.compile(r"\s*([()]|[A-Za-z0-9][A-Za-z0-9.+:-]*)")
_OPERATORS = {"and", "or", "with"}

_Choices = frozenset[frozenset[str]]


class _NotReadableError(ValueError):
    """The text is no expression, or one beyond the limits."""


@dataclass(frozen=True, slots=True)
class LicenceTerms:
    """What an expression says. Ids are in lower case: SPDX's where it has the licence, else the Hub's, else as written.

    `alternatives` is the disjunctive normal form: one of them is chosen, and all ids of the chosen one bind. `unknown`
    are ids of no list, and those that leave the terms to a text (`other`, `LicenseRef-...`). All sorted.
    """

    valid: bool
    ids: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    unknown: tuple[str, ...] = ()


def licence_terms(expression: str) -> LicenceTerms:
    """The terms of an expression; not `valid` where it is empty, not well formed, or beyond the limits."""
    try:
        choices = _Reader(expression).read()
    except _NotReadableError:
        return LicenceTerms(valid=False)
    ids = sorted(frozenset[str]().union(*choices))
    return LicenceTerms(
        valid=True,
        ids=tuple(ids),
        alternatives=tuple(sorted(tuple(sorted(choice)) for choice in choices)),
        unknown=tuple(each for each in ids if not _says_its_terms(each)),
    )


@lru_cache(maxsize=4096)
def spdx_id(licence: str) -> str:
    """The SPDX id, as SPDX writes it, of an id of SPDX or of the Hub (`A WITH B` too); '' where SPDX has none."""
    mapped = HUB_LICENCES.get(licence.lower())
    if mapped is not None:
        return mapped
    try:
        return str(canonicalize_license_expression(licence))
    except InvalidLicenseExpression:
        return ""


def _says_its_terms(licence: str) -> bool:
    if licence in SILENT or licence.startswith("licenseref-"):
        return False
    return licence in HUB_LICENCES or bool(spdx_id(licence))


class _Reader:
    """Reads an expression by recursive descent: OR binds least, then AND, then WITH."""

    def __init__(self, expression: str) -> None:
        self._words = _words(expression)
        self._next = 0

    def read(self) -> _Choices:
        choices = self._any()
        if self._next < len(self._words):
            raise _NotReadableError
        return choices

    def _any(self) -> _Choices:
        choices = self._all()
        while self._takes("or"):
            choices = _bounded(choices | self._all())
        return choices

    def _all(self) -> _Choices:
        choices = self._one()
        while self._takes("and"):
            more = self._one()
            if len(choices) * len(more) > MAX_CHOICES:
                raise _NotReadableError
            choices = frozenset(left | right for left, right in product(choices, more))
        return choices

    def _one(self) -> _Choices:
        if self._takes("("):
            choices = self._any()
            if not self._takes(")"):
                raise _NotReadableError
            return choices
        licence = self._id()
        if self._takes("with"):
            licence = f"{licence} with {self._id()}"
        return frozenset({frozenset({(spdx_id(licence) or licence).lower()})})

    def _id(self) -> str:
        word = self._words[self._next] if self._next < len(self._words) else ""
        if not word or word in _OPERATORS or word in "()":
            raise _NotReadableError
        self._next += 1
        return word

    def _takes(self, word: str) -> bool:
        found = self._next < len(self._words) and self._words[self._next] == word
        self._next += found
        return found


def _words(expression: str) -> list[str]:
    if len(expression) > MAX_LENGTH:
        raise _NotReadableError
    text = expression.strip()
    words: list[str] = []
    place = 0
    while place < len(text):
        match = _WORD.match(text, place)
        if match is None or len(words) == MAX_WORDS:
            raise _NotReadableError
        words.append(match[1].lower())
        place = match.end()
    return words


def _bounded(choices: _Choices) -> _Choices:
    if len(choices) > MAX_CHOICES:
        raise _NotReadableError
    return choices
