"""Modules before they are compiled: read, checked for unknown functions, and rewritten for the embedded engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from fairlead.check.engines.base import Fault, RegoError
from fairlead.check.engines.rego.edits import Edit, apply_edits
from fairlead.check.engines.rego.mends import mend_calls, mend_lines, mend_minus
from fairlead.check.engines.rego.names import Names, call_faults, local_names, names_of
from fairlead.check.engines.rego.negation import hoist_operands
from fairlead.check.engines.rego.rules import Outline, mixed_faults, outline
from fairlead.check.engines.rego.source import Source, read_source
from fairlead.check.engines.rego.upgrade import old_words, upgrade
from fairlead.domain.policy import Module

__all__ = ["Reading", "read_modules", "require_rule", "rewritten"]

_ROUNDS = 40
"""How deep negations may stand within operands of negations."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Modules that may be compiled together: their tokens, their statements, and what they define."""

    sources: tuple[Source, ...]
    outlines: tuple[Outline, ...]
    names: Names


def read_modules(modules: Sequence[Module], known: Collection[str]) -> Reading:
    """Read modules for an engine that knows these builtins. RegoError with all that is wrong, file by file."""
    faults: list[Fault] = []
    sources, outlines = [], []
    for module in modules:
        try:
            source = read_source(module)
            found = outline(source)
        except RegoError as error:
            faults += error.faults
        else:
            faults += mixed_faults(source, found)
            sources.append(source)
            outlines.append(found)
    names = names_of(outlines)
    if not faults:
        for source, found in zip(sources, outlines, strict=True):
            faults += call_faults(source, found, names, known)
    if faults:
        raise RegoError(faults)
    return Reading(tuple(sources), tuple(outlines), names)


def require_rule(reading: Reading, entrypoint: str) -> None:
    """RegoError where no rule of the modules stands at `data.<entrypoint>`, or below it."""
    if not reading.names.answers(tuple(entrypoint.split("."))):
        where = reading.sources[0].module if reading.sources else Module("", "")
        what = f"no rule of the modules stands at `data.{entrypoint}`"
        raise RegoError([Fault(what, where.path, where.line)])


def rewritten(reading: Reading, at: int) -> str:
    """A module as the embedded engine is to be given it. Each line keeps its number."""
    source, found = reading.sources[at], reading.outlines[at]
    locals_ = local_names(found, reading.names)
    names = _fresh(source.text)
    known = locals_ | {"input", "data"}
    old = found.first_version

    def edited(edits: Iterable[Edit]) -> bool:
        """Make the edits; read the text anew where there were any."""
        nonlocal source, found
        if not (made := list(edits)):
            return False
        source = read_source(source.module, apply_edits(source.text, made))
        found = outline(source)
        return True

    edited(chain(upgrade(source, found), old_words(source, found), mend_lines(source)))
    for _ in range(_ROUNDS):
        if not edited(hoist_operands(source, names, known, _unbraced(found))):
            break
    else:
        raise RegoError([source.fault(f"negations nest deeper than {_ROUNDS}", 0)])
    edited(mend_calls(source, locals_, old=old))
    edited(mend_minus(source))
    return source.text


def _unbraced(found: Outline) -> list[tuple[int, int]]:
    return [(body.first, body.end) for rule in found.rules for body in rule.bodies if not body.braces]


def _fresh(text: str) -> Iterator[str]:
    """Names for variables that the module does not use."""
    prefix = "operand"
    while prefix in text:
        prefix += "_"
    number = 0
    while True:
        number += 1
        yield f"{prefix}{number}"
