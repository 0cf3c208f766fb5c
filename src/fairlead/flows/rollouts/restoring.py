"""Makes the commit that brings a good release back, and says whether it may go to the followed branch by itself.

Each way to restore is tried in turn, from the one that touches least, and judged by reading its result as the control
plane would: what does not bring the good release back is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fairlead.declare.reader import MODELS, WORKSPACE_FILE
from fairlead.domain.release import SHORT
from fairlead.flows.commit_text import ENVIRONMENT, JOURNAL, RELEASE, REVERTS, trailer
from fairlead.flows.lineage import Lineage, wanted_at
from fairlead.flows.reverts import Paths, own_paths, revert_message
from fairlead.flows.rollouts.revert_case import Case
from fairlead.kernel.errors import NotFoundError

__all__ = ["Restoration", "is_automatic", "restoration"]


@dataclass(frozen=True, slots=True)
class Restoration:
    """`commit` restores; `why` says why a person must agree to it first ('' where nobody must).

    Without a commit nothing restores it, and `why` says what stands in the way.
    """

    commit: str
    why: str


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to restore: `paths` by a merge from `base`, and what a person should know of it."""

    paths: Sequence[str]
    base: str
    why: str


def restoration(case: Case, head: str, line: Lineage) -> Restoration:
    """The commit on top of `head` that brings the good release back, by the way that touches least."""
    source = line.good or _declaring(case)
    if not source:
        return Restoration("", f"no commit is left that wanted {case.good.name} in {case.environment}")
    paths = own_paths(case.world, case.model, head, source)
    problem = ""
    for way in _ways(case, paths, head, line, source):
        merged = case.committer.merged(head, way.base, source, way.paths)
        made = case.committer.commit(head, merged.tree, _message(case, line, source, way.paths))
        problem = _problem(case, made.id, source, paths.shared)
        if not problem:
            return Restoration(made.id, _told(merged.conflicts) or way.why or _hesitation(case, head, line))
    return Restoration("", f"restoring {', '.join(paths.own)} does not bring {case.good.name} back: {problem}")


def is_automatic(case: Case, commit: str) -> bool:
    """Whether `commit` is a revert that fairlead made by itself: only such a one names a record of the journal."""
    message = case.committer.message(commit)
    return bool(trailer(message, REVERTS) and trailer(message, JOURNAL))


def _ways(case: Case, paths: Paths, head: str, line: Lineage, source: str) -> Iterator[_Way]:
    yield _Way(paths.own, line.bringer, "")
    yield _Way(paths.own, head, "later edits to the model cannot be kept: they do not go together with what comes back")
    shared = [each for each in paths.shared if _changed(case, each, head, source)]
    if shared:
        yield _Way((*paths.own, *shared), line.bringer, f"other models use these files too: {', '.join(shared)}")
    if _changed(case, WORKSPACE_FILE, head, source):
        why = f"the cause is in {WORKSPACE_FILE}, which holds for all models"
        yield _Way((*paths.own, *shared, WORKSPACE_FILE), line.bringer, why)


def _problem(case: Case, commit: str, source: str, shared: Sequence[str]) -> str:
    """Why `commit` does not bring the good release back as it was; '' where it does."""
    if wanted_at(case.world, case.environment, case.model, commit) != case.good.digest:
        return "what the model's folder declares then is another release, or none"
    declared = case.world.reader.read_some(case.world.repository.tree(commit), [case.model])
    blocking = [each for each in declared.findings if each.blocks and each.environment in {"", case.environment}]
    if blocking:
        return f"{blocking[0].place}: {blocking[0].message}"
    other = [each for each in shared if _changed(case, each, commit, source)]
    return f"{', '.join(other)} changed as well, and other models use it" if other else ""


def _changed(case: Case, path: str, one: str, other: str) -> bool:
    entries = [case.world.repository.tree(each).entry(path) for each in (one, other)]
    return entries[1] is not None and entries[0] != entries[1]


def _hesitation(case: Case, head: str, line: Lineage) -> str:
    """Why a commit that restores by rule still waits for a person: two reverts must not chase each other."""
    if not line.good:
        return f"the branch's history does not show where {case.good.name} was wanted in {case.environment}"
    before = _reverted(case, head, case.bad.name)
    if before:
        return f"{case.bad.name} was reverted before ({before[:SHORT]}), and somebody brought it back since"
    before = _reverted(case, head, case.good.name)
    return f"{case.good.name} was itself reverted before ({before[:SHORT]})" if before else ""


def _reverted(case: Case, head: str, release: str) -> str:
    """The newest commit below `head` by which fairlead took a release back by itself; '' where there is none."""
    for commit in case.committer.mentioning(head, f"{REVERTS}: {release}", f"{MODELS}/{case.model}"):
        if trailer(case.committer.message(commit), REVERTS) == release and is_automatic(case, commit):
            return commit
    return ""


def _declaring(case: Case) -> str:
    """The commit that the good release is named by; '' where it is gone."""
    try:
        return case.world.repository.commit(case.good.name.rpartition("@")[2]).id
    except NotFoundError:
        return ""


def _message(case: Case, line: Lineage, source: str, paths: Sequence[str]) -> str:
    reasons = (
        f"fairlead took {case.bad.name} out of {case.environment}: {case.cause.message}",
        f"This brings {case.good.name} back, as of {source[:SHORT]}: {', '.join(paths)}.",
        "A new version on top opens the way again; what is reverted stays refused there as it is.",
    )
    named = {
        RELEASE: case.good.name,
        REVERTS: case.bad.name,
        ENVIRONMENT: case.environment,
        "Fairlead-Metric": case.cause.metric,
        "Fairlead-Evidence": case.cause.evidence,
        JOURNAL: case.cause.journal,
    }
    return revert_message(case.world.repository.commit(line.bringer).subject, reasons, named)


def _told(conflicts: Sequence[str]) -> str:
    if not conflicts:
        return ""
    return f"later edits conflict with the revert in {', '.join(conflicts)}: here they are lost"
