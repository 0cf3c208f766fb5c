"""JUnit XML: valid by the schema that Jenkins uses, and honest about what is not known."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from fairlead.domain.finding import Severity
from fairlead.domain.report import CheckReport, report_of
from fairlead.show.outputs.junit import render_junit
from tests.unit.outputs.samples import finding, hostile_report, report

SCHEMA = Path(__file__).parents[2] / "data" / "schemas" / "junit-10.xsd"


@cache
def schema() -> xmlschema.XMLSchema:
    """What the Jenkins xUnit plug-in takes."""
    return xmlschema.XMLSchema(str(SCHEMA))


def document(shown: CheckReport) -> ET.Element:
    """The root of a valid document."""
    text = render_junit(shown)
    schema().validate(text)
    return ET.fromstring(text)  # noqa: S314 - our own text


def ends(root: ET.Element) -> dict[str, str]:
    """How each case ended, by its name."""
    return {case.attrib["name"]: next((child.tag for child in case), "") for case in root.iter("testcase")}


@pytest.mark.parametrize(
    "shown", [report(), hostile_report(), report_of("main", [], 0)], ids=["all", "hostile", "none"]
)
def test_the_document_is_valid(shown: CheckReport) -> None:
    """Whatever a check finds, also control characters, the document is XML and fits the schema."""
    assert document(shown).tag == "testsuites"


def test_a_suite_for_each_environment_and_model() -> None:
    """A person sees at once which model is stuck, and where."""
    names = [suite.attrib["name"] for suite in document(report()).iter("testsuite")]
    assert names == ["digits", "prod", "prod/chat", "prod/digits", "repository"]


def test_what_is_not_known_is_an_error() -> None:
    """A broken rule is a failure; what is not known or could not be judged is an error, and a waived one is skipped."""
    found = ends(document(report()))
    place = "models/digits/model.yaml"
    assert found == {
        f"baseline/image-digest {place}:7:12": "failure",
        f"baseline/owner {place}": "skipped",
        f"fairness/sample-size {place}:9:12": "error",
        f"finops/price-known {place}:7:12": "system-out",
        "policy/fault policies/a.rego:7:12": "error",
        "foreign/helm": "system-out",
    }


def test_the_counts_are_right() -> None:
    """Each suite, and all of them, count what they hold."""
    root = document(report())
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("6", "1", "2")
    suite = next(each for each in root if each.attrib["name"] == "prod/digits")
    assert [suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")] == ["2", "1", "0", "1"]


def test_a_waiver_is_the_reason() -> None:
    """Who looks at a skipped case reads which waiver skipped it."""
    skipped = document(report()).find(".//skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith("waived by waivers/owner.yaml")


def test_a_pass_is_a_case() -> None:
    """A server that calls an empty report broken does not call a pass so; nothing else passes by it."""
    assert ends(document(report_of("main", [], 3))) == {"verdict: pass": ""}
    assert "verdict: pass" not in ends(document(report_of("main", [finding(severity=Severity.INSUFFICIENT)], 3)))


def test_control_characters_are_spelt_out() -> None:
    """A character that XML cannot hold is shown, not dropped."""
    failure = document(report_of("main", [finding(message="a\x00b\x1b")], 1)).find(".//failure")
    assert failure is not None
    assert failure.attrib["message"] == "a\\x00b\\x1b"
