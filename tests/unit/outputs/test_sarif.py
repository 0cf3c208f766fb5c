"""SARIF: valid by the standard's own schema, with places, rules, waivers and fingerprints that readers rely on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fairlead.domain.finding import Finding, Severity
from fairlead.domain.report import CheckReport, report_of
from fairlead.show.outputs.sarif import render_sarif
from tests.unit.outputs.samples import finding, hostile_report, report

SCHEMA = Path(__file__).parents[2] / "data" / "schemas" / "sarif-2.1.0.json"


@cache
def validator() -> Any:  # noqa: ANN401 - a validator of whichever draft the schema names
    """What the standard says."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def run_of(shown: CheckReport) -> dict[str, Any]:
    """The only run of a valid log."""
    log = json.loads(render_sarif(shown))
    validator().validate(log)
    (run,) = log["runs"]
    return dict(run)


def one(**different: Any) -> dict[str, Any]:  # noqa: ANN401 - any field may differ
    """The result of a report with one finding."""
    (result,) = run_of(report_of("main", [finding(**different)], 1))["results"]
    return dict(result)


@pytest.mark.parametrize(
    "shown", [report(), hostile_report(), report_of("main", [], 0)], ids=["all", "hostile", "none"]
)
def test_the_log_is_valid(shown: CheckReport) -> None:
    """The official schema of SARIF 2.1.0 accepts whatever a check finds."""
    assert len(run_of(shown)["results"]) == len(shown.findings)


def test_the_schema_refuses_what_is_wrong() -> None:
    """The schema used here is no empty promise."""
    log = json.loads(render_sarif(report()))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not validator().is_valid(log)


def test_a_place_is_relative_to_the_sources_root() -> None:
    """File, line and column are where GitHub looks for them, and a path is a URI."""
    (location,) = one(path="models/a b/ü#.yaml", line=3, column=5)["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "models/a%20b/%C3%BC%23.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 5},
    }


def test_what_has_no_line_has_a_place() -> None:
    """A finding about a whole file, or about everything, has a location without a region."""
    places = [one(path=path, line=0, column=0)["locations"][0]["physicalLocation"] for path in ("a.yaml", "")]
    assert [place["artifactLocation"]["uri"] for place in places] == ["a.yaml", "."]
    assert all("region" not in place for place in places)


@pytest.mark.parametrize(
    ("severity", "level"),
    [("error", "error"), ("fault", "error"), ("insufficient", "error"), ("warning", "warning"), ("info", "note")],
)
def test_what_blocks_is_an_error(severity: str, level: str) -> None:
    """What is not known blocks as much as what is broken."""
    assert one(severity=Severity(severity))["level"] == level


@pytest.mark.parametrize(
    ("rating", "low", "high"), [("critical", 9, 10), ("high", 7, 9), ("medium", 4, 7), ("low", 0, 4)]
)
def test_the_rating_is_a_score_in_its_band(rating: str, low: float, high: float) -> None:
    """GitHub shows the rating that the rule's author gave."""
    (rule,) = run_of(report_of("main", [finding(rating=rating)], 1))["tool"]["driver"]["rules"]
    assert low < float(rule["properties"]["security-severity"]) <= high
    assert "security" in rule["properties"]["tags"]


def test_a_rule_tells_the_mend() -> None:
    """A rule is described once, with how to mend it and an address where the reference is one."""
    findings = [finding(line=1), finding(line=2, mend="or so", reference="https://slsa.dev/spec")]
    (rule,) = run_of(report_of("main", findings, 1))["tool"]["driver"]["rules"]
    assert rule["id"] == "baseline/image-digest"
    assert rule["help"]["markdown"] == "- name it by digest\n- or so"
    assert "helpUri" not in rule
    assert run_of(report_of("m", findings[1:], 1))["tool"]["driver"]["rules"][0]["helpUri"] == "https://slsa.dev/spec"


def marks(*findings: Finding) -> list[str]:
    """Fingerprints of findings."""
    results = run_of(report_of("main", findings, 1))["results"]
    return [result["partialFingerprints"]["fairlead/v1"] for result in results]


def test_a_fingerprint_survives_moved_lines() -> None:
    """An alert stays the same alert when lines are added above it; another finding is another alert."""
    assert marks(finding(line=3)) == marks(finding(line=300, column=1))
    assert marks(finding(line=3), finding(line=4)) == marks(finding(line=13), finding(line=14))
    assert len(set(marks(finding(line=3), finding(line=4), finding(message="b"), finding(environment="dev")))) == 4


def test_a_waived_finding_is_suppressed_with_its_reason() -> None:
    """It stays in the log, and the waiver is the justification; nothing else is suppressed."""
    results = run_of(report())["results"]
    suppressed = {result["ruleId"]: result["suppressions"] for result in results if "suppressions" in result}
    assert list(suppressed) == ["baseline/owner"]
    (told,) = suppressed["baseline/owner"]
    assert (told["status"], told["justification"]) == ("accepted", "waived by waivers/owner.yaml")


def test_a_rule_that_could_not_be_judged_is_no_success() -> None:
    """Only the verdict `error` says that the check itself did not succeed."""
    broken = run_of(report_of("main", [finding(severity=Severity.FAULT)], 1))
    (invocation,) = broken["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["associatedRule"] == {"id": "baseline/image-digest"}
    assert run_of(report_of("main", [finding()], 1))["invocations"][0]["executionSuccessful"]


def test_the_verdict_is_in_the_log() -> None:
    """Programs that read the log need not judge again, and costs stay exact."""
    said = run_of(report())["properties"]
    assert (said["verdict"], said["waived"]) == ("fail", 1)
    assert said["costs"][0]["after"] == {"amount": "180.75", "currency": "USD"}
