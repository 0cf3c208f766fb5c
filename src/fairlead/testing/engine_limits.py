"""What no policy can do, whichever engine evaluates it. A part of `EngineContract`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

import pytest

from fairlead.check.engines.base import Answer, Case, Program, Question, RegoError, Violation
from fairlead.testing.engine_asking import BROKEN, EngineAsking

__all__ = ["EngineLimits"]

SECONDS = 20
"""Within which whatever is bounded must have ended, on a machine that does other things too."""


class EngineLimits(EngineAsking):
    """Policies are untrusted input."""

    @pytest.mark.parametrize(
        "data", [{"t": {"deny": []}}, {"t": {"deny": {"x": 1}}}, {"t": []}, {"t": {"inner": 5, "deny": None}}]
    )
    def test_data_cannot_take_the_place_of_a_rule(self, data: Mapping[str, Any]) -> None:
        """Whoever brings data cannot silence a policy with it; other policies are judged."""
        silenced = self.compiled('package t\ndeny contains "x"\n')
        other = self.compiled('package u\ndeny contains "y"\n', "u.deny")
        [(first, second)] = self.engine.evaluate_many([Question(silenced), Question(other)], [Case({}, (0, 1))], data)
        assert first.fault is not None
        assert "the data has a value" in first.fault.message
        assert second == Answer((Violation("y"),))

    @pytest.mark.parametrize(
        "text",
        [
            "package t\n\ndeny if http.send({})",
            'package t\n\ndeny if http["send"]({})',
            'package t\n\ndeny if http["s\\u0065nd"]({})',
            "package t\n\ndeny if opa.runtime().env.HOME",
            'package t\n\ndeny if net.lookup_ip_addr("example.com")',
            "package t\n\ndeny if count(input.x) with count as http.send",
        ],
    )
    def test_a_policy_may_not_reach_out(self, text: str) -> None:
        """Network and environment are refused at load, however the name is written."""
        [fault] = self.refusal(text).faults
        assert fault.line == BROKEN
        assert "refused" in fault.message

    @pytest.mark.parametrize("text", ["", "no package", "package", "\x00", "\udcff", "package t\ndeny := \ud800"])
    def test_what_is_no_rego_is_refused(self, text: str) -> None:
        """Also bytes that were no UTF-8."""
        assert self.refusal(text).faults

    def test_ten_megabytes_are_refused_at_once(self) -> None:
        """The size of a module is bounded."""
        started = time.monotonic()
        assert "characters" in str(self.refusal("package t\n" + "deny if input.x\n" * 700_000))
        assert time.monotonic() - started < 1

    @pytest.mark.parametrize(
        "expression",
        [
            "(" * 5_000 + "1" + ")" * 5_000,
            "[" * 150 + "]" * 150,
            "1" + "+1" * 50_000,
            "-" * 10_000 + "1",
            "not " * 10_000,
        ],
    )
    def test_deep_nesting_ends_in_an_error(self, expression: str) -> None:
        """Brackets, operators and signs without end exhaust nobody's stack."""
        started = time.monotonic()
        with contextlib.suppress(RegoError):
            self.answer(f"package t\ndeny if {expression}\n")
        assert time.monotonic() - started < SECONDS

    def test_endless_recursion_is_an_error(self) -> None:
        """At load or as a fault, by what the engine knows; other questions are answered all the same."""
        with contextlib.suppress(RegoError):
            self.among_others(self.compiled("package t\nf(x) := f(x + 1)\ndeny if f(input.n)\n"), "ended")

    @pytest.mark.parametrize(
        "rule",
        [
            "deny if count([1 | some x in numbers.range(1, 3000); some y in numbers.range(1, 9000); x == -y]) > 0",
            'deny if count([x | some i in numbers.range(1, 100000000); x := sprintf("%d", [i])]) == 1',
        ],
    )
    def test_what_takes_too_long_or_too_much_is_ended(self, rule: str) -> None:
        """Time and memory of an evaluation are bounded; other questions are answered all the same."""
        self.among_others(self.compiled(f"package t\n{rule}\n"), "ended")

    def among_others(self, greedy: Program, word: str) -> None:
        """Ask a greedy program between good ones: it gets faults, and not for ever; they get their answers."""
        good = self.compiled('package t\ndeny contains sprintf("n is %d", [input.n])\n')
        questions = [Question(good), Question(greedy), Question(good)]
        cases = [Case({"n": n}, (0, 1, 2)) for n in range(300)]
        started = time.monotonic()
        for n, (before, told, after) in enumerate(self.engine.evaluate_many(questions, cases, {})):
            assert before == after == Answer((Violation(f"n is {n}"),))
            assert told.fault is not None
            assert word in told.fault.message
        assert time.monotonic() - started < SECONDS

    def test_what_a_policy_prints_disturbs_nothing(self) -> None:
        """`print` is allowed, and goes nowhere."""
        assert self.answer('package t\ndeny contains "x" if print("hello", input)\n') == Answer((Violation("x"),))
