"""Each pack has a page, and what it says about the rules is what the rules say about themselves."""

from __future__ import annotations

import re

import pytest

from fairlead.check.policies.packs import pack_names, pack_rules
from fairlead.check.policies.plain_rules import PlainRule
from tests.unit.check.packs.cases import CASES
from tests.unit.check.packs.pages import ROOT, tool

PAGES = ROOT / "docs" / "packs"

RULES = [rule for pack in pack_names() for rule in pack_rules(pack)]

_FIELD = re.compile(r"[a-zA-Z0-9]+(\[\])?(\.([a-zA-Z0-9]+|\*)(\[\])?)*")


def rule_id(rule: PlainRule) -> str:
    """For the name of a test."""
    return rule.policy.rule.id


@pytest.mark.parametrize("pack", pack_names())
def test_a_page_has_its_rules_as_they_are(pack: str) -> None:
    """`python tools/policy_pages.py` mends it."""
    text = (PAGES / f"{pack}.md").read_text(encoding="utf-8")
    assert f"### `{pack}/" in text
    assert tool().with_rules(text, pack) == text


@pytest.mark.parametrize("pack", pack_names())
def test_a_page_says_what_its_pack_cannot_know(pack: str) -> None:
    """And that a pack that passes proves no compliance."""
    text = (PAGES / f"{pack}.md").read_text(encoding="utf-8")
    assert "## What it cannot know\n\n- " in text
    assert "no proof of compliance" in text


def test_all_packs_are_listed() -> None:
    """The list is that of the packs, and no page is left over from a pack that went."""
    text = (PAGES / "README.md").read_text(encoding="utf-8")
    assert tool().with_packs(text) == text
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *pack_names()}


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_a_rule_says_all_that_people_need(rule: PlainRule) -> None:
    """Title, reason, mend, reference, the kinds it judges, the fields it looks at; the annotation is sound."""
    known = rule.policy.rule
    assert rule.findings == ()
    assert all((known.title, known.reason, known.mend, known.reference, rule.notes.subjects))
    assert all(_FIELD.fullmatch(field) for field in tool().reads(rule))
    assert set(rule.notes.descriptions) == set(rule.notes.parameters)
    assert all(rule.notes.descriptions.values())


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_a_rule_looks_at_what_it_says(rule: PlainRule) -> None:
    """Every fact of a model that it is shown to fail on lies in a field that it names."""
    shown = [
        ".".join([*(["data"] if case.about_data else []), *(str(key) for key in case.path)])
        for case in CASES
        if case.subject == "Model" and rule_id(rule) in case.said
    ]
    fields = tool().reads(rule)
    apart = [path for path in shown if not any(path.startswith(field) or field.startswith(path) for field in fields)]
    assert apart == []
