"""Constructs of Rego, one by one: what both engines answer, and the few that they answer differently.

The answers in corpus/ were given by opa, and the tests with the mark `opa` prove that they still are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fairlead.check.engines.base import Case, Engine, Limits, Question, RegoError, engine_for
from fairlead.domain.policy import Dialect, Module

CORPUS = Path(__file__).parent / "corpus"

DOCUMENT: Mapping[str, Any] = {
    "n": 1,
    "s": "s",
    "o": {"a": {"b": 1}, "c": None},
    "l": [3, 1, 2],
    "t": True,
    "cs": [{"name": "x", "image": "a/b:1"}, {"name": "y"}],
    "neg": -1,
    "f": 1.5,
    "e": [],
    "eo": {},
}

ANSWERS = {0: "\ndeny[json.marshal(p)] { true }\n", 1: "\ndeny contains json.marshal(p) if true\n"}
"""The last rule of each module, by the version that it is written in: it answers what `p` is, as JSON."""


def stanzas(name: str) -> Iterator[tuple[str, list[str]]]:
    """The texts of a file of the corpus, with the words that stand below each behind `=>`."""
    for match in re.finditer(r"(.*?)\n((?:=> [^\n]*\n)+)\n", (CORPUS / name).read_text(encoding="utf-8"), re.DOTALL):
        yield match[1], [each.removeprefix("=> ") for each in match[2].splitlines()]


def answers(engine: Engine, texts: list[tuple[int, str]]) -> list[str]:
    """What `p` is in each text: JSON, `undefined`, or `blocked` where it is refused or a fault."""
    found = ["blocked"] * len(texts)
    questions, places = [], []
    for at, (version, text) in enumerate(texts):
        # A package for each lets them share a process.
        body = f"package t{at}\n{text.replace('data.t.', f'data.t{at}.')}{ANSWERS[version]}"
        try:
            program = engine.compile([Module("p.rego", body)], f"t{at}.deny", Dialect.CONFTEST)
        except RegoError:
            continue
        questions.append(Question(program))
        places.append(at)
    [told] = engine.evaluate_many(questions, [Case(DOCUMENT, range(len(questions)))], {"d": {"k": [1, 2]}})
    for at, answer in zip(places, told, strict=True):
        if answer.fault is None:
            found[at] = answer.violations[0].message if answer.violations else "undefined"
    return found


def differences(engine: Engine, version: int) -> dict[str, tuple[str, str]]:
    """What the engine answers otherwise than the corpus says, with what it says."""
    corpus = [(text, words[0]) for text, words in stanzas(f"version-{version}.txt")]
    assert len(corpus) > 150
    found = answers(engine, [(version, text) for text, _ in corpus])
    return {text: (said, told) for (text, said), told in zip(corpus, found, strict=True) if said != told}


@pytest.fixture(scope="module")
def regorus() -> Iterator[Engine]:
    """The embedded engine."""
    engine = engine_for("regorus", limits=Limits(cpu_seconds=1))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def real(opa: str) -> Iterator[Engine]:
    """A real opa."""
    engine = engine_for("opa", opa)
    yield engine
    engine.close()


@pytest.mark.parametrize("version", [0, 1])
def test_the_embedded_engine_answers_as_opa_did(regorus: Engine, version: int) -> None:
    """Both versions of Rego mean the same, construct by construct."""
    assert differences(regorus, version) == {}


@pytest.mark.opa
@pytest.mark.parametrize("version", [0, 1])
def test_opa_answers_as_it_did(real: Engine, version: int) -> None:
    """The corpus holds opa's own answers."""
    assert differences(real, version) == {}


def test_the_known_differences_are_those() -> None:
    """What differs is named: no text stands on both lists."""
    differing = {text for text, _ in stanzas("different.txt")}
    agreed = {text for version in (0, 1) for text, _ in stanzas(f"version-{version}.txt")}
    assert differing
    assert not differing & agreed


@pytest.mark.parametrize(("column", "name"), [(2, "regorus"), pytest.param(1, "real", marks=pytest.mark.opa)])
def test_each_engine_differs_as_is_said(request: pytest.FixtureRequest, column: int, name: str) -> None:
    """A difference that goes away is to be struck from the list."""
    engine: Engine = request.getfixturevalue(name)
    listed = list(stanzas("different.txt"))
    found = answers(engine, [(int(words[0]), text) for text, words in listed])
    assert found == [words[column] for _, words in listed]
