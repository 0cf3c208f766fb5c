"""A commit of fairlead's own, put before people: a branch of its own, and a pull request where the host has them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fairlead.domain.gate import ApprovalRules
from fairlead.drivers.github import GitHub
from fairlead.flows.declared import declared_workspace
from fairlead.flows.judging.reviews import token_for
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError

__all__ = ["Proposal", "can_ask", "has_pull_requests", "propose"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """`pull_request` is its address ('' without one); `explanation` says what a person is to do."""

    kind: Literal["proposed", "branch"]
    pull_request: str
    explanation: str


def has_pull_requests(world: World) -> bool:
    """Whether the workspace says where its pull requests are opened."""
    return bool(_rules(world).github)


def can_ask(world: World, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the host is one on which a pull request can be opened, as far as is known here."""
    rules = _rules(world)
    return bool(rules.github and token_for(rules.github_api, environ))


def propose(
    world: World, branch: str, commit: str, body: str, *, anew: bool = False, environ: Mapping[str, str] = os.environ
) -> Proposal:
    """Ask for the merge of `branch`, whose newest commit is `commit`; a pull request that is there is not opened twice.

    One that somebody closed is an answer, unless a person asks `anew`.
    GITHUB_TOKEN of the environment is used as for reviews; it must be allowed to write pull requests.
    """
    rules, target = _rules(world), world.repository.branch
    merge = f"merge {branch} into {target}"
    if not rules.github:
        return Proposal("branch", "", merge)
    token = token_for(rules.github_api, environ)
    if not token:
        return Proposal("branch", "", f"{merge}; no pull request was opened, since GITHUB_TOKEN is not set")
    import httpx2

    try:
        with httpx2.Client() as client:
            github = GitHub(client, rules.github, rules.github_api, token)
            title = world.repository.commit(commit).subject
            pull = github.pull_request(branch, commit)
            if pull is None or (anew and not pull.open):
                pull = github.open_pull_request(branch, target, title, body)
    except FairleadError as error:
        return Proposal("branch", "", f"{merge}; no pull request was opened: {error.what}")
    return Proposal("proposed", pull.address, f"merge {pull.address}")


def _rules(world: World) -> ApprovalRules:
    workspace = declared_workspace(world)
    return workspace.policies.approvals if workspace and workspace.policies else ApprovalRules()
