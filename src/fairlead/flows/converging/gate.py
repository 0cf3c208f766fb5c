"""The gate: what is new at a commit is checked, bytes included, before anything of it may start."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.declare.reader import MODEL_FILE, Declared, DeclaredModel
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.plan import Key
from fairlead.domain.release import Deployment, Release
from fairlead.flows.converging.budgeting import BudgetWatch, held_releases
from fairlead.flows.converging.candidates import Placed
from fairlead.flows.converging.follow import Followed
from fairlead.flows.converging.outcome import keep_outcome
from fairlead.flows.converging.ruling import Ruled, Ruling
from fairlead.flows.converging.servers import allowed, remember_servers
from fairlead.flows.converging.violations import tell_endings, tell_violations
from fairlead.flows.judging.ledger import ledger_facts
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
    most: Mapping[Key, int] = field(default_factory=dict)
    """Most servers of what runs and would not pass as it is declared now, or is not judged yet."""


class Gate:
    """Reads artifacts and asks the rules beside the loop, one thing at a time.

    Bytes are read once per commit; the rules are asked again whenever something that they look at has changed.
    """

    def __init__(self, world: World) -> None:
        """No thread is started before the first artifact is read."""
        self._world = world
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gate")
        self._commit = ""
        self._asked: dict[Ask, Future[tuple[Finding, ...]]] = {}
        self._told: set[Ask] = set()
        self._ruling = Ruling(world)
        self._ruled: tuple[object, Future[Ruled] | None] = (None, None)
        self._rules_told: object = None
        self._budgets = BudgetWatch(world)

    def judged(self, followed: Followed, live: Iterable[Deployment], *, patient: bool = False) -> Judged:
        """The commit's declaration with what is known by now; `patient` waits until all is known."""
        running, commit, declared = list(live), followed.commit.id, followed.declared
        if commit != self._commit:
            self._forget(commit)
        places = self._places(declared)
        new = _new(places, running)
        for ask in new:
            if ask not in self._asked:
                known = declared.models[ask[0]] if ask[1] == commit else None
                self._asked[ask] = self._pool.submit(self._read, commit, ask, known)
        fresh = _fresh(places, running)
        question = self._ask_rules(followed, fresh, running)
        if patient:
            wait(self._asked.values())
            wait((question,))
        done = {ask: future.result() for ask, future in self._asked.items() if future.done()}
        ruled = question.result() if question.done() else None
        if not patient:
            self._budgets.look(declared)
            self._tell(followed, new, fresh, done, ruled)
        return replace(self._answer(followed, fresh, done, ruled), most=allowed(self._world.state, ruled))

    def close(self) -> None:
        """Read nothing more."""
        self._forget("")
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._ruling.close()

    def _forget(self, commit: str) -> None:
        for future in self._asked.values():
            future.cancel()
        self._commit, self._asked, self._told = commit, {}, set()

    def _places(self, declared: Declared) -> dict[Key, tuple[Ask, Release]]:
        """The release that is declared for each model in each environment, and where it is read."""
        releases = self._world.releases.releases(self._commit, declared)
        found: dict[Key, tuple[Ask, Release]] = {}
        for name, model in declared.models.items():
            for environment, placement in model.spec.environments.items() if model.spec else ():
                release = self._pinned(name, placement.commit) if placement.commit else releases.get(name)
                if release is not None:
                    found[environment, name] = ((name, placement.commit or self._commit), release)
        return found

    def _pinned(self, model: str, pin: str) -> Release | None:
        try:
            return self._world.releases.release(model, pin)
        except NotFoundError:
            return None  # it is refused where the desired state is made

    def _ask_rules(
        self, followed: Followed, fresh: Mapping[Key, tuple[Ask, Release]], running: list[Deployment]
    ) -> Future[Ruled]:
        asked = {key: Placed(release, ask[1]) for key, (ask, release) in fresh.items()}
        question = (
            followed.commit.id,
            self._ruling.epoch(),
            {key: (each.at, each.release.digest) for key, each in asked.items()},
            {(each.environment, each.model): each.digest for each in running},
        )
        known, future = self._ruled
        if known != question or future is None:
            if future is not None:
                future.cancel()
            try:
                ledger = ledger_facts(self._world, followed.declared)
                held = held_releases(self._world, followed.declared, asked)
                future = self._pool.submit(self._rule, followed, asked, running, ledger, held)
            except (FairleadError, OSError) as error:
                future = self._pool.submit(self._ruling.broken, f"the ledger cannot be asked: {error}")
            self._ruled = (question, future)
        return future

    def _rule(
        self,
        followed: Followed,
        asked: Mapping[Key, Placed],
        running: list[Deployment],
        ledger: Mapping[str, Any] | None,
        held: Mapping[Key, tuple[Finding, ...]],
    ) -> Ruled:
        """What rules and budgets say. Where they cannot be asked, that is a finding, and nothing new starts."""
        try:
            ruled = self._ruling.rule(followed, asked, running, ledger)
            return replace(ruled, new={key: (*ruled.new.get(key, ()), *held.get(key, ())) for key in asked})
        except (FairleadError, OSError) as error:
            return self._ruling.broken(str(error))
        except Exception as defect:  # noqa: BLE001 - told with its traceback; a judge that broke opens no gate
            _LOG.exception("the judging of %s broke", followed.commit.id)
            return self._ruling.broken(f"the judge itself broke: {type(defect).__name__}: {defect}")

    def _tell(
        self,
        followed: Followed,
        new: Mapping[Ask, Release],
        fresh: Mapping[Key, tuple[Ask, Release]],
        done: Mapping[Ask, tuple[Finding, ...]],
        ruled: Ruled | None,
    ) -> None:
        """Write verdicts down, once each: of the bytes for all, of the rules for each environment."""
        state, commit, declared = self._world.state, followed.commit.id, followed.declared
        for ask in new:
            if ask in done and ask not in self._told:
                self._told.add(ask)
                tell_verdict(state, new[ask], "", done[ask], commit)
        if ruled is None or self._rules_told == self._ruled[0]:
            return
        self._rules_told = self._ruled[0]
        for key, (_, release) in fresh.items():
            if ruled.rules.judged:
                tell_verdict(
                    state, release, key[0], (*ruled.whole, *ruled.new.get(key, ())), commit, ruled.rules.digest
                )
        remember_servers(self._world.state, ruled, declared)
        tell_violations(self._world, ruled, declared, commit)
        tell_endings(self._world, ruled, declared, commit)
        keep_outcome(self._world, ruled, declared, commit)
        self._ruling.remember()

    def _answer(
        self,
        followed: Followed,
        fresh: Mapping[Key, tuple[Ask, Release]],
        done: Mapping[Ask, tuple[Finding, ...]],
        ruled: Ruled | None,
    ) -> Judged:
        commit, declared = followed.commit.id, followed.declared
        found: dict[Ask, set[Finding]] = {ask: set(findings) for ask, findings in done.items()}
        for key, (ask, _) in fresh.items():
            found.setdefault(ask, set()).update(ruled.new.get(key, ()) if ruled else ())
        here = {each for ask, findings in found.items() if ask[1] == commit for each in findings}
        whole = ruled.whole if ruled else ()
        waiting = self._asked.keys() - done.keys()
        if ruled is None:
            waiting |= {ask for ask, _ in fresh.values()}
        return Judged(
            declared=replace(declared, findings=tuple(sorted({*declared.findings, *whole, *here}))),
            pending=frozenset(waiting),
            pinned={ask: tuple(sorted(findings)) for ask, findings in found.items() if ask[1] != commit},
        )

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


def _new(places: Mapping[Key, tuple[Ask, Release]], live: Iterable[Deployment]) -> dict[Ask, Release]:
    """Releases that are live nowhere: the bytes of what runs have been read before it started."""
    running = {(each.model, each.digest) for each in live}
    return {ask: release for ask, release in places.values() if (release.model, release.digest) not in running}


def _fresh(places: Mapping[Key, tuple[Ask, Release]], live: Iterable[Deployment]) -> dict[Key, tuple[Ask, Release]]:
    """Releases that are not live where they are declared: a promotion is judged by its environment's rules."""
    running = {(each.environment, each.model, each.digest) for each in live}
    return {key: each for key, each in places.items() if (*key, each[1].digest) not in running}


def _unread(model: DeclaredModel, message: str, mend: str) -> Finding:
    place = (f"{model.path}/{MODEL_FILE}", *model.uri_place)
    return Finding(*place, "check/unread", message, mend, Severity.INSUFFICIENT, model.name)
