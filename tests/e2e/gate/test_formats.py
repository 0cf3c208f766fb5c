"""Every form of the answer parses by its own standard, and agrees with the others on the verdict and the number."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.e2e.gate.shop import BAD_MODEL, MODEL, VIOLATIONS, Shop

SARIF = Path(__file__).parents[2] / "data/schemas/sarif-2.1.0.json"
FORMS = ("json", "sarif", "junit", "github", "gitlab", "markdown")


@pytest.fixture
def answers(shop: Shop) -> dict[str, str]:
    """All forms of one check that finds six errors."""
    shop.edit(MODEL, *BAD_MODEL)
    words = [part for form in FORMS for part in ("--output", f"{form}=../out.{form}")]
    assert shop.run("check", *words).code == 1
    return {form: (shop.folder.parent / f"out.{form}").read_text() for form in FORMS}


def test_forms_agree(answers: dict[str, str]) -> None:
    """Six findings that block in each, by rule, at the same lines; the verdict is fail."""
    told = json.loads(answers["json"])
    wanted = sorted((each["rule"], each["path"], each["line"]) for each in told["findings"])
    assert len(wanted) == 6
    assert {rule for rule, _, _ in wanted} == VIOLATIONS
    assert told["verdict"] == "fail"

    sarif: dict[str, Any] = json.loads(answers["sarif"])
    jsonschema.validate(sarif, json.loads(SARIF.read_text()))
    results = sarif["runs"][0]["results"]
    places = [(each["ruleId"], each["locations"][0]["physicalLocation"]) for each in results]
    assert sorted((rule, at["artifactLocation"]["uri"], at["region"]["startLine"]) for rule, at in places) == wanted
    assert {each["level"] for each in results} == {"error"}
    rules = {each["id"] for each in sarif["runs"][0]["tool"]["driver"]["rules"]}
    assert rules >= VIOLATIONS

    junit = ET.fromstring(answers["junit"])  # noqa: S314 - our own text
    assert len(junit.findall(".//failure")) == int(junit.get("failures", "0")) == 6
    assert "fail" in junit.get("name", "")

    github = answers["github"].splitlines()
    places_github = re.findall(r"^::error file=([^,]+),line=(\d+)", answers["github"], re.MULTILINE)
    assert sorted(places_github) == sorted((path, str(line)) for _, path, line in wanted)
    assert "fail" in github[-1]

    gitlab = json.loads(answers["gitlab"])
    assert (
        sorted((each["check_name"], each["location"]["path"], each["location"]["lines"]["begin"]) for each in gitlab)
        == wanted
    )
    assert len({each["fingerprint"] for each in gitlab}) == 6
    assert {each["severity"] for each in gitlab} <= {"info", "minor", "major", "critical", "blocker"}

    markdown = answers["markdown"]
    assert "fail" in markdown
    assert markdown.count("Mend:") == 6


def test_a_pass_is_a_pass_in_all_forms(shop: Shop) -> None:
    """No results, no failures, and a verdict that says pass."""
    words = [part for form in FORMS for part in ("--output", f"{form}=../out.{form}")]
    assert shop.run("check", *words).code == 0
    text = {form: (shop.folder.parent / f"out.{form}").read_text() for form in FORMS}
    assert json.loads(text["sarif"])["runs"][0]["results"] == []
    assert json.loads(text["gitlab"]) == []
    assert ET.fromstring(text["junit"]).findall(".//failure") == []  # noqa: S314 - our own text
    assert "::error" not in text["github"]
    assert "pass" in text["markdown"]
    assert "pass" in text["github"]


def test_text_of_a_repository_is_only_text(shop: Shop) -> None:
    """A message with commands, markup and control signs stays one finding in each form."""
    hostile = "\\n::error::owned\\u001b[31m<script>alert(1)</script> [x](javascript:1) @everyone ]]> <img src=x> | `"
    rego = f'package evil\n\nimport rego.v1\n\nviolation contains {{"msg": "{hostile}"}} if input.review.object.spec\n'
    shop.write("policies/evil.rego", rego)
    shop.settle()
    words = [part for form in FORMS for part in ("--output", f"{form}=../out.{form}")]
    assert shop.run("check", *words).code == 1
    text = {form: (shop.folder.parent / f"out.{form}").read_text() for form in FORMS}
    assert "\n::error::owned" not in text["github"]
    assert "\x1b" not in "".join(text.values())
    assert "<script>" not in text["markdown"]
    assert "<img" not in text["markdown"]
    assert len(ET.fromstring(text["junit"]).findall(".//failure")) == 2  # noqa: S314 - our own text
    jsonschema.validate(json.loads(text["sarif"]), json.loads(SARIF.read_text()))


def test_a_comment_shows_verdict_cost_and_mends(change: Shop) -> None:
    """The pull-request comment: verdict, cost before and after per month, findings with mends."""
    change.edit(MODEL, *BAD_MODEL, ("cpu: 0.5", "cpu: 1"))
    change.commit("Bad and dear")
    out = change.run("check", "--base", "main", "--commit", "HEAD", "--format", "markdown").out
    assert "fail" in out
    assert "18.25" in out
    assert "36.50" in out
    assert "baseline/owner" in out
