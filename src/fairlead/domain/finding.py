"""Findings and verdicts: what is wrong with what somebody wrote, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Severity", "Verdict", "judge"]


class Severity(StrEnum):
    """How much a finding weighs. Only `error` blocks; `insufficient` blocks because nothing is known."""

    ERROR = "error"
    INSUFFICIENT = "insufficient"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that a person should know, with its place and its mend.

    `path` is relative to the workspace, `line` and `column` count from 1 (0: the file as a whole), `rule` is a
    stable identifier such as `declare/unknown-field`, `model` the model concerned or empty.
    """

    path: str
    line: int
    column: int
    rule: str
    message: str
    mend: str
    severity: Severity = Severity.ERROR
    model: str = ""

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
    """`fail` if any finding is an error, else `insufficient` if anything could not be known, else `pass`.

    `error` is never derived from findings: it is what a check answers that broke itself.
    """
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return Verdict.FAIL
    if Severity.INSUFFICIENT in severities:
        return Verdict.INSUFFICIENT
    return Verdict.PASS
