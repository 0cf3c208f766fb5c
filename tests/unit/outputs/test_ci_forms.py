"""GitHub's workflow commands and GitLab's Code Quality report."""

from __future__ import annotations

import json
import re
from typing import Any

import click
import pytest

from fairlead.domain.finding import Severity
from fairlead.domain.report import report_of
from fairlead.show.cli.check import check
from fairlead.show.outputs.check_forms import CHECK_FORMS, at_root
from fairlead.show.outputs.github import render_github
from fairlead.show.outputs.gitlab import render_gitlab
from tests.unit.outputs.samples import HOSTILE, finding, hostile_report, report

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def test_a_remark_stands_at_its_line() -> None:
    """A finding is one command with file, line, column and title, and its mend in the text."""
    first = render_github(report()).splitlines()[0]
    assert first == (
        "::error file=models/digits/model.yaml,line=7,col=12,title=error baseline/image-digest"
        "::the image is not pinned%0AMend: name it by digest%0AReference: SLSA v1.0, provenance"
    )


def test_what_blocks_comes_first_and_the_verdict_last() -> None:
    """GitHub shows ten remarks of a kind: those that block are among them. Waived ones only tell."""
    lines = render_github(report()).splitlines()
    kinds = [found[1] for line in lines if (found := COMMAND.fullmatch(line))]
    assert kinds == ["error", "error", "error", "warning", "notice", "notice", "notice"]
    assert lines[-1] == (
        "::notice title=fairlead check::fail: 1 error, 1 fault, 1 insufficient, 1 warning, 1 note, 1 waived"
    )


def test_hostile_text_gives_no_command() -> None:
    """A message or a file's name cannot add a line, a property or an escape sequence."""
    lines = render_github(hostile_report()).splitlines()
    assert len(lines) == 3
    for line in lines:
        found = COMMAND.fullmatch(line)
        assert found is not None
        assert set(re.findall(r"(?:^|,)(\w+)=", found[2])) <= {"file", "line", "col", "title"}
        assert not re.search(r"[\x00-\x1f\u202e]", line)
    percent = render_github(report_of("m", [finding(message="100%0A::error::x", path="a,b:c%.yaml")], 1))
    assert "::100%250A::error::x%0A" in percent
    assert "file=a%2Cb%3Ac%25.yaml," in percent


def issue(**different: Any) -> dict[str, Any]:  # noqa: ANN401 - any field may differ
    """GitLab's issue for one finding."""
    (found,) = json.loads(render_gitlab(report_of("main", [finding(**different)], 1)))
    return dict(found)


def test_an_issue_has_what_gitlab_reads() -> None:
    """Description, check, fingerprint, severity and place, and nothing that GitLab does not know."""
    found = issue()
    assert re.fullmatch("[0-9a-f]{64}", found.pop("fingerprint"))
    assert found == {
        "description": "the image is not pinned Mend: name it by digest",
        "check_name": "baseline/image-digest",
        "severity": "critical",
        "location": {"path": "models/digits/model.yaml", "lines": {"begin": 7}},
    }


@pytest.mark.parametrize(
    ("different", "severity"),
    [
        ({"rating": "critical"}, "blocker"),
        ({"rating": "high"}, "critical"),
        ({"rating": "low"}, "major"),
        ({"rating": "", "severity": Severity.INSUFFICIENT}, "major"),
        ({"rating": "critical", "severity": Severity.WARNING}, "minor"),
        ({"severity": Severity.INFO}, "info"),
        ({"rating": "critical", "waiver": "waivers/a.yaml"}, "info"),
    ],
)
def test_what_blocks_is_at_least_major(different: dict[str, Any], severity: str) -> None:
    """Nothing that keeps the gate shut looks harmless, and nothing that is waived looks alarming."""
    assert issue(**different)["severity"] == severity


def test_fingerprints_differ_and_do_not_move() -> None:
    """GitLab tells new issues from old ones by them."""
    found = json.loads(render_gitlab(report_of("main", [finding(line=1), finding(line=2)], 1)))
    assert len({each["fingerprint"] for each in found}) == 2
    assert issue(message="2.5 USD left")["fingerprint"] == issue(message="1,300 USD left")["fingerprint"]
    assert issue(line=1)["fingerprint"] == issue(line=90)["fingerprint"] == found[0]["fingerprint"]


def test_gitlab_reads_no_control_characters() -> None:
    """A place-less finding has a place, and hostile text is one line."""
    assert issue(path="", line=0)["location"] == {"path": ".", "lines": {"begin": 1}}
    assert not re.search(r"[\x00-\x1f]", issue(message=HOSTILE)["description"])


def test_the_command_offers_every_form() -> None:
    """What is chosen without loading a renderer is what can be rendered."""
    option = next(each for each in check.params if each.name == "form")
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == ["table", *CHECK_FORMS]


def test_paths_begin_at_the_root() -> None:
    """Waivers too; what has no place, or lies elsewhere, keeps what it has."""
    moved = at_root(report_of("m", [finding(waiver="waivers/a"), finding(path=""), finding(path="/x/y")], 1), "ml")
    assert [(each.path, each.waiver) for each in moved.findings] == [
        ("", ""),
        ("/x/y", ""),
        ("ml/models/digits/model.yaml", "ml/waivers/a"),
    ]
