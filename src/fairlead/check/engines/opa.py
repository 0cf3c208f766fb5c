"""A real `opa` as the engine: the modules as they were written, in servers that are ended when they break a limit."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fairlead.check.engines.answers import ABSENT, read_answer
from fairlead.check.engines.base import Answer, AskedOfEngine, Case, Engine, Fault, Limits, Program, Question, RegoError
from fairlead.check.engines.encoding import as_json
from fairlead.check.engines.endings import Endings
from fairlead.check.engines.opa_bundles import Text, bundles
from fairlead.check.engines.opa_program import OpaProgram
from fairlead.check.engines.opa_server import Complaint, DeadServerError, OpaServer
from fairlead.check.engines.rego.names import Names
from fairlead.check.engines.rego.reading import read_modules, require_rule
from fairlead.domain.policy import Dialect, Module
from fairlead.kernel.errors import UsageError

__all__ = ["OpaEngine", "open_engine"]


def open_engine(opa_path: str, limits: Limits) -> Engine:
    """The binary at that path, or on the PATH."""
    return OpaEngine(OpaProgram(opa_path, limits), limits)


@dataclass(frozen=True, slots=True)
class CheckedProgram(AskedOfEngine):
    """Modules that opa has compiled once."""

    key: int
    modules: tuple[Module, ...]
    texts: tuple[Text, ...]
    names: Names
    entrypoint: str
    dialect: Dialect

    def fault(self, message: str, text: Text | None = None, line: int = 0) -> Fault:
        """A fault at a line of a module, in lines of the file that holds it."""
        if text in self.texts:
            place = self.modules[self.texts.index(text)]
            return Fault(message, place.path, place.line - 1 + line)
        return Fault(f"`data.{self.entrypoint}`: {message}", self.modules[0].path, self.modules[0].line)


@dataclass(frozen=True, slots=True)
class _Run:
    """One call: its data, what must not be asked over it or has ended servers, and which modules share a server."""

    data: bytes
    clashes: Mapping[int, str]
    endings: Endings
    groups: Sequence[tuple[Text, ...]]


class OpaEngine:
    """As few servers as programs can share; they are kept until the engine closes or their data changes."""

    name = "opa"

    def __init__(self, program: OpaProgram, limits: Limits) -> None:
        self._program, self._limits = program, limits
        self._keys = itertools.count()
        self._servers: list[OpaServer] = []

    def compile(self, modules: Sequence[Module], entrypoint: str, dialect: Dialect) -> Program:
        """A program that answers at `data.<entrypoint>`."""
        reading = read_modules(modules, self._program.known)
        require_rule(reading, entrypoint)
        outlines = zip(modules, reading.outlines, strict=True)
        texts = tuple((each.text, found.first_version, found.package) for each, found in outlines)
        program = CheckedProgram(self, next(self._keys), tuple(modules), texts, reading.names, entrypoint, dialect)
        if complaints := self._program.complaints(texts):
            raise RegoError([program.fault(*each) for each in complaints])
        return program

    def evaluate_many(
        self, questions: Sequence[Question], cases: Iterable[Case], data: Mapping[str, Any]
    ) -> Iterator[tuple[Answer, ...]]:
        """Ask many questions of many documents, one after the other."""
        asked = [(self._own(each.program), _parameters(each.parameters)) for each in questions]
        shared = as_json(data)
        self._drop(each for each in self._servers if each.data != shared)
        clashes = {program.key: why for program, _ in asked if (why := program.names.clash(data))}
        missing = {
            program.texts: None for program, _ in asked if program.key not in clashes and self._holding(program) is None
        }
        run = _Run(shared, clashes, Endings(), bundles(missing))
        for case in cases:
            document = as_json(case.document)
            yield tuple(self._answer(*asked[at], document, run) for at in case.asked)

    def close(self) -> None:
        """End the servers."""
        self._drop(list(self._servers))

    def _answer(self, program: CheckedProgram, parameters: bytes, document: bytes, run: _Run) -> Answer:
        if why := run.clashes.get(program.key) or run.endings.spent(program.key):
            return Answer(fault=program.fault(why))
        body = b'{"input":%b}' % (b'{"parameters":%b,"review":%b}' % (parameters, document) if parameters else document)
        path = "/".join(quote(each, safe="") for each in program.entrypoint.split("."))
        server = self._holding(program) or self._start(program, run)
        try:
            found = server.ask(path, body)
        except DeadServerError as death:
            self._drop([server])
            run.endings.add(program.key, str(death))
            return Answer(fault=program.fault(str(death)))
        if isinstance(found, Complaint):
            return Answer(fault=program.fault(*found))
        return read_answer(found[0] if found else ABSENT, program.entrypoint, program.dialect)

    def _holding(self, program: CheckedProgram) -> OpaServer | None:
        """A running server that has the program's modules."""
        return next((each for each in self._servers if set(program.texts) <= set(each.texts)), None)

    def _start(self, program: CheckedProgram, run: _Run) -> OpaServer:
        texts = next((each for each in run.groups if set(program.texts) <= set(each)), program.texts)
        server = OpaServer(self._program.path, texts, run.data, self._limits)
        self._servers.append(server)
        return server

    def _drop(self, servers: Iterable[OpaServer]) -> None:
        for each in list(servers):
            self._servers.remove(each)
            each.end()

    def _own(self, program: Program) -> CheckedProgram:
        if not isinstance(program, CheckedProgram) or program.engine is not self:
            raise UsageError("a program can only be asked by the engine that compiled it")
        return program


def _parameters(parameters: Mapping[str, Any] | None) -> bytes:
    return b"" if parameters is None else as_json(parameters)
