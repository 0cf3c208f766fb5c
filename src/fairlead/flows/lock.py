"""`fairlead lock`: what the pointers mean now, written into each `model.lock`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.declare.reader import LOCK_FILE, MODEL_FILE, Declared, DeclaredModel, Reader
from fairlead.domain.finding import Finding, Verdict, judge
from fairlead.domain.lock import Lock
from fairlead.domain.lock_text import render_lock
from fairlead.drivers.folder import FolderTree
from fairlead.flows.artifacts import open_source, quiet
from fairlead.flows.write import write_whole
from fairlead.kernel.errors import NotFoundError
from fairlead.ports import Progress
from fairlead.resolve.sources.base import PointerError

__all__ = ["LockResult", "Locked", "chosen", "lock", "pointer_finding"]


@dataclass(frozen=True, slots=True)
class Locked:
    """One model's lock as it is now, and whether the file had to be written."""

    model: str
    path: str
    lock: Lock
    changed: bool


@dataclass(frozen=True, slots=True)
class LockResult:
    """What was locked, and the findings of the models that could not be."""

    locked: tuple[Locked, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict


def lock(
    workspace: Path, models: Sequence[str] = (), *, environ: Mapping[str, str] = os.environ, progress: Progress = quiet
) -> LockResult:
    """Pin the artifacts of `models` (none named: all) in the working folder. NotFoundError for an unknown name."""
    tree = FolderTree(workspace)
    declared = Reader().read(tree)
    locked: list[Locked] = []
    findings: list[Finding] = []
    for model in chosen(declared, models):
        if model.spec is None:
            findings += model.findings
            continue
        try:
            pinned = open_source(model.spec.artifact.uri, tree, environ).pin(model.spec.artifact.uri, progress)
        except PointerError as error:
            findings.append(pointer_finding(model, error))
            continue
        path = f"{model.path}/{LOCK_FILE}"
        changed = write_whole(workspace / path, render_lock(pinned))
        locked.append(Locked(model.name, path, pinned, changed))
    return LockResult(tuple(locked), tuple(findings), judge(findings))


def chosen(declared: Declared, models: Sequence[str]) -> list[DeclaredModel]:
    """The named models, or all. NotFoundError for a name that is not declared, with the names that are."""
    for name in models:
        if name not in declared.models:
            known = ", ".join(sorted(declared.models)) or "none"
            raise NotFoundError(f"there is no model `{name}`", mend=f"use one of: {known}")
    return [declared.models[name] for name in models or sorted(declared.models)]


def pointer_finding(model: DeclaredModel, error: PointerError) -> Finding:
    """The pointer's fault, at `artifact.uri`."""
    place = (f"{model.path}/{MODEL_FILE}", *model.uri_place)
    return Finding(*place, error.rule, error.message, error.mend, model=model.name)
