"""A check's report as GitHub workflow commands: each finding becomes a remark at its line of the change.

Nothing else of the workflow is touched: neither its summary nor its outputs.
"""

from __future__ import annotations

from fairlead.domain.finding import Finding, Severity
from fairlead.domain.report import CheckReport
from fairlead.show.outputs.findings import summary
from fairlead.show.outputs.text import safe, safe_lines

__all__ = ["render_github"]

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.FAULT: "error",
    Severity.INSUFFICIENT: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}

_ORDER = ("error", "warning", "notice")
"""GitHub shows ten remarks of a kind for a step, so the first must be those that block."""


def render_github(report: CheckReport) -> str:
    """One command a line, what blocks first; the last one holds the verdict."""
    ordered = sorted(report.findings, key=lambda each: _ORDER.index(_command(each)))
    lines = [_remark(finding) for finding in ordered]
    return "\n".join([*lines, f"::notice title=fairlead check::{_data(summary(report.findings, report.verdict))}"])


def _command(finding: Finding) -> str:
    return "notice" if finding.waiver else _COMMANDS[finding.severity]


def _remark(finding: Finding) -> str:
    title = f"{finding.severity.value} {finding.rule}"
    place = {"file": finding.path, "line": finding.line or "", "col": finding.column or "", "title": title}
    told = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value)
    parts = [
        finding.message,
        f"Mend: {finding.mend}" if finding.mend else "",
        f"Reference: {finding.reference}" if finding.reference else "",
        f"Waived by {finding.waiver}" if finding.waiver else "",
    ]
    return f"::{_command(finding)} {told}::{_data(chr(10).join(part for part in parts if part))}"


def _data(text: str) -> str:
    """A command's text: a percent sign and the ends of lines are spelt out."""
    return "%0A".join(line.replace("%", "%25") for line in safe_lines(text))


def _property(text: str) -> str:
    """A command's property: also what would end it."""
    return safe(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
