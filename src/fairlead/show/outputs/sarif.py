"""A check's report as SARIF 2.1.0 (OASIS), which code scanning and editors read: one run, one result per finding."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from fairlead import __version__
from fairlead.domain.finding import Finding, Severity, Verdict
from fairlead.domain.report import CheckReport
from fairlead.show.outputs.findings import summary
from fairlead.show.outputs.fingerprint import with_fingerprints
from fairlead.show.outputs.json import encode

__all__ = ["render_sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_ROOT = "%SRCROOT%"
"""The root of the sources; who reads the file knows where that is."""

_LEVELS = {
    Severity.ERROR: "error",
    Severity.FAULT: "error",
    Severity.INSUFFICIENT: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}
"""What blocks is an error there: the format has no word for `not known`."""

_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}
"""By rating, the middle of the band that GitHub calls so (critical over 9, high from 7, medium from 4)."""


def render_sarif(report: CheckReport) -> str:
    """The whole log. A rule that could not be judged leaves `executionSuccessful` false."""
    names = dict.fromkeys(finding.rule for finding in report.findings)
    rules = {name: place for place, name in enumerate(names)}
    run = {
        "tool": {"driver": _driver(rules, report.findings)},
        "automationDetails": {"id": "fairlead/check/"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository that was checked."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [_result(each, mark, rules) for each, mark in with_fingerprints(report.findings)],
        "properties": _properties(report),
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _driver(rules: Iterable[str], findings: Iterable[Finding]) -> dict[str, Any]:
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    described = [_rule(rule, by_rule[rule]) for rule in rules]
    return {"name": "fairlead", "semanticVersion": __version__, "rules": described}


def _rule(rule: str, findings: list[Finding]) -> dict[str, Any]:
    first = findings[0]
    mends = list(dict.fromkeys(each.mend for each in findings if each.mend))[:_MENDS]
    reference = next((each.reference for each in findings if each.reference), "")
    rating = next((each for each in _SCORES if any(one.rating == each for one in findings)), "")
    text = "\n".join(mends) or "See the message."
    described: dict[str, Any] = {
        "id": rule,
        "name": rule.replace("/", "."),
        "shortDescription": {"text": rule},
        "fullDescription": {"text": f"{rule} ({reference})" if reference else rule},
        "help": {"text": text, "markdown": "\n".join(f"- {_literal(each)}" for each in mends) or text},
        "defaultConfiguration": {"level": _LEVELS[first.severity]},
        "properties": {"tags": [rule.partition("/")[0]]},
    }
    if reference.startswith("https://"):
        described["helpUri"] = quote(reference, safe="/:?#[]@!$&'()*+,;=%~")
    if rating:
        described["properties"] |= {"security-severity": _SCORES[rating], "rating": rating}
        described["properties"]["tags"].append("security")
    return described


_MENDS = 5
"""A rule's help names so many ways to mend it; each result has its own beside."""


def _literal(text: str) -> str:
    """A line of Markdown that shows `text` as it is."""
    return "".join(f"&#{ord(each)};" if each in _ACTIVE else each for each in " ".join(text.split()))


_ACTIVE = frozenset("&<>`*_[]\\!|~#")


def _invocation(report: CheckReport) -> dict[str, Any]:
    faults = [each for each in report.findings if each.severity is Severity.FAULT and not each.waiver]
    told = [
        {"level": "error", "message": {"text": each.message}, "associatedRule": {"id": each.rule}} for each in faults
    ]
    return {
        "executionSuccessful": report.verdict is not Verdict.ERROR,
        "exitCode": 0 if report.verdict is Verdict.PASS else 1,
        "exitCodeDescription": summary(report.findings, report.verdict),
        **({"toolExecutionNotifications": told} if told else {}),
    }


def _result(finding: Finding, mark: str, rules: Mapping[str, int]) -> dict[str, Any]:
    mend = f"\nMend: {finding.mend}" if finding.mend else ""
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rules[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{mend}"},
        "locations": [{"physicalLocation": _place(finding.path, finding.line, finding.column)}],
        "partialFingerprints": {"fairlead/v1": mark},
        "properties": _said(finding),
    }
    if finding.waiver:
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"waived by {finding.waiver}",
                "location": {"physicalLocation": _place(finding.waiver)},
            }
        ]
    return result


def _place(path: str, line: int = 0, column: int = 0) -> dict[str, Any]:
    """Where it is. What concerns all of the repository stands at its root: readers want a place for each result."""
    uri = quote(path or ".", safe="/~")
    artifact = {"uri": f"file://{uri}"} if path.startswith("/") else {"uri": uri, "uriBaseId": _ROOT}
    if not line:
        return {"artifactLocation": artifact}
    region = {"startLine": line, **({"startColumn": column} if column else {})}
    return {"artifactLocation": artifact, "region": region}


def _said(finding: Finding) -> dict[str, Any]:
    said = {name: getattr(finding, name) for name in ("mend", "model", "environment", "rating", "reference", "waiver")}
    score = {"security-severity": _SCORES[finding.rating]} if finding.rating in _SCORES else {}
    return {"severity": finding.severity.value, **{name: text for name, text in said.items() if text}, **score}


def _properties(report: CheckReport) -> dict[str, Any]:
    names = ("verdict", "counts", "waived", "models", "base", "rules", "costs")
    return {name: encode(getattr(report, name)) for name in names}
