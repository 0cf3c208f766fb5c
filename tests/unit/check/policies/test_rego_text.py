"""Finding the rules of a module, what it refers to, and what its author wrote about them."""

from __future__ import annotations

import pytest

from fairlead.check.policies.annotations import rule_notes
from fairlead.check.policies.rego_text import closure, read_rego
from fairlead.domain.policy import Module, Rating, Rule

TEXT = """# METADATA
# title: All of them
# custom:
#   mend: Ask the owner.
package a.b["c"]

import rego.v1
import data.lib.x

default allow := false
allow if
	input.x == 1 # not a head: deny contains
note := `
deny contains "not a head"
`
# METADATA
# title: No root
# description: >-
#   Root may do
#   everything.
# custom:
#   severity: critical
#   parameters:
#     users: {default: [root], description: Who is meant.}
deny contains msg if { msg := "x" }
deny[msg] { msg := "}" } warn_late[msg] { msg := 1 }
f(x) := y if { y := x } else := 3
value := data.other.y
"""


def test_rules_are_found_with_their_lines() -> None:
    """Strings, comments and bodies hide nothing and show nothing; a rule may follow another on its line."""
    text = read_rego(Module("a.rego", TEXT, line=10))
    found = [(head.name, head.line - 9, head.partial) for head in text.heads]
    assert found == [
        ("allow", 10, False), ("allow", 11, False), ("note", 13, False), ("deny", 25, True), ("deny", 26, True),
        ("warn_late", 26, True), ("f", 27, False), ("value", 28, False),
    ]  # fmt: skip
    assert (text.package, text.line) == ("a.b.c", 14)
    assert text.refers == {"lib.x", "other.y"}
    assert all(TEXT[head.offset :].startswith(head.name) for head in text.heads)


def test_a_package_brings_what_it_needs() -> None:
    """Imports are followed; a copy is left out; what nobody refers to stays away."""
    texts = [
        read_rego(Module(path, text))
        for path, text in [
            ("main.rego", "package main\nimport data.lib.x\n"),
            ("x.rego", "package lib.x\ny := data.lib.z.deep.value\n"),
            ("copy.rego", "package lib.x\ny := data.lib.z.deep.value\n"),
            ("z.rego", "package lib.z\n"),
            ("zebra.rego", "package lib.zebra\n"),
        ]
    ]
    assert [each.module.path for each in closure(texts, "main")] == ["main.rego", "x.rego", "z.rego"]


def test_a_package_that_uses_all_data_needs_every_module() -> None:
    """`data[name]` could be anything."""
    texts = [read_rego(Module("a", "package a\nx := data[input.y]\n")), read_rego(Module("b", "package b\n"))]
    assert len(closure(texts, "a")) == 2


def test_annotations_become_words_about_a_rule() -> None:
    """What stands at the rule goes before what stands at the package."""
    told = rule_notes(read_rego(Module("a.rego", TEXT)), Rule("x/deny", "?", Rating.LOW, path="a.rego"), "deny")
    rule = told.notes.rule
    assert (rule.title, rule.reason, rule.mend) == ("No root", "Root may do everything.", "Ask the owner.")
    assert (rule.rating, rule.line, told.findings) == (Rating.CRITICAL, 25, ())
    assert told.notes.parameters == {"users": ["root"]}
    assert told.notes.descriptions == {"users": "Who is meant."}


@pytest.mark.parametrize(
    ("block", "line", "words"),
    [("# custom:\n#   severity: dire\n", 5, "critical, high, medium, low"), ("# title: [\n", 3, "correct the YAML")],
)
def test_a_broken_annotation_is_told_with_its_line(block: str, line: int, words: str) -> None:
    """The rule still holds; its author is told where the words are wrong."""
    text = read_rego(Module("a.rego", f"# METADATA\n{block}package a\ndeny := 1\n"))
    told = rule_notes(text, Rule("x", "x", Rating.MEDIUM, path="a.rego"), "deny")
    (found,) = told.findings
    assert words in found.mend
    assert found.line == line
    assert told.notes.rule.rating is Rating.MEDIUM


@pytest.mark.parametrize(
    "text",
    [
        "p := 1 deny contains 2",
        'p := "x" deny contains 2',
        "p := [1] deny contains 2",
        "import rego.v1 deny contains 1",
        "p if {\n true } deny contains 2",
        "p if\ntrue\ndeny contains 2",
        "deny\n\ncontains 1",
        "deny\n[1] { true }",
        'warn contains m if m := "a" deny contains 3',
        "p := input.x |\ninput.y\ndeny contains 1",
        "\r\ndeny contains 1",
        "p if some x in [1] deny contains 1",
        "p := a[0].b deny contains 1",
        "p if every x in y { x } deny contains 1",
    ],
)
def test_no_rule_hides_behind_another(text: str) -> None:
    """Statements may follow one another on a line: a rule that is overlooked would never be asked."""
    heads = read_rego(Module("a.rego", f"package t {text}")).heads
    assert [head.name for head in heads if head.name == "deny"] == ["deny"]
    assert all(head.name in {"deny", "p", "warn"} for head in heads)
    assert read_rego(Module("a.rego", f"package\nt\n{text}")).package == "t"
