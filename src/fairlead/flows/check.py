"""`fairlead check`: every finding about a tree, from the working folder or a commit. What pre-commit and CI run too."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader

from fairlead.check.scanners.base import scanner_for
from fairlead.declare.reader import Declared, DeclaredModel, Reader
from fairlead.domain.finding import Finding, Severity, Verdict, judge
from fairlead.domain.lock import Lock
from fairlead.flows.artifacts import open_source, quiet
from fairlead.flows.lock import pointer_finding
from fairlead.flows.verify import lock_finding, mismatch
from fairlead.ports import Progress, Tree
from fairlead.resolve.sources.base import PointerError, Source
from fairlead.resolve.verified import VerifiedStream

__all__ = ["CheckResult", "artifact_findings", "check"]

_LOCAL = "file:"
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found. `counts` has a number for every severity; `models` is the number that were looked at."""

    label: str
    findings: tuple[Finding, ...]
    verdict: Verdict
    counts: Mapping[Severity, int]
    models: int


def check(
    tree: Tree, *, reader: Reader | None = None, environ: Mapping[str, str] = os.environ, progress: Progress = quiet
) -> CheckResult:
    """Declarations, locks, and the bytes of all artifacts in the workspace or on this machine. No network."""
    declared = (reader or Reader()).read(tree, progress)
    findings = [*declared.findings]
    for model in declared.models.values():
        findings += artifact_findings(tree, model, environ=environ, progress=progress)
    return result(tree.label, declared, findings)


def result(label: str, declared: Declared, findings: Iterable[Finding]) -> CheckResult:
    """The findings in order of place, judged and counted."""
    ordered = tuple(sorted(findings))
    counted = Counter(finding.severity for finding in ordered)
    counts = {severity: counted[severity] for severity in Severity}
    return CheckResult(label, ordered, judge(ordered), counts, len(declared.models))


def artifact_findings(
    tree: Tree, model: DeclaredModel, *, environ: Mapping[str, str] = os.environ, progress: Progress = quiet
) -> tuple[Finding, ...]:
    """What is wrong with the bytes of one model: missing, other than locked, or broken. Hubs are not asked."""
    if model.spec is None or model.lock is None or not model.lock.uri.startswith(_LOCAL):
        return ()
    try:
        source = open_source(model.lock.uri, tree, environ)
        return tuple(_file_findings(tree, model, model.lock, source, progress))
    except PointerError as error:
        return (pointer_finding(model, error),)


def _file_findings(
    tree: Tree, model: DeclaredModel, lock: Lock, source: Source, progress: Progress
) -> Iterator[Finding]:
    paths = frozenset(file.path for file in lock.files)
    for file in lock.files:
        stream = VerifiedStream(source.open(lock, file, 0), file, progress)
        scanner = scanner_for(file.path)
        problems = list(scanner(BufferedReader(stream, _BUFFER), file.size, paths)) if scanner else []
        if not stream.matches():
            yield mismatch(tree, model, file)
            continue
        for problem in problems:
            yield lock_finding(tree, model, file, (problem.rule, problem.message, problem.mend))
