"""What became of the followed commit, told to GitHub as its statuses: the verdict, and where it is live.

Beside the loop, with a limit of time: a GitHub that does not answer is an incident, and keeps nothing from going live.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fairlead.domain.finding import Finding, Verdict, judge
from fairlead.domain.gate import ApprovalRules
from fairlead.domain.plan import Key
from fairlead.drivers.github import GitHub, StatusState
from fairlead.flows.converging.desired import Held
from fairlead.flows.converging.follow import Followed
from fairlead.flows.converging.gate import Judged
from fairlead.flows.converging.ruling import RULES_COMMIT
from fairlead.flows.incidents import close_incident, open_incident
from fairlead.flows.judging.reviews import token_for
from fairlead.flows.world import World
from fairlead.kernel.errors import FairleadError, NotFoundError

if TYPE_CHECKING:
    import httpx2

__all__ = ["LIVE", "UNREACHABLE", "VERDICT", "Publisher"]

VERDICT, LIVE = "fairlead/verdict", "fairlead/live/"
"""Names of the statuses; the environment follows the second."""

UNREACHABLE = "github-unreachable"
"""Kind of the incident that says that nothing can be told."""

_FACT = "published"
"""Fact: the commit that was told of last, and what is known there by status."""

_PAUSE = timedelta(minutes=1)
"""Before what could not be told is tried again."""

_STATES: Mapping[Verdict, StatusState] = {
    Verdict.PASS: "success",
    Verdict.FAIL: "failure",
    Verdict.INSUFFICIENT: "failure",
    Verdict.ERROR: "error",
}

Told = Mapping[str, tuple[StatusState, str]]
"""State and description by the name of the status."""


class Publisher:
    """Tells only what has changed, one thing at a time, in order. The loop asks it at each look."""

    def __init__(self, world: World, environ: Mapping[str, str] = os.environ) -> None:
        """Without GITHUB_TOKEN, or without `policies.approvals.github` in the rules that stand, nothing is told."""
        self._world = world
        self._environ = environ
        self._heard: tuple[Followed, Judged] | None = None
        self._rules: tuple[str, ApprovalRules] = ("", ApprovalRules())
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="publish")
        self._client: httpx2.Client | None = None
        self._sending: tuple[str, Told, Future[None]] | None = None
        self._done = _remembered(world)
        self._again: datetime | None = None

    def hear(self, followed: Followed, judged: Judged) -> None:
        """What is followed, and what the gate said of it by now."""
        self._heard = (followed, judged)

    def tell(self, working: Iterable[Key], held: Mapping[Key, Held]) -> None:
        """Send what has changed since it was told last, unless something is still on its way."""
        if not self._is_idle() or self._heard is None:
            return
        rules = self._standing_rules()
        token = token_for(rules.github_api, self._environ) if rules.github else ""
        if not token:
            return
        followed, judged = self._heard
        commit = followed.commit.id
        wanted = {VERDICT: _verdict(judged), **dict(_live(followed, [*working], held))}
        known = self._done[1] if self._done[0] == commit else {}
        new = {name: told for name, told in wanted.items() if _is_news(told, known.get(name))}
        if not new:
            return
        github = GitHub(self._connected(), rules.github, rules.github_api, token)
        self._sending = (commit, {**known, **new}, self._pool.submit(_send, github, commit, new))

    def close(self) -> None:
        """Tell nothing more, and wait for nobody."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            self._client.close()

    def _connected(self) -> httpx2.Client:
        """The client, loaded only where something is told."""
        import httpx2

        if self._client is None:
            self._client = httpx2.Client()
        return self._client

    def _is_idle(self) -> bool:
        """Whether something may be sent now; what came of the last attempt is told once."""
        now = self._world.clock.now()
        if self._sending is None:
            return self._again is None or now >= self._again
        commit, told, future = self._sending
        if not future.done():
            return False
        self._sending = None
        try:
            future.result()
        except FairleadError as error:
            self._again = now + _PAUSE
            message = f"the commit's status cannot be told: {error.what}"
            open_incident(self._world, UNREACHABLE, message, error.mend, commit=commit)
            return False
        self._again = None
        self._done = (commit, told)
        self._world.state.put_fact(_FACT, json.dumps(self._done))
        close_incident(self._world, UNREACHABLE)
        return True

    def _standing_rules(self) -> ApprovalRules:
        """Of the commit whose rules stand: a change cannot silence what is said of it."""
        commit = self._world.state.fact(RULES_COMMIT) or ""
        if commit and commit != self._rules[0]:
            try:
                workspace = self._world.reader.workspace(self._world.repository.tree(commit))
            except NotFoundError:
                workspace = None  # a rewritten branch dropped it; the next verdict brings another
            policies = workspace.policies if workspace else None
            self._rules = (commit, policies.approvals if policies else ApprovalRules())
        return self._rules[1]


def _is_news(told: tuple[StatusState, str], known: tuple[StatusState, str] | None) -> bool:
    """What was decided is not undecided again while the same is looked at once more."""
    return told != known and (known is None or known[0] == "pending" or told[0] != "pending")


def _send(github: GitHub, commit: str, statuses: Told) -> None:
    for name, (state, description) in statuses.items():
        github.publish(commit, state, name, description)


def _remembered(world: World) -> tuple[str, Told]:
    text = world.state.fact(_FACT)
    if not text:
        return "", {}
    commit, told = json.loads(text)
    return commit, {name: (state, description) for name, (state, description) in told.items()}


def _verdict(judged: Judged) -> tuple[StatusState, str]:
    findings = {*judged.declared.findings, *(each for found in judged.pinned.values() for each in found)}
    verdict = judge(findings)
    if verdict is not Verdict.PASS:
        return _STATES[verdict], f"{verdict.value}: {_first([each for each in findings if each.blocks])}"
    if judged.pending:
        return "pending", f"{len(judged.pending)} models are still checked"
    waived = sum(1 for each in findings if each.waiver)
    return "success", f"pass{f', {waived} findings waived' if waived else ''}"


def _first(blocking: list[Finding]) -> str:
    first = min(blocking)
    more = f" (and {len(blocking) - 1} more)" if len(blocking) > 1 else ""
    return f"{first.rule} in {first.place}{more}"


def _live(
    followed: Followed, working: list[Key], held: Mapping[Key, Held]
) -> Iterator[tuple[str, tuple[StatusState, str]]]:
    """The state of each environment; what is held without an environment is held in each."""
    workspace = followed.declared.workspace
    for environment in workspace.environments if workspace else ():
        here = {environment.name, ""}
        stopped = sorted(key for key in held if key[0] in here)
        moving = [key for key in working if key[0] in here]
        if stopped:
            about = stopped[0][1] or "all models"
            more = f" (and {len(stopped) - 1} more)" if len(stopped) > 1 else ""
            yield f"{LIVE}{environment.name}", ("failure", f"held: {about}{more}: {held[stopped[0]].message}")
        elif moving:
            yield f"{LIVE}{environment.name}", ("pending", f"{len(moving)} models on their way")
        else:
            yield f"{LIVE}{environment.name}", ("success", "this commit is live")
