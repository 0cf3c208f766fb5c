"""Findings as people and editors read them: place, severity, rule, message, and the mend below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from fairlead.domain.finding import Finding, Severity, Verdict
from fairlead.show.outputs.text import paint, safe, safe_lines

__all__ = ["VERDICT_TONES", "render_findings", "summary"]

VERDICT_TONES = {
    Verdict.PASS: "good",
    Verdict.FAIL: "bad",
    Verdict.INSUFFICIENT: "warn",
    Verdict.ERROR: "bad",
}

_SEVERITY_TONES = {
    Severity.ERROR: "bad",
    Severity.FAULT: "bad",
    Severity.INSUFFICIENT: "warn",
    Severity.WARNING: "warn",
    Severity.INFO: "dim",
}


def render_findings(findings: Iterable[Finding], *, colour: bool) -> str:
    """One paragraph per finding, sorted by place."""
    return "\n".join(line for finding in sorted(findings) for line in _lines(finding, colour=colour))


def _lines(finding: Finding, *, colour: bool) -> list[str]:
    place = paint(safe(finding.place), "strong", colour=colour)
    severity = paint(finding.severity.value, _SEVERITY_TONES[finding.severity], colour=colour)
    first, *more = safe_lines(finding.message) or [""]
    lines = [f"{place} {severity} {safe(finding.rule)}: {first}", *(f"    {line}" for line in more)]
    return [*lines, *(f"    mend: {line}" for line in safe_lines(finding.mend))]


def summary(findings: Sequence[Finding], verdict: Verdict) -> str:
    """The verdict and how many findings of each severity there are: `fail: 2 errors, 1 warning`."""
    counts = Counter(finding.severity for finding in findings)
    names = {Severity.INSUFFICIENT: ("insufficient", "insufficient"), Severity.INFO: ("note", "notes")}
    parts = []
    for severity in Severity:
        one, many = names.get(severity, (severity.value, f"{severity.value}s"))
        if counts[severity]:
            parts.append(f"{counts[severity]} {one if counts[severity] == 1 else many}")
    return f"{verdict.value}: {', '.join(parts) or 'no findings'}"
