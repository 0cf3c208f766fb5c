"""Random rules mean the same to both engines."""

from __future__ import annotations

from random import Random

import pytest

from fairlead.check.engines.base import Case, Engine, Limits, Question, RegoError, engine_for
from fairlead.domain.policy import Dialect, Module
from tests.contract.engine.grammar import DOCUMENT, PRELUDE, rule

pytestmark = pytest.mark.opa

COUNT = 60


def holding(engine: Engine, rules: list[str]) -> list[bool | None]:
    """Whether each rule holds; None where it is refused or a fault."""
    found: list[bool | None] = [None] * len(rules)
    questions, places = [], []
    for at, text in enumerate(rules):
        body = f"package t{at}\nimport rego.v1\n{PRELUDE}\n{text}\ndeny if p\n"
        try:
            questions.append(Question(engine.compile([Module("p.rego", body)], f"t{at}.deny", Dialect.CONFTEST)))
        except RegoError:
            continue
        places.append(at)
    [answers] = engine.evaluate_many(questions, [Case(DOCUMENT, range(len(questions)))], {"d": {"k": [1, 2]}})
    for at, answer in zip(places, answers, strict=True):
        found[at] = None if answer.fault else bool(answer.violations)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_both_engines_agree(seed: int, opa: str) -> None:
    """Where both answer, they answer alike; where opa answers, the embedded engine nearly always does."""
    pick = Random(seed)
    rules = [rule(pick) for _ in range(COUNT)]
    real, embedded = engine_for("opa", opa), engine_for("regorus", limits=Limits(cpu_seconds=1))
    try:
        said, told = holding(real, rules), holding(embedded, rules)
    finally:
        real.close()
        embedded.close()
    pairs = list(zip(rules, said, told, strict=True))
    assert [each for each in pairs if None not in each[1:] and each[1] != each[2]] == []
    answered = [each for each in pairs if each[1] is not None]
    assert len(answered) > COUNT // 3
    assert sum(each[2] is None for each in answered) <= COUNT // 10
    assert {each[1] for each in answered} == {True, False}
