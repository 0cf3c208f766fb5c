"""CODEOWNERS means here what it means on GitHub, and a line that means nothing there is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.check.approvals import uncovered_paths, unknown_owners
from fairlead.declare.code_owners import read_code_owners
from fairlead.domain.code_owners import OwnerRule, owners_of

BOB, CAROL = "bob@example.com", "carol@example.com"


@pytest.mark.parametrize(
    ("pattern", "fits", "not_fits"),
    [
        ("*", ["a", "a/b/c"], []),
        ("*.js", ["a.js", "b/c.js"], ["a.jsx"]),
        ("/build/logs/", ["build/logs/x", "build/logs/a/b"], ["a/build/logs/x", "build/logs"]),
        ("docs/*", ["docs/getting-started.md"], ["docs/build-app/troubleshooting.md", "a/docs/x"]),
        ("apps/", ["apps/x", "a/apps/b/c"], ["apps"]),
        ("/docs/", ["docs/a/b"], ["a/docs/b"]),
        ("/scripts", ["scripts", "scripts/a/b"], ["a/scripts"]),
        ("**/logs", ["logs", "build/logs", "deeply/nested/logs/x"], ["logs2"]),
        ("/apps/**/x", ["apps/x", "apps/a/b/x"], ["x"]),
        ("/a?c", ["abc"], ["ac", "x/abc"]),
        ("models/digits", ["models/digits/model.yaml"], ["models/digits2/model.yaml"]),
        ("a b", ["a b"], ["a"]),
        ("Docs/", ["Docs/x"], ["docs/x"]),
    ],
)
def test_patterns_fit_as_on_github(pattern: str, fits: list[str], not_fits: list[str]) -> None:
    """The examples of GitHub's page, and what they leave open."""
    rule = OwnerRule(pattern, (BOB,), 1)
    assert [path for path in fits if not rule.fits(path)] == []
    assert [path for path in not_fits if rule.fits(path)] == []


def test_a_file_is_read_line_by_line() -> None:
    """Comments, spaces in paths, several owners, and a line that takes a path from everybody."""
    text = f"# all\n*  {BOB} @carol # everything\n\n/my\\ docs/ {CAROL}\n/free\n"
    read = read_code_owners(text, "CODEOWNERS")
    assert read.findings == ()
    assert [(each.pattern, each.owners, each.line) for each in read.rules] == [
        ("*", (BOB, "@carol"), 2),
        ("/my docs/", (CAROL,), 4),
        ("/free", (), 5),
    ]


@pytest.mark.parametrize(
    "line", ["!x bob@example.com", "[abc] bob@example.com", "^[Section]", "a[b]c @x", "x bob", "x @", "\\#x @y", "/ @y"]
)
def test_a_line_that_means_nothing_is_told(line: str) -> None:
    """GitHub passes over it in silence; its paths would be left to nobody."""
    read = read_code_owners(f"* {BOB}\n{line}\n", "CODEOWNERS")
    assert [(each.path, each.line, each.rule) for each in read.findings] == [
        ("CODEOWNERS", 2, "code-owners/wrong-line")
    ]
    assert len(read.rules) == 1


def rules(text: str) -> tuple[OwnerRule, ...]:
    """The rules of a file without mistakes."""
    read = read_code_owners(text, "CODEOWNERS")
    assert not read.findings
    return read.rules


def test_the_last_line_that_fits_decides() -> None:
    """Also where it names nobody."""
    found = rules(f"* {BOB}\n/models/ {CAROL}\n/models/free\n")
    assert [owners_of(path, found) for path in ("x", "models/a", "models/free")] == list(found)
    assert owners_of("x", rules("/y @z")) is None


def test_each_changed_path_needs_one_of_its_owners() -> None:
    """By address or by name on GitHub; a team stands for nobody."""
    found = rules(f"* {BOB}\n/models/ @Carol {BOB.upper()}\n/infra/ @org/team\n")
    handles = {"carol": CAROL}
    changed = ["readme", "models/a", "infra/x"]

    def missing(*approved: str) -> list[str]:
        return [each.path for each in uncovered_paths(changed, found, approved, handles)]

    assert missing() == changed
    assert missing(CAROL) == ["readme", "infra/x"]
    assert missing(BOB) == ["infra/x"]
    assert missing("dora@example.com") == changed


def test_an_owner_who_can_never_agree_is_told() -> None:
    """No principal is behind the name."""
    found = rules(f"* {BOB} @carol @dora\n")
    told = list(unknown_owners(found, "CODEOWNERS", [BOB, CAROL], {"carol": CAROL}))
    assert [(each.line, "@dora" in each.message) for each in told] == [(1, True)]


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    """Each line is a rule, a finding or nothing; no text breaks the reader."""
    read = read_code_owners(text, "CODEOWNERS")
    assert len(read.rules) + len(read.findings) <= len(text.split("\n"))


def test_a_hostile_pattern_takes_no_time() -> None:
    """Many stars against a long name would take others years."""
    rule = OwnerRule("*a" * 200 + "b/" + "**/a/" * 50 + "b", (BOB,), 1)
    assert not rule.fits("a" * 2_000 + "/a" * 1_000)
