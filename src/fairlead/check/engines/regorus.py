"""The embedded engine, `regorus`: modules are rewritten so that it reads them as OPA does, and run in workers."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.check.engines.answers import ABSENT, read_answer
from fairlead.check.engines.base import Answer, Case, Engine, Fault, Limits, Program, Question, RegoError
from fairlead.check.engines.pool import Asked, Load, Pool, Raw
from fairlead.check.engines.rego.builtins import EMBEDDED
from fairlead.check.engines.rego.mends import OLD_NAMES, PRELUDE
from fairlead.check.engines.rego.reading import Reading, read_modules, rewritten
from fairlead.domain.policy import Dialect, Module
from fairlead.kernel.errors import UsageError

__all__ = ["RegorusEngine", "open_engine"]

_KNOWN = EMBEDDED | frozenset(OLD_NAMES) | {"set_diff"}
_PLACE = re.compile(r"--> module(\d+):(\d+):(\d+)")


def open_engine(_opa_path: str, limits: Limits) -> Engine:
    """The embedded engine. Workers start with the first program."""
    return RegorusEngine(limits)


@dataclass(frozen=True, slots=True)
class RegorusProgram:
    """Rego that one worker has compiled already, and others will when they are asked."""

    engine: RegorusEngine
    load: Load
    modules: tuple[Module, ...]
    entrypoint: str
    dialect: Dialect

    def evaluate(self, document: Mapping[str, Any], data: Mapping[str, Any]) -> Answer:
        """Judge one input."""
        return next(self.evaluate_all([document], data))

    def evaluate_all(self, documents: Iterable[Mapping[str, Any]], data: Mapping[str, Any]) -> Iterator[Answer]:
        """Judge many inputs, in order."""
        cases = (Case(each, (0,)) for each in documents)
        return (answers[0] for answers in self.engine.evaluate_many([Question(self)], cases, data))

    def answer(self, raw: Raw) -> Answer:
        """What a worker's answer means."""
        if len(raw) > 1:
            return Answer(fault=_fault(raw[1], self.modules, self.entrypoint))
        return read_answer(raw[0] if raw else ABSENT, self.entrypoint, self.dialect)


class RegorusEngine:
    """Compiles in a worker, evaluates in as many as there are processors."""

    name = "regorus"

    def __init__(self, limits: Limits, workers: int = 0) -> None:
        self._pool = Pool(limits, workers)
        self._keys = itertools.count()

    def compile(self, modules: Sequence[Module], entrypoint: str, dialect: Dialect) -> Program:
        """A program that answers at `data.<entrypoint>`."""
        reading = read_modules(modules, entrypoint, _KNOWN)
        load = _load(reading, next(self._keys), entrypoint)
        if complaint := self._pool.compile(load):
            raise RegoError([_fault(complaint, modules, entrypoint)])
        return RegorusProgram(self, load, tuple(modules), entrypoint, dialect)

    def evaluate_many(
        self, questions: Sequence[Question], cases: Iterable[Case], data: Mapping[str, Any]
    ) -> Iterator[tuple[Answer, ...]]:
        """Ask many questions of many documents."""
        programs = [self._own(each.program) for each in questions]
        asked = [
            Asked(program.load, None if each.parameters is None else json.dumps(each.parameters))
            for program, each in zip(programs, questions, strict=True)
        ]
        sent, positions = itertools.tee(cases)
        for case, raws in zip(positions, self._pool.ask(asked, sent, data), strict=True):
            yield tuple(programs[at].answer(raw) for at, raw in zip(case.asked, raws, strict=True))

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def _own(self, program: Program) -> RegorusProgram:
        if not isinstance(program, RegorusProgram) or program.engine is not self:
            raise UsageError("a program can only be asked by the engine that compiled it")
        return program


def _load(reading: Reading, key: int, entrypoint: str) -> Load:
    texts = [[f"module{at}", rewritten(reading, at)] for at in range(len(reading.sources))]
    order = {
        "key": key,
        "modules": [*texts, ["prelude", PRELUDE]],
        "rule": f"data.{entrypoint}",
        "exact": reading.names.exact(tuple(entrypoint.split("."))),
    }
    return Load(key, json.dumps(order).encode())


def _fault(told: str, modules: Sequence[Module], entrypoint: str) -> Fault:
    """The engine's complaint, at the line of the file that it means."""
    message = told.rpartition("error: ")[2].strip() or "the engine gave no reason"
    if place := _PLACE.search(told):
        module = modules[int(place[1])]
        return Fault(message, module.path, module.line - 1 + int(place[2]))
    return Fault(f"`data.{entrypoint}`: {message}", modules[0].path, modules[0].line)
