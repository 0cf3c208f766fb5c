"""Unit tests in Rego: rules called `test_...`, as `opa test` runs them.

https://www.openpolicyagent.org/docs/policy-testing: a test holds when its rule is true; `todo_test_...` is set aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fairlead.check.engines.base import Answer, Case, Engine, Fault, Question, RegoError
from fairlead.check.policies.cases.outcome import Outcome, Ran, places
from fairlead.check.policies.rego_text import Head, RegoText, closure, read_rego
from fairlead.domain.policy import Dialect, Module
from fairlead.ports import Progress

__all__ = ["run_rego_tests"]

_TEST, _TODO = "test_", "todo_test_"
_FILE = "_test.rego"
_ENTRY = "fairlead_tests.violation"
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEAD = """package fairlead_tests
import rego.v1
passed(value) if value == true
passed(value) if {
	is_object(value)
	count(value) > 0
	every each in value { each == true }
}
"""
"""A test whose rule holds is a message of `violation`, so that any engine can be asked for all of a package at once."""


@dataclass(frozen=True, slots=True)
class _Test:
    """One test: its file, what it is called there, and what its rule is called while it runs."""

    path: str
    name: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Package:
    """A package with tests: its modules, in which no two tests have one name."""

    name: str
    modules: tuple[Module, ...]
    tests: tuple[_Test, ...]


def run_rego_tests(
    texts: Iterable[tuple[str, str]], data: Mapping[str, Any], engine: Engine, progress: Progress
) -> Ran:
    """Every test of every package in the texts, with the modules that its package needs."""
    modules = [read_rego(Module(path, text)) for path, text in texts]
    groups = sorted({(_folder(module), module.package) for module in modules if any(_tests_of(module))})
    outcomes: list[Outcome] = []
    for place, (folder, name) in enumerate(groups):
        outcomes += _run(_package(folder, name, closure(_around(folder, modules), name)), data, engine)
        progress(place + 1, len(groups), "Rego tests")
    todo = sum(1 for module in modules for head in module.heads if head.name.startswith(_TODO))
    return Ran(tuple(outcomes), todo)


def _around(folder: str, modules: Sequence[RegoText]) -> list[RegoText]:
    """The modules as tests in `folder` mean them.

    A package that the folder or one above it holds is taken from the nearest of them alone: policies that have nothing
    to do with one another are often called alike. One that none of them holds is taken from wherever it is.
    """
    sources: dict[str, set[str]] = {}
    for module in modules:
        if not module.module.path.endswith(_FILE):
            sources.setdefault(module.package, set()).add(_folder(module))
    upward = [folder.rsplit("/", count)[0] for count in range(folder.count("/") + 1)] + [""]
    nearest = {package: next((each for each in upward if each in held), None) for package, held in sources.items()}
    return [
        module
        for module in modules
        if _folder(module) == folder or nearest.get(module.package) in {None, _folder(module)}
    ]


def _folder(text: RegoText) -> str:
    return text.module.path.rpartition("/")[0]


def _tests_of(text: RegoText) -> Iterator[Head]:
    return (head for head in text.heads if head.name.startswith(_TEST))


def _package(folder: str, name: str, texts: Iterable[RegoText]) -> _Package:
    """The package with a second test of a name renamed: as one rule, either of them would hide the other's failure."""
    seen: dict[str, int] = {}
    modules, tests = [], []
    for text in texts:
        source = text.module.text
        renamed: list[tuple[Head, str]] = []
        for head in _tests_of(text) if (_folder(text), text.package) == (folder, name) else ():
            count = seen[head.name] = seen.get(head.name, -1) + 1
            if head.partial and count:
                continue
            rule = f"{head.name}__{count}" if count else head.name
            renamed.append((head, rule))
            tests.append(_Test(text.module.path, f"{head.name}#{count:02}" if count else head.name, rule))
        for head, rule in reversed(renamed):
            source = source[: head.offset] + rule + source[head.offset + len(head.name) :]
        modules.append(replace(text.module, text=source))
    return _Package(name, tuple(modules), tuple(tests))


def _run(package: _Package, data: Mapping[str, Any], engine: Engine) -> Iterator[Outcome]:
    """Ask for all tests at once; where that fails, ask for each, so that one broken test is told apart."""
    together = _ask(package, [test.rule for test in package.tests], data, engine)
    held = {violation.message for violation in together.violations}
    for test in package.tests:
        answer = _ask(package, [test.rule], data, engine) if together.fault else together
        holds = test.rule in held or any(violation.message == test.rule for violation in answer.violations)
        got = f"error: {answer.fault.message}" if answer.fault else "true" if holds else "not true"
        yield Outcome(test.path, package.name, test.name, "true", got, passed=holds, error=answer.fault is not None)


def _ask(package: _Package, names: Sequence[str], data: Mapping[str, Any], engine: Engine) -> Answer:
    lines = [f'violation contains "{name}" if passed({_reference(package.name)}.{name})' for name in names]
    asking = Module("the tests' wrapper", "\n".join([_HEAD, *lines, ""]))
    try:
        program = engine.compile((*package.modules, asking), _ENTRY, Dialect.CONFTEST)
    except RegoError as error:
        return Answer(fault=Fault(places(error)))
    ((answer,),) = engine.evaluate_many([Question(program)], [Case({}, (0,))], data)
    return answer


def _reference(package: str) -> str:
    parts = [f".{part}" if _WORD.fullmatch(part) else f'["{part}"]' for part in package.split(".")]
    return f"data{''.join(parts)}"
