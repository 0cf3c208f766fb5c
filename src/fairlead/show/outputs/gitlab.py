"""A check's report as a GitLab Code Quality report, which merge requests show beside the lines."""

from __future__ import annotations

import json
from typing import Any

from fairlead.domain.finding import Finding, Severity
from fairlead.domain.report import CheckReport
from fairlead.show.outputs.fingerprint import with_fingerprints
from fairlead.show.outputs.text import safe

__all__ = ["render_gitlab"]

_BLOCKING = {"critical": "blocker", "high": "critical"}
"""What keeps the gate shut is at least major; its author's rating makes it more."""

_TELLING = {Severity.WARNING: "minor", Severity.INFO: "info"}


def render_gitlab(report: CheckReport) -> str:
    """A list of issues. A waived finding stays in it as information."""
    return json.dumps([_issue(finding, mark) for finding, mark in with_fingerprints(report.findings)], indent=2)


def _issue(finding: Finding, mark: str) -> dict[str, Any]:
    mend = f" Mend: {finding.mend}" if finding.mend else ""
    waived = f" (waived by {finding.waiver})" if finding.waiver else ""
    return {
        "description": safe(f"{finding.message}{waived}{mend}"),
        "check_name": finding.rule,
        "fingerprint": mark,
        "severity": _severity(finding),
        "location": {"path": finding.path or ".", "lines": {"begin": finding.line or 1}},
    }


def _severity(finding: Finding) -> str:
    if finding.waiver:
        return "info"
    return _BLOCKING.get(finding.rating, "major") if finding.blocks else _TELLING[finding.severity]
