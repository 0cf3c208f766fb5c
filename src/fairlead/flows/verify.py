"""`fairlead verify`: read every locked byte again, in the cache or at its source, and compare."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fairlead.declare.file_text import MAX_LOCK
from fairlead.declare.reader import LOCK_FILE, DeclaredModel, Reader
from fairlead.domain.finding import Finding, Severity, Verdict, judge
from fairlead.domain.lock import Lock, LockedFile
from fairlead.domain.lock_text import file_line
from fairlead.flows.artifacts import open_source, quiet
from fairlead.flows.lock import chosen, pointer_finding
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import ArtifactCache, Progress, Tree
from fairlead.resolve.sources.base import PointerError
from fairlead.resolve.verified import VerifiedStream

__all__ = ["VerifiedFile", "VerifyResult", "lock_finding", "mismatch", "verify"]


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """One file, where it was read (`cache` or `source`), and whether it is what the lock pins (None: not known)."""

    model: str
    path: str
    sha256: str
    size: int
    place: str
    whole: bool | None


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """Every file that was looked at, and what was found."""

    files: tuple[VerifiedFile, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict


def verify(
    tree: Tree,
    models: Sequence[str] = (),
    *,
    cache: ArtifactCache | None = None,
    environ: Mapping[str, str] = os.environ,
    progress: Progress = quiet,
) -> VerifyResult:
    """Compare the bytes of `models` (none named: all) with their locks. NotFoundError for an unknown name.

    Bytes that cannot be had now (a hub is down) are `insufficient`, which is no pass.
    """
    files: list[VerifiedFile] = []
    findings: list[Finding] = []
    for model in chosen(Reader().read(tree), models):
        if model.lock is None:
            findings += model.findings
            continue
        for file in model.lock.files:
            place, found = _verify_file(tree, model, model.lock, file, cache, environ, progress)
            whole = None if found and found.severity is Severity.INSUFFICIENT else found is None
            files.append(VerifiedFile(model.name, file.path, file.sha256, file.size, place, whole))
            findings += [found] if found else []
    return VerifyResult(tuple(files), tuple(findings), judge(findings))


def _verify_file(
    tree: Tree,
    model: DeclaredModel,
    lock: Lock,
    file: LockedFile,
    cache: ArtifactCache | None,
    environ: Mapping[str, str],
    progress: Progress,
) -> tuple[str, Finding | None]:
    if cache is not None and cache.has(file):
        return "cache", None if cache.verify(file, progress) else mismatch(tree, model, file)
    try:
        chunks = open_source(lock.uri, tree, environ).open(lock, file, 0)
        whole = VerifiedStream(chunks, file, progress).matches()
    except PointerError as error:
        return "source", pointer_finding(model, error)
    except BrokenWorldError as error:
        message = f"`{file.path}` could not be read: {error.what}"
        found = lock_finding(tree, model, file, ("resolve/unreachable", message, error.mend or "try again"))
        return "source", replace(found, severity=Severity.INSUFFICIENT)
    return "source", None if whole else mismatch(tree, model, file)


def mismatch(tree: Tree, model: DeclaredModel, file: LockedFile) -> Finding:
    """The finding for a file whose bytes are not those that the lock pins."""
    message = f"`{file.path}` is not the file that the lock pins: its digest or size differs"
    mend = f"restore the file, or run `fairlead lock {model.name}` if the change is meant"
    return lock_finding(tree, model, file, ("resolve/digest-mismatch", message, mend))


def lock_finding(tree: Tree, model: DeclaredModel, file: LockedFile, said: tuple[str, str, str]) -> Finding:
    """A finding (rule, message, mend) at the line of model.lock that pins `file`."""
    path = f"{model.path}/{LOCK_FILE}"
    entry = tree.entry(path)
    line = 1
    if entry is not None and entry.kind == "blob":
        with tree.open(entry) as stream:
            line = file_line(stream.read(MAX_LOCK), file.path)
    rule, message, mend = said
    return Finding(path, line, 1, rule, message, mend, model=model.name)
