"""Findings and verdicts: what is wrong with what somebody wrote, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Severity", "Verdict", "judge"]


class Severity(StrEnum):
    """How much a finding weighs. What is `error`, `fault` (a rule could not be judged) or `insufficient` blocks."""

    ERROR = "error"
    FAULT = "fault"
    INSUFFICIENT = "insufficient"
    WARNING = "warning"
    INFO = "info"


_BLOCKING = {Severity.ERROR, Severity.FAULT, Severity.INSUFFICIENT}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that a person should know, with its place and its mend.

    `path` is relative to the workspace, `line` and `column` count from 1 (0: the file as a whole), `rule` is a
    stable identifier such as `declare/unknown-field`, `model` the model concerned or empty. What a policy found says
    in which `environment` (empty: in all), how bad its author holds it (`rating`), and by which article or control
    (`reference`). `waiver` is the path of the waiver that sets it aside: it stays visible and does not block.
    """

    path: str
    line: int
    column: int
    rule: str
    message: str
    mend: str
    severity: Severity = Severity.ERROR
    model: str = ""
    environment: str = ""
    rating: str = ""
    reference: str = ""
    waiver: str = ""

    @property
    def blocks(self) -> bool:
        """Whether it keeps the gate shut: broken or not known, and not waived."""
        return self.severity in _BLOCKING and not self.waiver

    @property
    def place(self) -> str:
        """`path:line:column`, as editors and compilers write it."""
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


class Verdict(StrEnum):
    """The answer of a check. Only `pass` opens the gate."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    INSUFFICIENT = "insufficient"
    ERROR = "error"


def judge(findings: Iterable[Finding]) -> Verdict:
    """`fail` if any finding is an error, else `error` if a rule could not be judged, else `insufficient`, else `pass`.

    A waived finding counts for nothing here.
    """
    severities = {finding.severity for finding in findings if finding.blocks}
    for severity, verdict in _ANSWERS.items():
        if severity in severities:
            return verdict
    return Verdict.PASS


_ANSWERS = {
    Severity.ERROR: Verdict.FAIL,
    Severity.FAULT: Verdict.ERROR,
    Severity.INSUFFICIENT: Verdict.INSUFFICIENT,
}
"""Verdicts by the severity that calls for them, the heaviest first."""
