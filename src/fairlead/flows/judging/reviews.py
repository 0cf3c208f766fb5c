"""Reviews on GitHub as approvals: asked where the rules name a repository and signatures in Git do not suffice."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fairlead.check.approvals import reviews_as_approvals
from fairlead.check.protection import GateRules
from fairlead.domain.approval import Approval
from fairlead.drivers.github import GITHUB_API, GitHub
from fairlead.ports import Clock

__all__ = ["Reviews", "token_for"]

_FRESH = timedelta(minutes=1)
"""How long an answer is kept: models of one commit share it, and a review that comes later is seen."""


@dataclass(slots=True)
class Reviews:
    """Asks GitHub. GITHUB_TOKEN of the environment goes to GITHUB_API_URL, or to github.com where that is not set."""

    clock: Clock
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _known: dict[tuple[str, str, str], tuple[datetime, tuple[Approval, ...]]] = field(default_factory=dict)

    def of(
        self, subject: str, commits: tuple[str, ...], rules: GateRules, carries: Callable[[str], bool]
    ) -> Iterator[Approval]:
        """Approvals of `subject` by reviews of the pull requests that brought `commits`, of commits that carry it.

        BrokenWorldError or NotFoundError where GitHub does not answer. Nothing where the rules name no repository.
        """
        name = rules.policies.approvals.github
        if not name:
            return
        handles = {member.github: mail for mail, member in rules.members.items() if member.github}
        for commit in dict.fromkeys(commits):
            found = self._asked(name, rules.policies.approvals.github_api, commit)
            heads = {each.subject.partition(":")[2] for each in found}
            yield from reviews_as_approvals(found, handles, {each for each in heads if carries(each)}, subject)

    def _asked(self, name: str, declared: str, commit: str) -> tuple[Approval, ...]:
        import httpx2

        key, now = (name, declared, commit), self.clock.now()
        known = self._known.get(key)
        if known is None or now - known[0] > _FRESH:
            with httpx2.Client() as client:
                github = GitHub(client, name, declared, token_for(declared, self.environ))
                known = self._known[key] = (now, github.reviews(commit))
        return known[1]


def token_for(declared: str, environ: Mapping[str, str]) -> str:
    """GITHUB_TOKEN, unless a file of the repository sends it to where the environment does not."""
    own = (environ.get("GITHUB_API_URL") or GITHUB_API).rstrip("/")
    return environ.get("GITHUB_TOKEN", "") if (declared or GITHUB_API).rstrip("/") == own else ""
