"""Findings as people and editors read them: place, severity, rule, message, and the mend below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from fairlead.domain.finding import Finding, Severity, Verdict
from fairlead.domain.report import CheckReport
from fairlead.show.outputs.text import paint, safe, safe_lines

__all__ = ["VERDICT_TONES", "judged_by", "render_findings", "report_summary", "summary"]

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

_SHORT = 12


def render_findings(findings: Iterable[Finding], *, colour: bool) -> str:
    """One paragraph per finding, sorted by place. Waived ones stay among them."""
    return "\n".join(line for finding in sorted(findings) for line in _lines(finding, colour=colour))


def _lines(finding: Finding, *, colour: bool) -> list[str]:
    place = paint(safe(finding.place or "."), "strong", colour=colour)
    weight = f"{finding.severity.value} (waived)" if finding.waiver else finding.severity.value
    tone = "dim" if finding.waiver else _SEVERITY_TONES[finding.severity]
    first, *more = safe_lines(finding.message) or [""]
    lines = [f"{place} {paint(weight, tone, colour=colour)} {safe(finding.rule)}: {first}"]
    return [*lines, *(f"    {line}" for line in (*more, *_details(finding)))]


def _details(finding: Finding) -> Iterator[str]:
    """Where it holds, how bad it is and by which article; the mend; and who set it aside."""
    environment = f"in {finding.environment}" if finding.environment else ""
    rating = f"rated {finding.rating}" if finding.rating else ""
    said = [safe(each) for each in (environment, rating, finding.reference) if each]
    if said:
        yield "; ".join(said)
    yield from (f"mend: {line}" for line in safe_lines(finding.mend))
    if finding.waiver:
        yield f"waived by {safe(finding.waiver)}"


def summary(findings: Sequence[Finding], verdict: Verdict) -> str:
    """The verdict and how many findings of each severity there are: `fail: 2 errors, 1 warning, 1 waived`."""
    counts = Counter(finding.severity for finding in findings if not finding.waiver)
    waived = sum(1 for finding in findings if finding.waiver)
    names = {Severity.INSUFFICIENT: ("insufficient", "insufficient"), Severity.INFO: ("note", "notes")}
    parts = []
    for severity in Severity:
        one, many = names.get(severity, (severity.value, f"{severity.value}s"))
        if counts[severity]:
            parts.append(f"{counts[severity]} {one if counts[severity] == 1 else many}")
    if waived:
        parts.append(f"{waived} waived")
    return f"{verdict.value}: {', '.join(parts) or 'no findings'}"


def report_summary(report: CheckReport) -> str:
    """The same for a whole check, with what was looked at: `fail: 2 errors in 3 models, compared with 0123456789ab`."""
    models = "" if not report.models else " in 1 model" if report.models == 1 else f" in {report.models} models"
    base = f", compared with {report.base[:_SHORT]}" if report.base else ""
    return f"{summary(report.findings, report.verdict)}{models}{base}"


def judged_by(report: CheckReport) -> str:
    """Which rules were asked, and where they were read; empty where none was."""
    rules = report.rules
    if not rules.judged:
        return ""
    packs = f" of {', '.join(rules.packs)}" if rules.packs else ""
    commit = f", read from commit {rules.commit[:_SHORT]}" if rules.commit else ""
    return f"judged by {rules.judged} {'rule' if rules.judged == 1 else 'rules'}{packs}{commit}"
