"""Waivers are files with line numbers: each mistake is told at its place, and no file breaks the reader."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.declare.waivers import Waivers, read_waivers, waiver_findings
from fairlead.domain.gate import WaiverRules
from fairlead.domain.policy import Rating
from tests.unit.check.protection.rules_of import MemoryTree

TODAY = date(2026, 11, 23)
RATINGS = {"baseline/owner": Rating.HIGH, "privacy/basis": Rating.CRITICAL, "baseline/x": Rating.LOW}
TEXT = """\
apiVersion: fairlead.dev/v1alpha1
kind: Waiver
rule: baseline/owner
scope: {models: [m]}
reason: The owner is being looked for.
expires: 2026-12-01
requestedBy: alice@example.com
approvedBy: bob@example.com
"""
RULES = WaiverRules(never=("privacy/*",), longest={"high": timedelta(days=10)})


def read(text: str, path: str = "waivers/a.yaml") -> Waivers:
    """The waivers of a tree with one file."""
    return read_waivers(MemoryTree({path: text}), RULES)


def told(text: str) -> list[tuple[str, int]]:
    """Rule and line of what is wrong with a waiver."""
    return [(each.rule, each.line) for each in waiver_findings(read(text), RULES, RATINGS, TODAY)]


def test_a_waiver_is_read_with_its_digest() -> None:
    """Nothing is wrong with it."""
    (found,) = read(TEXT).waivers
    assert (found.path, found.spec.rule, found.spec.expires, len(found.digest)) == (
        "waivers/a.yaml",
        "baseline/owner",
        date(2026, 12, 1),
        64,
    )
    assert told(TEXT) == []


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("baseline/owner", "baseline/ownr"), ("waiver/unknown-rule", 3)),
        (("baseline/owner", "privacy/basis"), ("waiver/never", 3)),
        (("baseline/owner", "protection/waiver"), ("waiver/never", 3)),
        (("baseline/owner", "waiver/unproven"), ("waiver/never", 3)),
        (("baseline/owner", "approval/missing"), ("waiver/never", 3)),
        (("2026-12-01", "2026-12-04"), ("waiver/too-long", 6)),
        (("2026-12-01", "9999-12-31"), ("waiver/too-long", 6)),
        (("2026-12-01", "2026-11-23"), ("waiver/expired", 6)),
        (("bob@", "Alice@"), ("waiver/own-approval", 8)),
        (("2026-12-01", "soon"), ("declare/wrong-value", 6)),
        (("reason: The owner is being looked for.\n", ""), ("declare/missing-field", 1)),
        (("models:", "model:"), ("declare/unknown-field", 4)),
        (("kind: Waiver", "kind: Pardon"), ("declare/wrong-value", 2)),
        (("reason: The owner is being looked for.", "reason: because"), ("declare/wrong-value", 5)),
    ],
)
def test_a_mistake_is_told_at_its_place(edit: tuple[str, str], expected: tuple[str, int]) -> None:
    """With the rule that says it."""
    assert told(TEXT.replace(*edit)) == [expected]


def test_a_longer_life_is_for_lower_ratings() -> None:
    """What the workspace does not say has its default: a year for low ones."""
    low = TEXT.replace("baseline/owner", "baseline/x").replace("2026-12-01", "2027-11-23")
    assert told(low) == []
    assert told(low.replace("2027-11-23", "2027-11-24")) == [("waiver/too-long", 6)]


def test_a_near_name_is_proposed() -> None:
    """The mend names it."""
    (found,) = waiver_findings(read(TEXT.replace("owner\n", "ownr\n")), RULES, RATINGS, TODAY)
    assert found.mend == "did you mean `baseline/owner`?"


@pytest.mark.parametrize("path", ["waivers/deep/a.yaml", "waivers/a.YAML", "waivers/a.json"])
def test_what_looks_like_a_waiver_and_is_not_read_is_told(path: str) -> None:
    """Nobody should believe that it holds."""
    found = read(TEXT, path)
    assert found.waivers == ()
    assert [each.rule for each in found.findings] == ["waiver/not-read"]


def test_a_link_is_no_waiver() -> None:
    """It could point anywhere."""
    found = read("@../elsewhere.yaml")
    assert (found.waivers, [each.rule for each in found.findings]) == ((), ["declare/not-a-file"])


def test_other_files_are_left_alone() -> None:
    """A README beside them, and files elsewhere."""
    found = read_waivers(MemoryTree({"waivers/README.md": "x", "b.yaml": TEXT}), RULES)
    assert (found.waivers, found.findings) == ((), ())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    """A waiver, or findings with a place."""
    found = read(text)
    assert found.waivers or found.findings
    assert all(each.line >= 1 for each in found.findings)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TEXT.splitlines()), st.text(max_size=40))
def test_any_line_may_be_anything(line: str, other: str) -> None:
    """One line of a good waiver is replaced; the findings can be told, and nothing breaks."""
    found = read(TEXT.replace(line, other))
    waiver_findings(found, RULES, RATINGS, TODAY)
    assert len(found.waivers) <= 1
