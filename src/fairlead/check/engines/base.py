"""What an engine for Rego must do. Members stand beside this file; they are chosen by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairlead.domain.policy import Dialect, Module
from fairlead.kernel.plugins import load_member

__all__ = [
    "AUTO",
    "ENGINES",
    "GROUP",
    "Answer",
    "AskedOfEngine",
    "Case",
    "Engine",
    "Fault",
    "Limits",
    "Program",
    "Question",
    "RegoError",
    "Violation",
    "engine_for",
]

GROUP = "fairlead.engines"
ENGINES = {
    "opa": "fairlead.check.engines.opa:open_engine",
    "regorus": "fairlead.check.engines.regorus:open_engine",
}
"""Built-in engines by name."""

AUTO = "regorus"
"""What `auto` means: the engine that needs nothing installed."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One answer of a policy: its message and whatever it said besides."""

    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """A policy that could not be judged: a builtin's error, a limit, a dead engine. It blocks; it is never a pass."""

    message: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a policy says of one input: violations, or the fault that kept it from saying anything."""

    violations: tuple[Violation, ...] = ()
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one evaluation may use before it is ended and its answer is a fault."""

    cpu_seconds: float = 5.0
    """Processor time, so that a busy machine does not turn a good policy into a fault."""

    wall_seconds: float = 30.0
    """Time by the clock, for what sleeps or hangs."""

    memory_bytes: int = 2 << 30
    """Address space of the process that evaluates, with the engine, all programs and the data in it."""


class RegoError(Exception):
    """Modules that do not compile. `faults` say where."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(each.message for each in faults))
        self.faults = tuple(faults)


class Program(Protocol):
    """Compiled modules with one entrypoint. Only the engine that made it can ask it."""

    def evaluate(self, document: Mapping[str, Any], data: Mapping[str, Any]) -> Answer:
        """Judge one input."""

    def evaluate_all(self, documents: Iterable[Mapping[str, Any]], data: Mapping[str, Any]) -> Iterator[Answer]:
        """Judge many inputs over the same data, in order, without a round trip for each."""


@dataclass(frozen=True, slots=True)
class Question:
    """A program as one policy asks it.

    With `parameters` the program sees `{"review": document, "parameters": parameters}`, as Gatekeeper's templates
    expect it; with None it sees the document itself.
    """

    program: Program
    parameters: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A document, and which questions are asked of it, by their positions."""

    document: Mapping[str, Any]
    asked: Sequence[int]


class Engine(Protocol):
    """Compiles Rego. Everything that runs policies' code runs it in another process, under limits."""

    name: str

    def compile(self, modules: Sequence[Module], entrypoint: str, dialect: Dialect) -> Program:
        """A program that answers at `data.<entrypoint>`. RegoError with file and line where it does not compile."""

    def evaluate_many(
        self, questions: Sequence[Question], cases: Iterable[Case], data: Mapping[str, Any]
    ) -> Iterator[tuple[Answer, ...]]:
        """Ask many questions of many documents: for each case, in order, an answer for each position in `asked`.

        A document is sent once for all its questions, the work is spread over the processors, and cases are drawn as
        there is room, so that they may be a stream. This is the fast way; the methods of a program are made of it.
        """

    def close(self) -> None:
        """End what was started."""


@dataclass(frozen=True, slots=True)
class AskedOfEngine:
    """The half of a program that is the same everywhere: its questions go to the engine that compiled it."""

    engine: Engine

    def evaluate(self, document: Mapping[str, Any], data: Mapping[str, Any]) -> Answer:
        """Judge one input."""
        return next(self.evaluate_all([document], data))

    def evaluate_all(self, documents: Iterable[Mapping[str, Any]], data: Mapping[str, Any]) -> Iterator[Answer]:
        """Judge many inputs, in order."""
        cases = (Case(each, (0,)) for each in documents)
        return (answers[0] for answers in self.engine.evaluate_many([Question(self)], cases, data))


def engine_for(name: str, opa_path: str = "", limits: Limits | None = None) -> Engine:
    """The engine of that name, `auto` for the embedded one. `opa_path`: '' looks on the PATH.

    UsageError for an unknown name, BrokenWorldError where the engine is not there.
    """
    make = load_member(GROUP, ENGINES, AUTO if name == "auto" else name)
    engine: Engine = make(opa_path, limits or Limits())
    return engine
