"""Rollback that Git knows: the revert commit that takes a bad release out of what Git wants, pushed or proposed.

May be killed at any instant and called again: what is there already, on the followed branch or on a branch of its own,
is found and not made twice.
"""

from __future__ import annotations

from dataclasses import replace

from fairlead.declare.reader import MODELS
from fairlead.domain.release import SHORT
from fairlead.domain.rollout import Arm
from fairlead.drivers.git_commits import GitCommitter
from fairlead.flows.commit_text import JOURNAL, REVERTS, trailer
from fairlead.flows.landing import Landed, ask, land
from fairlead.flows.lineage import lineage, wanted_at
from fairlead.flows.proposing import can_ask
from fairlead.flows.rollouts.restoring import Restoration, is_automatic, restoration
from fairlead.flows.rollouts.revert_case import Case, Cause, Memory, RevertOutcome, recall, remember
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError, NotFoundError

__all__ = ["Cause", "RevertOutcome", "revert_release"]

_TRIES = 5


def revert_release(world: World, *, environment: str, model: str, bad: Arm, good: Arm, cause: Cause) -> RevertOutcome:
    """Take `bad` out of what Git wants in `environment`, and bring `good` back, by a commit that says why.

    Nobody's working copy is needed. It asks the network, and takes as long as that does.
    """
    committer = GitCommitter(world.repository, world.signer, world.clock)
    case = Case(world, committer, environment, model, bad, good, cause)
    try:
        for _ in range(_TRIES):
            world.repository.fetch()
            outcome = _attempt(case)
            if outcome is not None:
                return outcome
    except FairleadError as error:
        return _failed(case, str(error))
    return _failed(case, f"{_TRIES} times somebody else pushed first")


def _attempt(case: Case) -> RevertOutcome | None:
    """One try upon the head as it was just fetched; None where somebody else pushed meanwhile."""
    world = case.world
    head = world.repository.head().id
    if wanted_at(world, case.environment, case.model, head) != case.bad.digest:
        return _over(case, head)
    line = lineage(world, case.environment, case.model, head, case.bad.digest, case.good.digest)
    known = recall(case)
    known = known if known is not None and known.bringer == line.bringer else None
    if known is not None and (known.kind == "proposed" or (known.kind == "branch" and not can_ask(world))):
        return known.outcome()
    branch = f"fairlead/revert-{case.model}-{line.bringer[:SHORT]}"
    memory = Memory(case.bad.digest, line.bringer, head, "committed")
    standing = _standing(case, branch, line.bringer)
    if standing:
        why = known.why if known is not None else "an earlier revert waits there"
        landed = ask(world, case.committer, standing, branch, why)
        return _landed(case, replace(memory, commit=standing, why=why), landed)
    if known is not None and known.kind == "branch":
        return RevertOutcome("nothing", explanation=f"the revert on {known.branch} is not there any more as it was")
    begun = _begun(case, known, head)
    made = begun or restoration(case, head, line)
    if not made.commit:
        return _failed(case, made.why, memory)
    memory = replace(memory, commit=made.commit, why=made.why)
    if begun is None:
        remember(case, memory)
    return _landed(case, memory, land(world, case.committer, memory.commit, branch, memory.why))


def _landed(case: Case, memory: Memory, landed: Landed) -> RevertOutcome | None:
    """What became of the commit, kept; None where somebody else pushed meanwhile."""
    if landed.kind == "overtaken":
        return None
    if landed.kind == "failed":
        return _failed(case, landed.explanation, memory)
    told = {"branch": landed.branch, "pull_request": landed.pull_request, "explanation": landed.explanation}
    return _end(case, replace(memory, kind=landed.kind, why=landed.why, **told))


def _end(case: Case, memory: Memory) -> RevertOutcome:
    remember(case, memory)
    return memory.outcome()


def _failed(case: Case, why: str, memory: Memory | None = None) -> RevertOutcome:
    kept = memory or recall(case) or Memory(case.bad.digest, "", "", "failed")
    if kept.kind not in {"pushed", "proposed", "branch"}:
        remember(case, replace(kept, kind="failed", explanation=why))
    return RevertOutcome("failed", explanation=why)


def _over(case: Case, head: str) -> RevertOutcome:
    """Git does not want the bad release any more: by our own commit, whose push nobody could record, or by a person's.

    `Fairlead-Journal` tells this revert from earlier ones.
    """
    known = recall(case)
    if case.cause.journal:
        line = f"{JOURNAL}: {case.cause.journal}"
        for commit in case.committer.mentioning(head, line, f"{MODELS}/{case.model}"):
            if trailer(case.committer.message(commit), REVERTS) == case.bad.name:
                bringer = known.bringer if known is not None else ""
                made = Memory(case.bad.digest, bringer, head, "pushed", commit, case.world.repository.branch)
                return made.outcome() if known and known.kind == "pushed" else _end(case, made)
    return RevertOutcome("nothing", explanation=f"Git does not want {case.bad.name} in {case.environment} any more")


def _standing(case: Case, branch: str, bringer: str) -> str:
    """Our revert on its own branch, made against this very bringing and not merged; '' where there is none."""
    tip = case.committer.branch(branch)
    if not tip or not case.world.repository.is_ancestor(bringer, tip) or not is_automatic(case, tip):
        return ""
    wanted = wanted_at(case.world, case.environment, case.model, tip)
    return tip if wanted == case.good.digest else ""


def _begun(case: Case, known: Memory | None, head: str) -> Restoration | None:
    """The commit that was made before a kill or a failed push, where it still fits upon the head."""
    if known is None or known.kind not in {"committed", "failed"} or known.head != head or not known.commit:
        return None
    try:
        return Restoration(case.world.repository.commit(known.commit).id, known.why)
    except NotFoundError:
        return None  # the mirror was lost with the object
