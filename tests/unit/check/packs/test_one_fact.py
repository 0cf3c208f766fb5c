"""Each rule lets a workspace pass, and says so when one fact of it is wrong: in both engines, in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.check.engines.base import Engine
from tests.unit.check.packs.asking import Answers, Asking, ask_engine, ask_opa, rules
from tests.unit.check.packs.cases import CASES, LICENCE, Case, passing
from tests.unit.check.packs.facts import differences
from tests.unit.check.packs.sample import data

_TAKING = {each.rule.id for each in rules() if each.parameters}

_UNTOLD = [each for each in CASES if not each.parameters and _TAKING & set(each.said)]


def _askings() -> list[Asking]:
    fine = [Asking(f"passing {kind}", document, data(), {}) for kind, document in passing().items()]
    bare = [Asking(f"bare {kind}", document, data(), None) for kind, document in passing().items()]
    broken = [Asking(each.name, each.document(), each.data(), each.parameters) for each in CASES]
    untold = [Asking(f"bare {each.name}", each.document(), each.data(), None) for each in _UNTOLD]
    return [*fine, *bare, *broken, *untold]


@pytest.fixture(scope="module")
def answers(engine: Engine) -> Answers:
    """What fairlead's engine says of every case."""
    return ask_engine(engine, _askings())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_differs_from_what_passes_in_one_fact(case: Case) -> None:
    """One leaf, or one part that is not there at all: a rule that fails on it fails because of it."""
    before, after = (passing()[case.subject], case.document()) if not case.about_data else (data(), case.data())
    derived = {"licence"} if case.path == LICENCE else set()
    assert [each for each in differences(before, after) if each[0] not in derived] == [case.path]


@pytest.mark.parametrize("kind", passing())
def test_what_is_in_order_passes_every_rule(kind: str, answers: Answers) -> None:
    """No rule of any pack says anything of it, with its parameters and where nobody merges them in."""
    assert answers.get(f"passing {kind}", {}) == {}
    assert answers.get(f"bare {kind}", {}) == {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_wrong_fact_is_told_by_its_rule_and_by_no_other(case: Case, answers: Answers) -> None:
    """The rule answers with the verdict that fits; what is missing is insufficient, never a pass."""
    said = answers.get(case.name, {})
    assert {rule: {verdict for verdict, _ in told} for rule, told in said.items()} == {
        rule: {verdict} for rule, verdict in case.said.items()
    }


@pytest.mark.parametrize("case", _UNTOLD, ids=lambda case: case.name)
def test_a_rule_judges_alike_where_nobody_merges_its_defaults(case: Case, answers: Answers) -> None:
    """In Gatekeeper a parameter may be missing: the module knows the same defaults as its annotation."""
    assert answers.get(f"bare {case.name}") == answers.get(case.name)


def test_every_rule_is_shown_failing() -> None:
    """A rule that no case breaks might never say anything."""
    assert {each.rule.id for each in rules()} == {rule for case in CASES for rule in case.said}
    assert len({each.name for each in CASES}) == len(CASES)


@pytest.mark.opa
def test_opa_gives_the_same_answers(opa: str, answers: Answers, tmp_path: Path) -> None:
    """Verdicts and messages are equal in the embedded engine and in a real `opa`, for every case and rule."""
    assert ask_opa(opa, _askings(), tmp_path) == answers
