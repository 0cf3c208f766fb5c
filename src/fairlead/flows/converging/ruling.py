"""What the rules say of releases: of those that may start, and again of those that run when the rules have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.check.protection import protection_findings
from fairlead.declare.reader import WORKSPACE_FILE, Declared
from fairlead.domain.approval_note import APPROVALS_REF
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.plan import Key
from fairlead.domain.policy import Policy
from fairlead.domain.release import Deployment
from fairlead.domain.report import Rules
from fairlead.flows.artifacts import quiet
from fairlead.flows.converging.candidates import Candidates, Placed
from fairlead.flows.converging.follow import Followed
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.flows.judging.bench import Bench, Held
from fairlead.flows.judging.judge import model_facts, policy_data
from fairlead.flows.judging.standing import Memory, Stand
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["RULES_COMMIT", "Ruled", "Ruling"]

RULES_COMMIT, _TIP = "rules/commit", "rules/tip"
"""Facts: the commit whose rules stand, and the newest commit that was asked about."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules say at one moment.

    `whole` is about the rules themselves, or about no release; `new` are findings by (environment, model) of releases
    that may start there, `running` of those that run. `policies` are the rules that were asked.
    """

    rules: Rules = field(default_factory=Rules)
    whole: tuple[Finding, ...] = ()
    new: Mapping[Key, tuple[Finding, ...]] = field(default_factory=dict)
    running: Mapping[Key, tuple[Finding, ...]] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()


class Ruling:
    """Judges releases at the followed commit. One thread asks it."""

    def __init__(self, world: World) -> None:
        """Nothing is read before the first question."""
        self._world = world
        self._memory = _remembered(world)
        cache = world.settings.state / "cache"
        self._bench = Bench(world.repository, world.reader, world.clock, cache, self._memory)
        self._unsure = False
        self._running: tuple[object, Mapping[Key, tuple[object, tuple[Finding, ...]]]] = ("", {})

    def close(self) -> None:
        """End the engine."""
        self._bench.close()

    def epoch(self) -> str:
        """Changes with all beside the commit that may change an answer: who agreed, and the day.

        What did not answer is asked again after a minute, and so is what tells nobody when it changes: a host of
        reviews, a vulnerability database that is not in Git.
        """
        now = self._world.clock.now()
        return f"{self._agreements()} {now:%F}{f' {now:%H:%M}' if self._unsure else ''}"

    def rule(
        self,
        followed: Followed,
        new: Mapping[Key, Placed],
        running: Iterable[Deployment],
        ledger: Mapping[str, Any] | None,
    ) -> Ruled:
        """Judge the releases that may start, by (environment, model), and those that run."""
        held = self._bench.held_at(followed.commit.id)
        if not held.rules.guards:
            self._unsure = False
            return Ruled(held.told)
        missed: list[Finding] = []
        made = Candidates(self._world, self._bench, held, followed, ledger, {}, missed)
        live = made.running(running)
        made.before = {key: each.release for key, each in live.items()}
        data = policy_data(held.book, self._world.clock.now(), _neighbours(held, followed.declared), ledger)
        tree = self._world.repository.tree(held.stand.commit)
        stale = {each.path for each in held.stand.refused}

        def judge(placed: Mapping[Key, Placed]) -> dict[Key, tuple[Finding, ...]]:
            found = [*self._bench.judge(held, made.of(placed), (), data, quiet)]
            waived = self._bench.waive(held, [*found, *missed], tree, stale)
            missed.clear()
            return _by_key(waived, placed)

        running_now = self._again(held, followed.declared, live, judge)
        found = judge(new)
        whole = (*self._protection(held), *found.pop(_ALL, ()))
        faults = any(each.severity is Severity.FAULT for each in (*whole, *(f for fs in found.values() for f in fs)))
        elsewhere = Path(held.rules.policies.vulnerabilities).is_absolute()
        self._unsure = faults or elsewhere or bool(held.rules.policies.approvals.github)
        return Ruled(held.told, whole, found, running_now, held.book.policies)

    def _again(
        self,
        held: Held,
        declared: Declared,
        live: Mapping[Key, Placed],
        judge: Callable[[Mapping[Key, Placed]], dict[Key, tuple[Finding, ...]]],
    ) -> Mapping[Key, tuple[Finding, ...]]:
        """What runs, judged again where the rules have changed, and else only where its own declaration has."""
        # By the day and not by the minute: what is only asked again has not changed.
        day = f"{self._world.clock.now():%F}"
        rules = (held.rules.digest, held.book.digest, self._bench.advisories(held), self._agreements(), day)
        folders = {name: model.folder_id for name, model in declared.models.items()}
        state = {key: (each.release.digest, folders.get(key[1], each.at)) for key, each in live.items()}
        known, findings = self._running if self._running[0] == rules else (rules, {})
        new = {key: each for key, each in live.items() if key not in findings or findings[key][0] != state[key]}
        judged = judge(new) if new else {}
        kept = {key: findings[key] for key in live if key not in new}
        self._running = (known, kept | {key: (state[key], judged.get(key, ())) for key in new})
        return {key: each for key, (_, each) in self._running[1].items()}

    def _agreements(self) -> str:
        """Changes with every approval in Git: notes, and tags that may be one."""
        repository = self._world.repository
        return f"{repository.refs_state(APPROVALS_REF)} {repository.refs_state('refs/tags/')}"

    def broken(self, message: str) -> Ruled:
        """The answer where the rules could not be asked at all. They are asked again after a minute."""
        self._unsure = True
        mend = "see that the repository and what the rules need can be read; it is tried again within a minute"
        found = Finding(WORKSPACE_FILE, 0, 0, "policy/not-judged", message, mend, Severity.FAULT)
        return Ruled(whole=(found,), running={key: each for key, (_, each) in self._running[1].items()})

    def remember(self) -> None:
        """Keep in the state which rules stand, so that a history that is rewritten meanwhile starts from them."""
        stand, state = self._memory.stand, self._world.state
        if stand is None:
            return
        # A refusal is found again by walking anew from the rules that stand.
        tip = stand.commit if stand.refused else stand.tip
        if (state.fact(RULES_COMMIT), state.fact(_TIP)) != (stand.commit, tip):
            state.put_fact(RULES_COMMIT, stand.commit)
            state.put_fact(_TIP, tip)

    def _protection(self, held: Held) -> tuple[Finding, ...]:
        stand = held.stand
        digest = stand.wanted.digest if stand.wanted is not None else ""
        return protection_findings(stand.refused, stand.rules, digest) if stand.refused else ()


def _remembered(world: World) -> Memory:
    commit, tip = world.state.fact(RULES_COMMIT), world.state.fact(_TIP)
    if not commit or not tip:
        return Memory()
    try:
        return Memory(Stand(tip, commit, read_gate_rules(world.repository.tree(commit)), settled=tip))
    except NotFoundError:
        return Memory()


def _neighbours(held: Held, declared: Declared) -> Mapping[str, Mapping[str, object]]:
    return model_facts(declared) if held.asks("data.fairlead.models") else {}


def _by_key(findings: Iterable[Finding], keys: Iterable[Key]) -> dict[Key, tuple[Finding, ...]]:
    """The findings of each release; those that name no environment count in all, those that name no model under ""."""
    found: dict[Key, list[Finding]] = {key: [] for key in keys}
    places: dict[str, list[Key]] = {}
    for key in found:
        places.setdefault(key[1], []).append(key)
    for each in findings:
        for key in places.get(each.model, ()):
            if each.environment in {"", key[0]}:
                found[key].append(each)
        if not each.model:
            found.setdefault(_ALL, []).append(each)
    return {key: tuple(each) for key, each in found.items()}


_ALL: Key = ("", "")
