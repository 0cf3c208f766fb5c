"""The gate: what is new at a commit is checked, bytes included, before anything of it may start."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from fairlead.declare.reader import MODEL_FILE, Declared, DeclaredModel
from fairlead.declare.releases import pins
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.release import Deployment, Release
from fairlead.flows.converging.follow import Followed
from fairlead.flows.judging.scanning import artifact_findings
from fairlead.flows.judging.verdicts import tell_verdict
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError, FairleadError, NotFoundError

__all__ = ["Ask", "Gate", "Judged"]

_LOG = logging.getLogger(__name__)

Ask = tuple[str, str]
"""Model, and the commit that its release is read at: the followed one, or the one that a placement pins."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a commit declares, with the findings about bytes among the others.

    `pinned` are the findings of releases that placements pin; `pending` are those that are still read.
    """

    declared: Declared
    pending: frozenset[Ask]
    pinned: Mapping[Ask, tuple[Finding, ...]]


class Gate:
    """Reads artifacts beside the loop, one at a time, each once per commit."""

    def __init__(self, world: World) -> None:
        """No thread is started before the first artifact is read."""
        self._world = world
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gate")
        self._commit = ""
        self._asked: dict[Ask, Future[tuple[Finding, ...]]] = {}
        self._told: set[Ask] = set()

    def judged(self, followed: Followed, live: Iterable[Deployment], *, patient: bool = False) -> Judged:
        """The commit's declaration with what is known by now; `patient` waits until all is known."""
        commit, declared = followed.commit.id, followed.declared
        if commit != self._commit:
            self._forget(commit)
        new = self._new(declared, live)
        for ask in new:
            if ask not in self._asked:
                known = declared.models[ask[0]] if ask[1] == commit else None
                self._asked[ask] = self._pool.submit(self._read, commit, ask, known)
        if patient:
            wait(self._asked.values())
        done = {ask: future.result() for ask, future in self._asked.items() if future.done()}
        if not patient:
            for ask in new:
                if ask in done and ask not in self._told:
                    self._told.add(ask)
                    tell_verdict(self._world.state, new[ask], "", done[ask], commit)
        here = {each for ask, findings in done.items() if ask[1] == commit for each in findings}
        found = tuple(sorted({*declared.findings, *here}))
        pinned = {ask: findings for ask, findings in done.items() if ask[1] != commit}
        return Judged(replace(declared, findings=found), frozenset(self._asked.keys() - done.keys()), pinned)

    def close(self) -> None:
        """Read nothing more."""
        self._forget("")
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self, commit: str) -> None:
        for future in self._asked.values():
            future.cancel()
        self._commit, self._asked, self._told = commit, {}, set()

    def _new(self, declared: Declared, live: Iterable[Deployment]) -> dict[Ask, Release]:
        """Releases that are live nowhere: what runs has been checked before it started."""
        running = {(each.model, each.digest) for each in live}
        releases = self._world.releases.releases(self._commit, declared)
        wanted = {(name, self._commit): release for name, release in releases.items()}
        for model, pin in pins(declared):
            try:
                release = self._world.releases.release(model, pin)
            except NotFoundError:
                continue  # it is refused where the desired state is made
            if release is not None:
                wanted[model, pin] = release
        return {ask: each for ask, each in wanted.items() if (each.model, each.digest) not in running}

    def _read(self, followed: str, ask: Ask, known: DeclaredModel | None) -> tuple[Finding, ...]:
        """All findings of one model at a commit. What cannot be read is not known, and opens no gate."""

        def going_on(done: int, total: int, label: str) -> None:
            if self._commit != followed:
                raise BrokenWorldError(f"given up at {done} of {total} bytes: another commit is followed", where=label)

        name, at = ask
        tree = self._world.repository.tree(self._world.repository.commit(at).id)
        model = known or self._world.reader.model(tree, name)
        if model is None:
            return ()
        try:
            return (*model.findings, *artifact_findings(tree, model, progress=going_on))
        except (FairleadError, OSError) as error:
            return (*model.findings, _unread(model, str(error), "see that it can be read, then commit anything"))
        except Exception as defect:  # noqa: BLE001 - told with its traceback; a check that broke opens no gate
            _LOG.exception("the check of %s broke", name)
            told = f"the check itself broke: {type(defect).__name__}: {defect}"
            return (*model.findings, _unread(model, told, "see `fairlead logs`, and report it"))


def _unread(model: DeclaredModel, message: str, mend: str) -> Finding:
    place = (f"{model.path}/{MODEL_FILE}", *model.uri_place)
    return Finding(*place, "check/unread", message, mend, Severity.INSUFFICIENT, model.name)
