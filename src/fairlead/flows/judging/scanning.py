"""What is wrong with the bytes of a model: missing, other than locked, or not to be trusted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import BufferedReader

from fairlead.check.scanners.scan import scan_file
from fairlead.declare.reader import DeclaredModel
from fairlead.domain.finding import Finding
from fairlead.domain.lock import Lock
from fairlead.flows.artifacts import open_source, quiet
from fairlead.flows.lock import pointer_finding
from fairlead.flows.verify import lock_finding, mismatch
from fairlead.ports import Progress, Tree
from fairlead.resolve.sources.base import PointerError, Source
from fairlead.resolve.verified import VerifiedStream

__all__ = ["artifact_findings"]

_LOCAL = "file:"
_BUFFER = 1 << 20


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
        problems = scan_file(BufferedReader(stream, _BUFFER), file.path, file.size, paths)
        if not stream.matches():
            yield mismatch(tree, model, file)
            continue
        for problem in problems:
            found = lock_finding(tree, model, file, (problem.rule, problem.message, problem.mend))
            yield replace(found, severity=problem.severity)
