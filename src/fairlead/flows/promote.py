"""`fairlead promote`: the commit that moves the release of one environment on to the next. Nothing is rebuilt.

It is one line of the model's declaration. What stands between is told as findings; a person may override what is not
yet known to be good, with a reason that stays in Git and in the journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from fairlead.declare.pinning import pin
from fairlead.declare.reader import MODEL_FILE, MODELS
from fairlead.domain.finding import Finding
from fairlead.domain.journal import Actor, Draft
from fairlead.drivers.git_commits import GitCommitter
from fairlead.flows.commit_text import ENVIRONMENT, RELEASE, commit_message
from fairlead.flows.declared import declared_workspace
from fairlead.flows.landing import Landed, ask, land
from fairlead.flows.lineage import wanted_at
from fairlead.flows.principals import authorise
from fairlead.flows.promotion_standing import NOT_LIVE, NOTHING_NEW, Station, standing_between
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError, NotFoundError, UsageError
from fairlead.ports import Worktree

__all__ = ["PromotionResult", "promote", "station_before"]

_TRIES = 5


@dataclass(frozen=True, slots=True)
class PromotionResult:
    """What became of a promotion of `release` from environment `before` to `to`.

    `kind`: `refused` (nothing was written; `findings` say what stands between), `committed` (in the person's checkout),
    `pushed` (to the followed branch), `proposed` (on `branch`, with a `pull_request`), `branch` (there without one) or
    `failed`. Findings of what was overridden are told as well. `explanation` says what a person is to do next.
    """

    model: str
    release: str
    before: str
    to: str
    kind: Literal["refused", "committed", "pushed", "proposed", "branch", "failed"]
    findings: tuple[Finding, ...] = ()
    overridden: bool = False
    commit: str = ""
    branch: str = ""
    pull_request: str = ""
    explanation: str = ""


def promote(
    world: World,
    model: str,
    *,
    to: str,
    reason: str = "",
    override: bool = False,
    pull_request: bool = False,
    actor: Actor,
) -> PromotionResult:
    """Pin the release that is live in the environment before `to`, by a commit.

    In the person's checkout where there is one; else, and for a pull request, by fairlead itself in the repository.
    UsageError for an override without a reason, for the first environment, and where the pin has to be written by hand;
    NotFoundError for an unknown environment.
    """
    authorise(world, actor, "operator")
    if override and not reason.strip():
        raise UsageError("an override needs a reason", mend='say why with --reason "..."')
    world.repository.fetch()
    station = station_before(world, model, to)
    findings = station.between
    final = any(each.rule in {NOT_LIVE, NOTHING_NEW} for each in findings)
    overridden = bool(findings) and override and not final
    told = PromotionResult(model, station.release, station.environment, to, "refused", findings, overridden)
    if findings and not overridden:
        return told
    message = _message(world, told, reason, actor)
    if world.worktree is not None and not pull_request:
        made = _in_checkout(world, world.worktree, told, message)
    else:
        made = _in_repository(world, told, station.digest, message, pull_request=pull_request)
    if made.kind != "failed":
        world.state.append(_draft(made, station.digest, reason, actor))
    return made


def station_before(world: World, model: str, to: str, *, reviews: bool = False) -> Station:
    """The station before `to`, as `standing_between` tells it.

    An environment where the model is not placed yet may be promoted to as well.
    """
    workspace = declared_workspace(world)
    names = [each.name for each in workspace.environments] if workspace is not None else []
    if to not in names:
        raise NotFoundError(f"there is no environment {to!r}", mend=f"use one of: {', '.join(names) or 'none'}")
    stations = standing_between(world, model, also=to, reviews=reviews)
    earlier = [each for each in stations if each.following == to]
    if not earlier:
        mend = "commit what should run there"
        raise UsageError(f"{model} is in no environment before {to}, so that there is nothing to promote", mend=mend)
    return earlier[0]


def _in_checkout(world: World, worktree: Worktree, told: PromotionResult, message: str) -> PromotionResult:
    """One commit on the person's own branch, by their own name."""
    subject, _, body = message.partition("\n\n")
    path = f"{MODELS}/{told.model}/{MODEL_FILE}"
    made = worktree.edit_file(path, lambda text: pin(text, told.to, _pinned(told)), subject, body)
    followed = worktree.is_followed()
    hint = "fairlead status --wait" if followed else f"git push origin {world.repository.branch}"
    return replace(told, kind="committed", commit=made.id, branch=world.repository.branch, explanation=hint)


def _in_repository(
    world: World, told: PromotionResult, digest: str, message: str, *, pull_request: bool
) -> PromotionResult:
    """One commit of fairlead's own, upon the newest head; made anew where somebody else pushes first."""
    committer = GitCommitter(world.repository, world.signer, world.clock)
    branch = f"fairlead/promote-{told.model}-{told.to}-{_pinned(told)}"
    why = "a pull request was asked for" if pull_request else ""
    for _ in range(_TRIES):
        world.repository.fetch()
        head = world.repository.head().id
        tip = committer.branch(branch)
        if tip and not world.repository.is_ancestor(tip, head) and wanted_at(world, told.to, told.model, tip) == digest:
            landed = ask(world, committer, tip, branch, why or "it was asked for before", anew=True)
            return _with(told, tip, landed)
        tree = committer.with_file(head, f"{MODELS}/{told.model}/{MODEL_FILE}", _text(world, told, head))
        made = committer.commit(head, tree, message).id
        landed = land(world, committer, made, branch, why)
        if landed.kind != "overtaken":
            return _with(told, made, landed)
    raise ConflictError(f"{_TRIES} times somebody else pushed first", where=world.repository.address, mend="try again")


def _text(world: World, told: PromotionResult, head: str) -> bytes:
    tree = world.repository.tree(head)
    entry = tree.entry(f"{MODELS}/{told.model}/{MODEL_FILE}")
    if entry is None:
        raise NotFoundError(f"{told.model} is not declared any more", mend="fairlead status")
    with tree.open(entry) as file:
        return pin(file.read(), told.to, _pinned(told))


def _pinned(told: PromotionResult) -> str:
    return told.release.rpartition("@")[2]


def _message(world: World, told: PromotionResult, reason: str, actor: Actor) -> str:
    """The commit's message. Who promotes by fairlead's hand has a hand in it, and cannot be who approves it."""
    workspace = declared_workspace(world)
    people = workspace.principals if workspace is not None else ()
    name = actor.name.casefold()
    mail = next((each.email for each in people if name in {each.name.casefold(), each.email.casefold()}), "")
    overridden = ", ".join(each.rule for each in told.findings)
    reasons = (f"{told.release} moves on from {told.before}.", reason)
    named: Mapping[str, str] = {
        RELEASE: told.release,
        ENVIRONMENT: told.to,
        "Fairlead-Override": overridden,
        "Co-authored-by": f"{actor.name} <{mail}>" if mail else "",
    }
    return commit_message(f"Promote {told.model} to {told.to}", reasons, named)


def _with(told: PromotionResult, commit: str, landed: Landed) -> PromotionResult:
    if landed.kind == "overtaken":
        message = "what was overtaken is made anew"
        raise ValueError(message)
    return replace(
        told,
        kind=landed.kind,
        commit=commit if landed.kind != "failed" else "",
        branch=landed.branch,
        pull_request=landed.pull_request,
        explanation=landed.explanation,
    )


def _draft(made: PromotionResult, digest: str, reason: str, actor: Actor) -> Draft:
    body = {
        "release": made.release,
        "from": made.before,
        "result": made.kind,
        "reason": reason,
        "overridden": [each.rule for each in made.findings],
        "branch": made.branch,
        "pullRequest": made.pull_request,
    }
    return Draft("promotion.committed", actor, made.to, made.model, digest, made.commit, body)
