"""`fairlead check`: all findings about a workspace or anybody's repository, and the verdict; in hooks and in CI too."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from fairlead.declare.manifests.usage import DeclaredUsage, read_usage
from fairlead.domain.infrastructure import Infrastructure
from fairlead.domain.report import CheckReport
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.folder import FolderTree
from fairlead.flows.artifacts import quiet
from fairlead.flows.judging.foreign import check_foreign
from fairlead.flows.judging.ground import ground
from fairlead.flows.judging.infrastructure import read_plans
from fairlead.flows.judging.workspace import WorkspaceCheck
from fairlead.flows.prices import current_prices
from fairlead.ports import Clock, Progress

__all__ = ["check"]


def check(  # noqa: PLR0913 - the command's options
    folder: Path,
    *,
    base: str = "",
    commit: str = "",
    infrastructure: Sequence[Path] = (),
    policies: Sequence[Path] = (),
    usage: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
    progress: Progress = quiet,
) -> CheckReport:
    """Check the workspace in `folder`, or the foreign repository where none is declared there.

    `commit` is checked instead of the folder's files; with `base`, only what changed since then is told.
    `infrastructure` are plans and rendered manifests, `policies` folders of Rego for a foreign repository, `usage` a
    file of assumptions. No network but for a policy repository and, where declared, GitHub's reviews. NotFoundError
    for an unknown revision.
    """
    on = ground(folder, base, commit)
    plans = [_plan(path, folder) for path in infrastructure]
    assumed = _usage(usage) if usage else read_usage(on.tree)
    if on.is_workspace:
        return WorkspaceCheck(on, environ, clock or SystemClock(), progress).report(plans, assumed)
    now = clock or SystemClock()
    prices = current_prices(None, now.now().date(), environ)
    return check_foreign(on, plans, assumed, policies, prices, now, progress)


def _plan(path: Path, folder: Path) -> Infrastructure:
    """A file below `folder` keeps its place there, so that findings name it as a reader of the repository does."""
    whole, root = path.resolve(), folder.resolve()
    inside = whole.is_relative_to(root)
    tree, name = (
        (FolderTree(root), whole.relative_to(root).as_posix()) if inside else (FolderTree(whole.parent), whole.name)
    )
    (plan,) = read_plans(tree, [name])
    return plan


def _usage(path: Path) -> DeclaredUsage:
    return read_usage(FolderTree(path.parent), path.name)
