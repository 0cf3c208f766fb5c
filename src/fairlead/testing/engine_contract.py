"""What every engine for Rego promises. Subclass `EngineContract`, and say in `open_engine` how one is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fairlead.check.engines.base import Answer, Case, Question, RegoError, Violation
from fairlead.domain.policy import Dialect, Module
from fairlead.kernel.errors import UsageError
from fairlead.testing.engine_asking import BROKEN, LIMITS
from fairlead.testing.engine_limits import EngineLimits

__all__ = ["EngineContract"]

LABELS = """package labels

violation[{"msg": msg, "details": {"missing": missing}}] {
  wanted := {each | each := input.parameters.labels[_]}
  given := {each | input.review.metadata.labels[each]}
  missing := wanted - given
  count(missing) > 0
  msg := sprintf("%v lacks %d label(s): %v", [input.review.metadata.name, count(missing), missing])
}
"""
"""A Gatekeeper template's rule, as people write it: version 0 of Rego."""

LARGE = """package t
deny contains "large" if input.size > 10
deny contains "far too large" if to_number(input.text) > 10
"""


def subject(name: str, **labels: str) -> Mapping[str, Any]:
    """A document with labels."""
    return {"metadata": {"name": name, "labels": labels}}


class EngineContract(EngineLimits):
    """Tests over a fresh engine each; pytest collects those of subclasses."""

    def test_a_template_answers_with_message_and_details(self) -> None:
        """Gatekeeper's `msg` and `details` arrive, and what passes says nothing."""
        program = self.compiled(LABELS, "labels.violation", Dialect.GATEKEEPER)
        question = Question(program, {"labels": ["owner", "team"]})
        documents = [subject("bare"), subject("good", owner="ann", team="x")]
        bare, good = self.engine.evaluate_many([question], (Case(each, (0,)) for each in documents), {})
        message = 'bare lacks 2 label(s): {"owner", "team"}'
        assert bare == (Answer((Violation(message, {"missing": ["owner", "team"]}),)),)
        assert good == (Answer(),)

    def test_conftest_answers_with_text_or_objects(self) -> None:
        """A string is a message; of an object `msg` is, and the rest is kept."""
        text = 'package t\ndeny contains "plain"\ndeny contains {"msg": "object", "id": 7}\n'
        found = sorted(self.answer(text).violations, key=lambda each: each.message)
        assert found == [Violation("object", {"id": 7}), Violation("plain")]

    @pytest.mark.parametrize(
        ("rule", "messages"),
        [
            ("deny := true", ["`deny` is true"]),
            ("deny := false", []),
            ("deny if input.absent", []),
            ('deny := ["a", "b"]', ["a", "b"]),
            ('deny["key"] := "a"', ["a"]),
            ("allow := true", []),
            ("allow := false", ["`allow` is false"]),
            ("allow if input.absent", ["`allow` is undefined"]),
        ],
    )
    def test_a_bundle_answers_in_any_shape(self, rule: str, messages: list[str]) -> None:
        """Truth is read by the rule's name, so that an `allow` that does not hold is a violation."""
        name = rule[: 5 if rule.startswith("allow") else 4]
        answer = self.compiled(f"package t\n{rule}\n", f"t.{name}", Dialect.BUNDLE).evaluate({}, {})
        assert ([each.message for each in answer.violations], answer.fault) == (messages, None)

    @pytest.mark.parametrize("rule", ["deny := 7", "deny := [7]", 'deny := [{"text": "no msg"}]'])
    def test_an_answer_of_no_known_shape_is_a_fault(self, rule: str) -> None:
        """What cannot be read is never a pass."""
        assert self.answer(f"package t\n{rule}\n").fault is not None

    @pytest.mark.parametrize(
        "text",
        [
            'import future.keywords.in\ndeny contains "x" if 1 in [1]',
            'import future.keywords.in\ndeny["x"] { 1 in [1] }',
            'import future.keywords\ndeny contains "x" if { any([true]) }',
            'import future.keywords.if\ndeny["x"] { t } t if true',
            'import rego.v1\ndeny contains "x" if 1 in [1]',
            'deny contains "x"',
            'deny["x"]',
            'deny["y"] = "x" { any([true]) }',
        ],
    )
    def test_the_version_is_told_from_the_text(self, text: str) -> None:
        """By imports and by how rules are written, whatever was imported for the other version."""
        assert self.answer(f"package t\n{text}\n") == Answer((Violation("x"),))

    def test_data_is_seen_and_may_change(self) -> None:
        """Each call judges by the data that it was given."""
        program = self.compiled("package t\ndeny contains name if some name in data.banned\n")
        found = [program.evaluate({}, {"banned": names}).violations for names in (["a"], [], ["b"], ["b"])]
        assert found == [(Violation("a"),), (), (Violation("b"),), (Violation("b"),)]

    def test_data_may_stand_beside_rules(self) -> None:
        """A package may have data of its own, as conftest's users keep it."""
        program = self.compiled("package t\nimport data.t.limits\ndeny contains x if some x in limits.names\n")
        assert program.evaluate({}, {"t": {"limits": {"names": ["a"]}}}) == Answer((Violation("a"),))

    def test_only_what_is_asked_is_answered_and_in_order(self) -> None:
        """Each case names its questions; the answers stand in that order, however much work is spread."""
        programs = [self.compiled(f'package t\ndeny contains sprintf("{at}-%d", [input.n])\n') for at in range(3)]
        questions = [Question(each) for each in programs]
        cases = [Case({"n": n}, (2, n % 2)) for n in range(200)]
        answers = self.engine.evaluate_many(questions, iter(cases), {})
        found = [tuple(each.violations[0].message for each in pair) for pair in answers]
        assert found == [(f"2-{n}", f"{n % 2}-{n}") for n in range(200)]

    def test_programs_do_not_see_one_another(self) -> None:
        """Two templates that bring different libraries of one name are judged each by its own."""
        questions = []
        for word in ("one", "two"):
            texts = ["package main\nimport data.lib\ndeny contains lib.word\n", f'package lib\nword := "{word}"\n']
            modules = [Module(f"{word}{at}.rego", text) for at, text in enumerate(texts)]
            questions.append(Question(self.engine.compile(modules, "main.deny", Dialect.CONFTEST)))
        [(first, second)] = self.engine.evaluate_many(questions, [Case({}, (0, 1))], {})
        assert (first.violations, second.violations) == ((Violation("one"),), (Violation("two"),))

    def test_a_builtins_error_is_a_fault_with_its_line(self) -> None:
        """A policy that cannot be worked out blocks; inputs before and after it are judged."""
        program = self.compiled(LARGE)
        documents: list[dict[str, Any]] = [{"size": 11}, {"size": 1, "text": "x"}, {"size": 11, "text": "1"}]
        first, broken, last = program.evaluate_all(documents, {})
        assert first == last == Answer((Violation("large"),))
        assert broken.fault is not None
        assert (broken.fault.path, broken.fault.line, broken.violations) == ("policy/t.rego", 3, ())

    def test_lines_are_those_of_the_file_that_holds_the_module(self) -> None:
        """A template's Rego stands further down in its file."""
        module = Module("template.yaml", 'package t\ndeny[msg] {\n  msg := frobnicate("x")\n}\n', line=40)
        with pytest.raises(RegoError) as caught:
            self.engine.compile([module], "t.deny", Dialect.GATEKEEPER)
        [fault] = caught.value.faults
        assert (fault.path, fault.line) == ("template.yaml", 42)
        assert "frobnicate" in fault.message

    @pytest.mark.parametrize(
        "text",
        [
            "package t\n\ndeny if x == y",
            "package t\n\ndeny if data.other.function(1)",
            "package t\n\ndeny if {",
            'package t\n\ndeny if "open',
            "package t\n\ndeny contains",
            "package t\n\ndeny := any([true])",
        ],
    )
    def test_what_does_not_compile_says_where(self, text: str) -> None:
        """An error at load names the file and the line."""
        assert {(each.path, each.line) for each in self.refusal(text).faults} == {("policy/t.rego", BROKEN)}

    def test_a_wrong_entrypoint_is_refused(self) -> None:
        """A rule that no module defines is no silent pass."""
        assert "data.t.dney" in str(self.refusal('package t\ndeny contains "x"\n', "t.dney"))
        assert "data.u.deny" in str(self.refusal('package t\ndeny contains "x"\n', "u.deny"))

    def test_text_of_all_kinds_arrives(self) -> None:
        """Line ends, tabs, quotes and emoji in inputs and messages."""
        words = ['a\nb\t"c"\\', "\u2028", "é😀", "</script>", "\x00"]
        answer = self.answer("package t\ndeny contains x if some x in input.words\n", {"words": words})
        assert sorted(each.message for each in answer.violations) == sorted(words)

    def test_a_program_belongs_to_its_engine(self) -> None:
        """Asked by another one it is refused, not misread."""
        other = self.open_engine(LIMITS)
        try:
            with pytest.raises(UsageError):
                list(other.evaluate_many([Question(self.compiled(LARGE))], [Case({}, (0,))], {}))
        finally:
            other.close()
