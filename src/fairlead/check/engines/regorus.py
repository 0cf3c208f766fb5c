"""The embedded engine, `regorus`: modules are rewritten so that it reads them as OPA does, and run in workers."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.check.engines.answers import ABSENT, read_answer
from fairlead.check.engines.base import Answer, AskedOfEngine, Case, Engine, Fault, Limits, Program, Question, RegoError
from fairlead.check.engines.encoding import as_json
from fairlead.check.engines.pool import Asked, Load, Pool, Raw
from fairlead.check.engines.rego.builtins import EMBEDDED
from fairlead.check.engines.rego.mends import OLD_NAMES, PRELUDE, PRELUDE_PACKAGE
from fairlead.check.engines.rego.names import Names
from fairlead.check.engines.rego.reading import Reading, read_modules, require_rule, rewritten
from fairlead.domain.policy import Dialect, Module
from fairlead.kernel.errors import UsageError

__all__ = ["RegorusEngine", "open_engine"]

_KNOWN = EMBEDDED | frozenset(OLD_NAMES) | {"set_diff"}
_PLACE = re.compile(r"--> module(\d+):(\d+):(\d+)")


def open_engine(_opa_path: str, limits: Limits) -> Engine:
    """The embedded engine. Workers start with the first program."""
    return RegorusEngine(limits)


@dataclass(frozen=True, slots=True)
class RegorusProgram(AskedOfEngine):
    """Rego that one worker has compiled already, and others will when they are asked."""

    load: Load
    names: Names
    modules: tuple[Module, ...]
    entrypoint: str
    dialect: Dialect

    def asked(self, parameters: Mapping[str, Any] | None, data: Mapping[str, Any]) -> Asked:
        """How workers are asked."""
        around = None if parameters is None else as_json(parameters).decode()
        exact = self.names.exact(tuple(self.entrypoint.split(".")))
        refusal = f"`{PRELUDE_PACKAGE}` has no place in data" if PRELUDE_PACKAGE in data else self.names.clash(data)
        return Asked(self.load, f"data.{self.entrypoint}", exact, around, refusal)

    def answer(self, raw: Raw) -> Answer:
        """What a worker's answer means."""
        if len(raw) > 1:
            return Answer(fault=_fault(raw[1], self.modules))
        return read_answer(raw[0] if raw else ABSENT, self.entrypoint, self.dialect)


class RegorusEngine:
    """Compiles in a worker, evaluates in as many as there are processors."""

    name = "regorus"

    def __init__(self, limits: Limits, workers: int = 0) -> None:
        self._pool = Pool(limits, workers)
        self._loads: dict[tuple[Module, ...], tuple[Reading, Load]] = {}

    def compile(self, modules: Sequence[Module], entrypoint: str, dialect: Dialect) -> Program:
        """A program that answers at `data.<entrypoint>`."""
        key = tuple(modules)
        if key not in self._loads:
            self._loads[key] = self._load(key)
        reading, load = self._loads[key]
        require_rule(reading, entrypoint)
        return RegorusProgram(self, load, reading.names, key, entrypoint, dialect)

    def evaluate_many(
        self, questions: Sequence[Question], cases: Iterable[Case], data: Mapping[str, Any]
    ) -> Iterator[tuple[Answer, ...]]:
        """Ask many questions of many documents."""
        programs = [self._own(each.program) for each in questions]
        asked = [program.asked(each.parameters, data) for program, each in zip(programs, questions, strict=True)]
        sent, positions = itertools.tee(cases)
        for case, raws in zip(positions, self._pool.ask(asked, sent, data), strict=True):
            yield tuple(programs[at].answer(raw) for at, raw in zip(case.asked, raws, strict=True))

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def _load(self, modules: tuple[Module, ...]) -> tuple[Reading, Load]:
        reading, key = read_modules(modules, _KNOWN), len(self._loads)
        texts = [[f"module{at}", rewritten(reading, at)] for at in range(len(modules))]
        load = Load(key, json.dumps([key, [*texts, ["prelude", PRELUDE]]]).encode())
        if complaint := self._pool.compile(load):
            raise RegoError([_fault(complaint, modules)])
        return reading, load

    def _own(self, program: Program) -> RegorusProgram:
        if not isinstance(program, RegorusProgram) or program.engine is not self:
            raise UsageError("a program can only be asked by the engine that compiled it")
        return program


def _fault(told: str, modules: Sequence[Module]) -> Fault:
    """The engine's complaint, at the line of the file that it means."""
    message = told.partition("error: ")[2].split("\n")[0] or told.split("\n", maxsplit=1)[0]
    if place := _PLACE.search(told):
        module = modules[int(place[1])]
        return Fault(message, module.path, module.line - 1 + int(place[2]))
    return Fault(message, modules[0].path, modules[0].line)
