"""Answers are compared as they were given, and kept as nobody can read them."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from fairlead.flows.rollouts.answers import Seal, compared
from fairlead.flows.rollouts.arms import AMBIGUOUS, FAILED

KEY = b"0123456789abcdef"
EXACT, NEAR = Seal(KEY), Seal(KEY, Decimal("0.01"))


def differ(told: str, copied: str, seal: Seal = EXACT) -> bool:
    """Whether two answers to one request count as different."""
    block, _ = compared({}, {"r": seal.answer(told)}, {"r": seal.answer(copied)}, seal.tolerance)
    assert block.new.count == 1
    return bool(block.new.total)


@pytest.mark.parametrize(
    ("told", "copied", "other"),
    [
        ('{"a": [1, 2.50, "x"]}', '{"a":[1.0,2.5,"x"]}', False),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', True),
        ('{"a": [1, "2"]}', '{"a": [1, 2]}', True),
        ('{"a": "yes"}', '{"a": "yes", "id": 7}', False),
        ('{"a": "yes", "id": 7}', '{"a": "yes"}', True),
        ('[{"label": "good", "id": 1}]', '[{"label": "good", "id": 1, "more": true}]', False),
        ('[{"label": "good"}]', '[{"label": "bad"}]', True),
        ("[true]", "[1]", True),
        ("[-0.0, 100]", "[0, 1e2]", False),
        ("[NaN]", "[NaN]", False),
        ("not json", "not json", False),
        ("not json", "other text", True),
        ("1e999999999", "1e999999999", False),
        ("[" * 5000, "[" * 5000, False),
    ],
)
def test_sealed_answers_compare_as_the_answers_do(told: str, copied: str, *, other: bool) -> None:
    """What the old release's answer leaves out is not compared; numbers are equal by value."""
    assert differ(told, copied) is other


@pytest.mark.parametrize(("copied", "other"), [("0.505", False), ("0.52", True), ('"0.5"', True), ("5e-1", False)])
def test_numbers_may_differ_by_the_tolerance(copied: str, *, other: bool) -> None:
    """Also such as have a fraction."""
    assert differ('{"outputs": [{"data": [0.5]}]}', f'{{"outputs": [{{"data": [{copied}]}}]}}', NEAR) is other


def test_nothing_of_an_answer_is_kept() -> None:
    """No word, no name, and no number where none is needed; under another key it looks different."""
    answer = json.dumps({"diagnosis": "cystitis", "patient": {"name": "Ada Byron", "sure": True}, "score": [98, 2.125]})
    kept = EXACT.answer(answer)
    for word in ("diagnosis", "cystitis", "patient", "Ada", "true", "2.125"):
        assert word not in kept
    assert Seal(b"another").answer(answer) != kept
    assert "2.125" in NEAR.answer(answer)
    assert "Ada" not in NEAR.answer(answer)
    assert "Ada" not in EXACT.answer("Ada Byron, in plain text")


def test_what_comes_first_waits_one_look() -> None:
    """Whichever of the two it is; and no longer."""
    one, other = EXACT.answer("[1]"), EXACT.answer("[2]")
    block, pending = compared({}, {"a": one, "b": one}, {"c": one}, EXACT.tolerance)
    assert (block.new.count, len(pending)) == (0, 3)
    block, pending = compared(pending, {"c": other}, {"a": one, "d": one}, EXACT.tolerance)
    assert (block.new.count, block.new.total) == (2, 1)
    assert pending == {"new d": one}


def test_failures_and_ids_used_twice() -> None:
    """A failure of both is no difference; nobody can tell whose answer an id is that two requests had."""
    one = EXACT.answer("[1]")
    told = {"a": FAILED, "b": FAILED, "c": one, "d": AMBIGUOUS}
    block, _ = compared({}, told, {"a": FAILED, "b": one, "c": FAILED, "d": one}, EXACT.tolerance)
    assert (block.new.count, block.new.total) == (3, 2)


def test_what_waits_is_bounded() -> None:
    """By number and by size; copies come first, for each of them has an original."""
    many = {f"r{at}": EXACT.answer("[1]") for at in range(30_000)}
    _, pending = compared({}, many, {"copy": EXACT.answer("[1]")}, EXACT.tolerance)
    assert len(pending) == 20_000
    assert "new copy" in pending
    large = {f"{at}{'x' * 60_000}": EXACT.answer("[1]") for at in range(300)}
    _, pending = compared({}, large, {}, EXACT.tolerance)
    assert sum(map(len, pending)) < 5 << 20
    assert pending
