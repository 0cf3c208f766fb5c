"""`fairlead check --publish`: the verdict on a commit, told to the code host that may then refuse the merge."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import httpx2

from fairlead.domain.finding import Verdict
from fairlead.drivers.git_local import LocalRepository, local_repository
from fairlead.drivers.github import GitHub, StatusState
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.kernel.errors import UsageError

__all__ = ["CONTEXT", "publish_to_github"]

CONTEXT = "fairlead/check"
"""Name of the status; a branch's protection requires it by this name."""

_STATES: Mapping[Verdict, StatusState] = {
    Verdict.PASS: "success",
    Verdict.FAIL: "failure",
    Verdict.INSUFFICIENT: "error",
    Verdict.ERROR: "error",
}


def publish_to_github(
    verdict: Verdict, description: str, folder: Path, commit: str, environ: Mapping[str, str] = os.environ
) -> str:
    """Set the status of `commit`; answers `owner/name@<commit>`.

    GITHUB_TOKEN is sent to GITHUB_API_URL, and github.com without it: never to an address that a file of the repository
    names. The repository is GITHUB_REPOSITORY, else `policies.approvals.github`. UsageError where one is missing.
    """
    found = local_repository(folder)
    if found is None:
        raise UsageError("there is no repository here", where=str(folder), mend="run it in a checkout")
    token = environ.get("GITHUB_TOKEN", "")
    if not token:
        mend = "set it to a token that may write commit statuses"
        raise UsageError("GITHUB_TOKEN is not set, so no verdict can be published", mend=mend)
    full = found.resolve(commit)
    name = environ.get("GITHUB_REPOSITORY") or _declared(found, full)
    with httpx2.Client() as client:
        github = GitHub(client, name, environ.get("GITHUB_API_URL", ""), token)
        github.publish(full, _STATES[verdict], CONTEXT, description)
    return f"{name}@{full}"


def _declared(found: LocalRepository, commit: str) -> str:
    name = read_gate_rules(found.tree(commit)).policies.approvals.github
    if not name:
        mend = "set GITHUB_REPOSITORY to owner/name, or `policies.approvals.github` in fairlead.yaml"
        raise UsageError("which repository on GitHub is meant is not known", mend=mend)
    return name
