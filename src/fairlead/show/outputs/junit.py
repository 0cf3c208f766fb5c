"""A check's report as JUnit XML, which every CI server shows: a suite per environment and model, a case per finding."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

from fairlead.domain.finding import Finding, Severity, Verdict
from fairlead.domain.report import CheckReport
from fairlead.show.outputs.findings import summary
from fairlead.show.outputs.text import safe, safe_lines

__all__ = ["render_junit"]

_BROKEN = {Severity.ERROR: "failure", Severity.FAULT: "error", Severity.INSUFFICIENT: "error"}
"""What is not known is an error there, as what could not be judged: nobody may read it as passed."""

_NO_XML = re.compile("[\ufffe\uffff]")


def render_junit(report: CheckReport) -> str:
    """The document. A pass stands as a case of its own, since a report without cases counts as broken."""
    suites: dict[str, list[Finding]] = {}
    for finding in report.findings:
        suites.setdefault(_suite_name(finding), []).append(finding)
    root = ET.Element("testsuites", {"name": f"fairlead check: {summary(report.findings, report.verdict)}"})
    if report.verdict is Verdict.PASS:
        suite = ET.SubElement(root, "testsuite", _counts("verdict", Counter(), 1))
        ET.SubElement(suite, "testcase", {"name": "verdict: pass", "classname": "fairlead", "time": "0"})
    totals: Counter[str] = Counter()
    for name, findings in sorted(suites.items()):
        totals += _add_suite(root, name, findings)
    cases = sum(len(each) for each in suites.values()) + (report.verdict is Verdict.PASS)
    root.attrib |= {"tests": str(cases), "failures": str(totals["failure"]), "errors": str(totals["error"])}
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _suite_name(finding: Finding) -> str:
    return "/".join(part for part in (finding.environment, finding.model) if part) or "repository"


def _add_suite(root: ET.Element, name: str, findings: list[Finding]) -> Counter[str]:
    kinds = [_kind(each) for each in findings]
    counted = Counter(kinds)
    suite = ET.SubElement(root, "testsuite", _counts(_clean(name), counted, len(findings)))
    for finding, kind in zip(findings, kinds, strict=True):
        _add_case(suite, _clean(name), finding, kind)
    return counted


def _counts(name: str, counted: Counter[str], cases: int) -> dict[str, str]:
    numbers = {
        "tests": cases,
        "failures": counted["failure"],
        "errors": counted["error"],
        "skipped": counted["skipped"],
    }
    return {"name": name, **{key: str(number) for key, number in numbers.items()}, "time": "0"}


def _kind(finding: Finding) -> str:
    """How the case ended; empty for one that passed with a remark."""
    return "skipped" if finding.waiver else _BROKEN.get(finding.severity, "")


def _add_case(suite: ET.Element, group: str, finding: Finding, kind: str) -> None:
    place = f" {finding.place}" if finding.place else ""
    name = _clean(f"{finding.rule}{place}")
    case = ET.SubElement(suite, "testcase", {"name": name, "classname": group, "time": "0"})
    if kind == "skipped":
        reason = f"waived by {finding.waiver}: {finding.message}"
        ET.SubElement(case, kind, {"message": _clean(reason)})
        return
    if kind:
        attributes = {"type": finding.severity.value, "message": _clean(finding.message)}
        ET.SubElement(case, kind, attributes).text = _text(finding)
        return
    ET.SubElement(case, "system-out").text = f"{finding.severity.value}: {_text(finding)}"


def _text(finding: Finding) -> str:
    """Place, message, mend and reference, a line each."""
    mend = f"mend: {finding.mend}" if finding.mend else ""
    reference = f"reference: {finding.reference}" if finding.reference else ""
    lines = [line for part in (finding.place, finding.message, mend, reference) for line in safe_lines(part)]
    return _NO_XML.sub("�", "\n".join(lines))


def _clean(text: str) -> str:
    """One line of characters that XML may hold; control characters are spelt out."""
    return _NO_XML.sub("�", safe(text))
