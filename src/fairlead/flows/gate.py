"""The gate: what is new at a commit is checked, bytes included, before anything of it may start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from fairlead.declare.reader import Declared, DeclaredModel
from fairlead.domain.finding import Finding, Verdict, judge
from fairlead.domain.journal import Draft
from fairlead.domain.release import Deployment, Release
from fairlead.flows.check import artifact_findings
from fairlead.flows.follow import Followed
from fairlead.flows.incidents import CONTROL
from fairlead.flows.world import World

__all__ = ["Gate", "Judged", "verdict_fact"]

_TOLD = 20
"""Findings that a journal record holds; the check tells them all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a commit declares, with the findings about bytes among the others; `pending` models are still read."""

    declared: Declared
    pending: frozenset[str]


class Gate:
    """Reads artifacts beside the loop, one at a time, each once per commit."""

    def __init__(self, world: World) -> None:
        """No thread is started before the first artifact is read."""
        self._world = world
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gate")
        self._commit = ""
        self._asked: dict[str, Future[tuple[Finding, ...]]] = {}
        self._told: set[str] = set()

    def judged(self, followed: Followed, live: Iterable[Deployment], *, patient: bool = False) -> Judged:
        """The commit's declaration with what is known by now; `patient` waits until all is known."""
        commit, declared = followed.commit.id, followed.declared
        if commit != self._commit:
            self._forget(commit)
        releases = self._world.releases.releases(commit, declared)
        for name in _new(releases, live):
            if name not in self._asked:
                self._asked[name] = self._pool.submit(self._read, commit, declared.models[name])
        if patient:
            wait(self._asked.values())
        done = {name: future.result() for name, future in self._asked.items() if future.done()}
        for name, findings in done.items():
            self._tell(releases[name], commit, (*declared.models[name].findings, *findings), quiet=patient)
        found = tuple(sorted({*declared.findings, *(each for findings in done.values() for each in findings)}))
        return Judged(replace(declared, findings=found), frozenset(self._asked.keys() - done.keys()))

    def close(self) -> None:
        """Read nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self, commit: str) -> None:
        for future in self._asked.values():
            future.cancel()
        self._commit, self._asked, self._told = commit, {}, set()

    def _read(self, commit: str, model: DeclaredModel) -> tuple[Finding, ...]:
        return artifact_findings(self._world.repository.tree(commit), model)

    def _tell(self, release: Release, commit: str, findings: tuple[Finding, ...], *, quiet: bool) -> None:
        """Write the verdict down, once; a plan (`quiet`) decides nothing and writes nothing."""
        if quiet or release.model in self._told:
            return
        self._told.add(release.model)
        verdict = judge(findings)
        key = verdict_fact(release.model, release.digest)
        if self._world.state.fact(key) == verdict.value:
            return
        lines = [f"{each.place} {each.severity} {each.rule}: {each.message}" for each in findings[:_TOLD]]
        body = {"verdict": verdict.value, "findings": lines}
        draft = Draft("release.checked", CONTROL, "", release.model, release.digest, commit, body)
        self._world.state.append(draft)
        if self._world.state.fact(key) != Verdict.PASS:
            self._world.state.put_fact(key, verdict.value)


def verdict_fact(model: str, digest: str) -> str:
    """Key of the fact that holds a release's verdict. A pass stays: bytes that its lock does not pin are another's."""
    return f"verdict/{model}/{digest}"


def _new(releases: Mapping[str, Release], live: Iterable[Deployment]) -> list[str]:
    """Models whose declared release is live nowhere: what runs has been checked before it started."""
    running = {(each.model, each.digest) for each in live}
    return [name for name, release in releases.items() if (name, release.digest) not in running]
